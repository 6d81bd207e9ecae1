"""What a write sets off beside its own rows: triggers, cascades, defaults, checks, indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.postgres_sql import code
from perfkit.probes.effects.plan_names import texts_of
from perfkit.probes.effects.search import Effect, Frame, Search
from perfkit.probes.sql_names import ANYWHERE, Names, names_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from perfkit.plans.model import Node, Plan

__all__ = ["Writes", "writes"]

# Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
_INSERT, _DELETE, _UPDATE = 4, 8, 16
_EVERY = _INSERT | _DELETE | _UPDATE
_EVENTS = {"Insert": _INSERT, "Delete": _DELETE, "Update": _UPDATE}
_TARGETS = """
with recursive targets(oid, events) as (
    select c.oid, case when (c.relkind = 'p' or c.relispartition) and w.events & 16 <> 0
                       then w.events | 12 else w.events end  -- rows may change their partition
    from unnest(cast(:schemas as text[]), cast(:tables as text[]), cast(:events as int[]))
         as w(schema, relation, events)
    join pg_catalog.pg_class c on c.relname = w.relation and c.oid >= 16384
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace and w.schema in (n.nspname, '*')
    union
    select hit.oid, hit.events from targets t cross join lateral (
        select i.inhrelid, t.events from pg_catalog.pg_inherits i where i.inhparent = t.oid
        union all
        select k.conrelid,
               case when t.events & 8 = 0 then 0 when k.confdeltype = 'c' then 8
                    when k.confdeltype in ('n', 'd') then 16 else 0 end
               | case when t.events & 16 <> 0 and k.confupdtype in ('c', 'n', 'd')
                      then 16 else 0 end
        from pg_catalog.pg_constraint k where k.contype = 'f' and k.confrelid = t.oid
    ) hit(oid, events)
    where hit.events <> 0
)
"""
_HOOKS = (
    _TARGETS  # noqa: S608 - two constants
    + """
select 'trigger', t.tgname, pg_catalog.pg_get_triggerdef(t.oid)
from targets w join pg_catalog.pg_trigger t on t.tgrelid = w.oid
where t.tgenabled <> 'D' and t.tgtype & w.events <> 0 and not t.tgisinternal
union
select 'deferred', coalesce(k.conname, t.tgname), ''
from targets w join pg_catalog.pg_trigger t on t.tgrelid = w.oid
left join pg_catalog.pg_constraint k on k.oid = t.tgconstraint
where t.tgenabled <> 'D' and t.tgtype & w.events <> 0 and t.tginitdeferred
union
select 'default', a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
from targets w join pg_catalog.pg_attrdef d on d.adrelid = w.oid
join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
union
select 'constraint', k.conname, pg_catalog.pg_get_constraintdef(k.oid)
from targets w join pg_catalog.pg_constraint k on k.conrelid = w.oid and k.contype in ('c', 'x')
union
select 'index', i.indexrelid::regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid)
from targets w join pg_catalog.pg_index i on i.indrelid = w.oid
where i.indexprs is not null or i.indpred is not null
union
select 'partition key', c.relname, pg_catalog.pg_get_partkeydef(c.oid)
from targets w join pg_catalog.pg_class c on c.oid = w.oid and c.relkind = 'p'
union
select 'foreign', c.relname, ''
from targets w join pg_catalog.pg_class c on c.oid = w.oid and c.relkind = 'f'
union
select 'table', c.relname, '' from targets w join pg_catalog.pg_class c on c.oid = w.oid
union
select 'rule', r.rulename, '' from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
where r.ev_type <> '1' and r.ev_enabled <> 'D' and c.oid >= 16384
  and (c.oid in (select oid from targets) or c.relname = any(cast(:words as text[])))
order by 1, 2
"""
)


@dataclass(frozen=True, kw_only=True)
class Writes:
    """``effects`` refuse the write, ``refused`` too (in words); the rest is said beside it."""

    effects: tuple[Effect, ...] = ()
    refused: str = ""
    deferred: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()


def writes(
    connection: Connection, plan: Plan, names: Names, allowed: Collection[str] = ()
) -> Writes:
    """Return what a write would set off: by itself, and in the tables that it reaches.

    ``names`` are those of the statement and the plan. Readable bodies are followed even when
    they are VOLATILE: what they write is rolled back, and the tables they name are looked at
    like the statement's own.
    """
    search = Search(connection, frozenset(allowed))
    hooks = _Hooks(connection)
    effects = search.run(Frame(names, undone=True))
    new = hooks.of(_targets(plan), words=names.words)
    while new:
        effects += search.run(*_frames(new))
        named = {word for text in search.bodies for word in names_in(text).words}
        new = hooks.of(dict.fromkeys(((ANYWHERE, word) for word in sorted(named)), _EVERY))
    shown = [text for node in plan.tree for text in texts_of(node)]
    return Writes(
        effects=tuple(effects),
        refused=hooks.refused,
        deferred=hooks.named("deferred"),
        sequences=tuple(sorted(set(_sequences([*shown, *search.bodies])))),
    )


def _frames(hooks: list[_Hook]) -> Iterator[Frame]:
    for hook in hooks:
        if hook.kind == "table":
            yield Frame(Names(words=frozenset({hook.name})), undone=True)
        elif hook.text:
            via = f"in the {hook.kind} {hook.name}"
            yield Frame(names_in(hook.text).anywhere(), via, undone=True)


class _Hook(NamedTuple):
    """Something that a write sets off, and the SQL in it."""

    kind: str
    name: str
    text: str


@dataclass
class _Hooks:
    """All hooks that were met so far."""

    connection: Connection
    met: dict[_Hook, None] = field(default_factory=dict)

    def of(
        self, targets: Mapping[tuple[str, str], int], *, words: Iterable[str] = ()
    ) -> list[_Hook]:
        """Return what writing to ``targets`` sets off, unless it was met before."""
        from sqlalchemy import text

        values = {
            "schemas": [schema for schema, _ in targets],
            "tables": [table for _, table in targets],
            "events": list(targets.values()),
            "words": sorted(words),
        }
        rows = [_Hook(*row) for row in self.connection.execute(text(_HOOKS), values)]
        new = [row for row in rows if row not in self.met]
        self.met.update(dict.fromkeys(new))
        return new

    def named(self, kind: str) -> tuple[str, ...]:
        """Return the names of all hooks of a kind."""
        return tuple(dict.fromkeys(hook.name for hook in self.met if hook.kind == kind))

    @property
    def refused(self) -> str:
        """Why nothing is written at all, "" if it may be."""
        for name in self.named("foreign"):
            return f"{name} is a foreign table, which is written on another server"
        for name in self.named("rule"):
            return f"the rule {name} rewrites the statement"
        return ""


def _targets(plan: Plan) -> dict[tuple[str, str], int]:
    """Return the tables that are written to, and by which events (bits of tgtype)."""
    found: dict[tuple[str, str], int] = {}
    for node in plan.tree:
        if node.kind == "ModifyTable":
            for table in _written(node):
                found[table] = found.get(table, 0) | _events(node)
    return found


def _written(node: Node) -> Iterator[tuple[str, str]]:
    for one in (node.properties, *(node.properties.get("Target Tables") or ())):
        if "Schema" in one and "Relation Name" in one:
            yield str(one["Schema"]), str(one["Relation Name"])


def _events(node: Node) -> int:
    updates = _UPDATE if node.text("Conflict Resolution") == "UPDATE" else 0
    return _EVENTS.get(node.text("Operation") or "", _EVERY) | updates


def _sequences(texts: Iterable[str]) -> Iterator[str]:
    """Yield the sequences of ``nextval('name'::regclass)``; others are not known by name."""
    for text in texts:
        tokens = code(text)
        for at, token in enumerate(tokens[:-2]):
            string = tokens[at + 2]
            if token.text.lower() == "nextval" and string.kind == "string":
                yield string.text.strip("'")
