"""What the server's catalogue holds behind names: functions, and texts that call more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from perfkit.probes.sql_names import ANYWHERE, Called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from perfkit.probes.sql_names import Names

__all__ = ["Function", "Text", "functions", "texts"]

#: Keywords that mean operators, found by their names on the search path (gram.y).
_BY_KEYWORD = {
    "between": (">=", "<=", "<", ">"),
    "case": ("=",),
    "distinct": ("=",),
    "ilike": ("~~*", "!~~*"),
    "in": ("=", "<>"),
    "like": ("~~", "!~~"),
    "natural": ("=",),
    "nullif": ("=",),
    "similar": ("~", "!~"),
    "using": ("=",),
}
#: What follows a type's name in a text such as ``'odd[]'`` or ``'odd (3)'``.
_TYPE_END = re.compile(r"[\[(\s]")
# Objects with an oid from here on were made after initdb (FirstNormalObjectId).
_TYPES = """
with recursive seeds(oid) as (
    select t.oid from pg_catalog.pg_type t where t.typname = any(cast(:words as text[]))
    union select a.atttypid from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relname = any(cast(:words as text[])) and c.oid >= 16384
    union select p.prorettype from pg_catalog.pg_proc p
    where p.proname = any(cast(:calls as text[])) and p.oid >= 16384
    union select pg_catalog.unnest(p.proargtypes) from pg_catalog.pg_proc p
    where p.proname = any(cast(:calls as text[])) and p.oid >= 16384
    union select o.oprresult from pg_catalog.pg_operator o
    where o.oprname = any(cast(:operators as text[])) and o.oid >= 16384
), types(oid) as (
    select oid from seeds where oid >= 16384
    union
    select part.oid from types
    join pg_catalog.pg_type t on t.oid = types.oid
    cross join lateral (
        select t.typelem union all select t.typbasetype
        union all select a.atttypid from pg_catalog.pg_attribute a
        where t.typrelid <> 0 and a.attrelid = t.typrelid and a.attnum > 0
        union all select pg_catalog.unnest(array[r.rngtypid, r.rngsubtype])
        from pg_catalog.pg_range r
        where t.oid in (r.rngtypid, cast(pg_catalog.to_jsonb(r) ->> 'rngmultitypid' as oid))
        union all select k.casttarget from pg_catalog.pg_cast k
        where k.castsource = t.oid and k.castcontext = 'i'
    ) part(oid)
    where part.oid >= 16384
)
"""
_FUNCTIONS = (
    _TYPES  # noqa: S608 - two constants
    + """
, reached(oid, how, visible) as (
    select p.oid, '', pg_catalog.pg_function_is_visible(p.oid) from pg_catalog.pg_proc p
    where p.proname = any(cast(:calls as text[]))
    union all
    select p.oid, 'as a field', true from pg_catalog.pg_proc p
    join pg_catalog.pg_type t on t.oid = p.proargtypes[0] and t.typtype in ('c', 'd', 'p')
    where p.proname = any(cast(:words as text[])) and p.oid >= 16384
    union all
    select o.oprcode, 'by the operator ' || cast(o.oprname as text), true
    from pg_catalog.pg_operator o
    where o.oprname = any(cast(:operators as text[])) and o.oid >= 16384
      and ((o.oprleft < 16384 or o.oprleft in (select oid from types))
           and (o.oprright < 16384 or o.oprright in (select oid from types))
           -- a constant takes the type of the only operator of that name
           or not exists (select from pg_catalog.pg_operator b
                          where b.oprname = o.oprname and b.oid < 16384))
    union all
    select part.oid, 'by the range ' || pg_catalog.format_type(r.rngtypid, null), true
    from pg_catalog.pg_range r
    cross join lateral (values (r.rngcanonical), (r.rngsubdiff)) part(oid)
    where r.rngtypid in (select oid from types) and part.oid <> 0
    union all
    select c.castfunc, 'by the cast to ' || pg_catalog.format_type(c.casttarget, null), true
    from pg_catalog.pg_cast c
    where c.oid >= 16384 and c.castfunc <> 0
      and (c.castsource < 16384 or c.castsource in (select oid from types))
      and (c.casttarget < 16384 or c.casttarget in (select oid from types))
), parts(oid, how, visible) as (
    select oid, how, visible from reached
    union all
    select part.oid, 'by the aggregate ' || cast(p.proname as text), true
    from reached r
    join pg_catalog.pg_aggregate a on a.aggfnoid = r.oid
    join pg_catalog.pg_proc p on p.oid = r.oid and p.oid >= 16384
    cross join lateral pg_catalog.unnest(cast(array[
        a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
        a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn] as oid[])) part(oid)
)
select distinct p.oid, r.how, r.visible, n.nspname, p.proname, p.provolatile, l.lanname,
       coalesce(pg_catalog.to_jsonb(p) ->> 'prokind', 'f') = 'p' as procedure,
       exists (select from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid) as aggregate,
       exists (select from pg_catalog.pg_depend d
               where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                 and d.deptype = 'e') as extension,
       exists (select from pg_catalog.unnest(p.proconfig) as c(setting)
               where c.setting ilike 'standard_conforming_strings=%') as backslashes,
       case when l.lanname in ('sql', 'plpgsql') and p.oid >= 16384
            then coalesce(nullif(p.prosrc, ''), pg_catalog.pg_get_functiondef(p.oid))
                 || ' ' || pg_catalog.pg_get_function_arguments(p.oid) end as body
from parts r
-- offset 0: a look by index for each, not a scan of all functions
cross join lateral (select * from pg_catalog.pg_proc f where f.oid = r.oid offset 0) p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
"""
)
_TEXTS = (
    _TYPES  # noqa: S608 - two constants
    + """
, tables(oid, columns) as (
    select c.oid, array(select a.attname from pg_catalog.pg_attribute a
                        where a.attrelid = c.oid and a.attnum > 0)
    from pg_catalog.pg_class c where c.relname = any(cast(:words as text[])) and c.oid >= 16384
)
select 'view ' || cast(c.relname as text), pg_catalog.pg_get_viewdef(c.oid), cast(null as name[])
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v' and c.oid >= 16384 and c.relname = any(cast(:words as text[]))
  and (:anywhere or pg_catalog.pg_table_is_visible(c.oid)
       or n.nspname = any(cast(:words as text[])))
union all
select 'policy ' || cast(p.polname as text),
       coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '') || ' '
       || coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), ''), null
from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
where c.relrowsecurity and c.relname = any(cast(:words as text[]))
union all
select 'domain ' || pg_catalog.format_type(k.contypid, null),
       pg_catalog.pg_get_constraintdef(k.oid), null
from pg_catalog.pg_constraint k join types on types.oid = k.contypid
union all
select 'index on ' || cast(cast(i.indrelid as regclass) as text),
       coalesce(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '') || ' '
       || coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), t.columns
from tables t join pg_catalog.pg_index i on i.indrelid = t.oid
where i.indexprs is not null or i.indpred is not null
union all
select 'check ' || cast(k.conname as text), pg_catalog.pg_get_constraintdef(k.oid), t.columns
from tables t join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.contype = 'c'
union all
select 'statistics ' || cast(s.stxname as text), pg_catalog.pg_get_statisticsobjdef(s.oid),
       t.columns
from tables t join pg_catalog.pg_statistic_ext s on s.stxrelid = t.oid
"""
)


class Function(NamedTuple):
    """One function; ``how`` says by what it is called when not by its name."""

    oid: int
    how: str
    visible: bool
    schema: str
    name: str
    volatility: str
    language: str
    procedure: bool
    aggregate: bool
    extension: bool
    backslashes: bool
    body: str | None


class Text(NamedTuple):
    """A view, policy or domain (``what`` says which), and the SQL in it.

    With ``columns``, those of its table, it is an index, check or statistics of which the
    planner computes the constant parts.
    """

    what: str
    text: str
    columns: list[str] | None = None


def functions(connection: Connection, names: Names) -> list[Function]:
    """Return every function that ``names`` may mean."""
    from sqlalchemy import text

    found = [Function(*row) for row in connection.execute(text(_FUNCTIONS), _values(names))]
    return [one for one in found if one.how or _meant(one, names.calls)]


def texts(connection: Connection, names: Names, *, anywhere: bool) -> list[Text]:
    """Return the texts behind ``names``; of views those in any schema if ``anywhere``."""
    from sqlalchemy import text

    values = {**_values(names), "anywhere": anywhere}
    return [Text(*row) for row in connection.execute(text(_TEXTS), values)]


def _values(names: Names) -> dict[str, list[str]]:
    return {
        "calls": sorted({call.name for call in names.calls}),
        "words": sorted(names.words | {_TYPE_END.split(word, 1)[0] for word in names.words}),
        "operators": sorted(names.operators.union(*_unwritten(names))),
    }


def _unwritten(names: Names) -> Iterator[tuple[str, ...]]:
    """Yield the operators that keywords stand for, and those cut off behind another.

    The scanner gives ``*-`` up to the parser as ``*`` and ``-``.
    """
    yield from (signs for word, signs in _BY_KEYWORD.items() if word in names.words)
    yield from ((sign[-1],) for sign in names.operators if sign[1:] and sign[-1] in "+-")


def _meant(function: Function, calls: frozenset[Called]) -> bool:
    """Whether a call finds ``function``: by its schema, or by the search path."""
    name = function.name
    by_path = function.visible and Called(name) in calls
    return by_path or bool({Called(name, function.schema), Called(name, ANYWHERE)} & calls)
