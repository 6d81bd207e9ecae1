"""Functions that do something which no rollback undoes, by the names in a statement or plan.

The server's catalogue decides: a function marked VOLATILE may do anything, so it is refused
unless it is known to be harmless. Other functions cannot write, yet they can call volatile
ones: their bodies are looked through. What a body in another language than SQL or PL/pgSQL
calls, or one that runs text built at run time, is unknown and counts as an effect.
Operators and casts made from functions are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.postgres_sql import code
from perfkit.probes.statement import called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan

__all__ = ["Effect", "effects", "named_in"]

#: Volatile in pg_catalog (and in two extensions that only look), yet without an effect.
_HARMLESS = frozenset(
    """bernoulli clock_timestamp currval gen_random_uuid lastval pg_blocking_pids
    pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_size
    pg_get_backend_memory_contexts pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status pg_partition_ancestors
    pg_partition_tree pg_relation_size pg_sleep pg_stat_get_io pg_stat_statements
    pg_stat_statements_info pg_table_size pg_tablespace_size pg_total_relation_size random
    random_normal system timeofday uuidv4 uuidv7""".split()  # noqa: SIM905 - reads as a list
)
_TRUSTED = ("pg_catalog", "information_schema")
_READABLE = ("sql", "plpgsql")
_DEEPEST = 8
_SQL = """
    select n.nspname, p.proname, p.provolatile, l.lanname,
           case when l.lanname in ('sql', 'plpgsql') and p.prokind = 'f'
                then coalesce(nullif(p.prosrc, ''), pg_catalog.pg_get_functiondef(p.oid)) end,
           exists (select from pg_catalog.pg_depend d
                   where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                     and d.deptype = 'e')
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
    where p.proname = any(cast(:names as text[])) and p.prokind <> 'p'
"""


class Effect(NamedTuple):
    """A function that is not run, and why; ``planned``: the planner itself might run it."""

    name: str
    reason: str
    planned: bool


class _Function(NamedTuple):
    schema: str
    name: str
    volatility: str
    language: str
    body: str | None
    extension: bool


def effects(connection: Connection, names: Iterable[str]) -> list[Effect]:
    """Return the functions among ``names``, or called by them, that have effects."""
    found: list[Effect] = []
    seen: set[str] = set()
    waiting = set(names)
    outer, level = "", 0
    while waiting := waiting - seen:
        level += 1
        if level > _DEEPEST:
            found.append(Effect(min(waiting), "it is called too deeply to be followed", True))  # noqa: FBT003 - planned
            break
        seen |= waiting
        inner: set[str] = set()
        for function in _functions(connection, waiting):
            effect = _effect(function, outer)
            found += [effect] if effect else []
            inner |= called(code(function.body or "")) if function.schema not in _TRUSTED else set()
        waiting, outer = inner, "called by a function of the statement"
    return found


def named_in(plan: Plan) -> frozenset[str]:
    """Return the functions that the texts of a plan name."""
    names: set[str] = set()
    for node in plan.tree:
        names.add(node.text("Function Name") or "")
        for value in node.properties.values():
            parts = value if isinstance(value, list) else [value]
            texts = [part for part in parts if isinstance(part, str)]
            names.update(name for text in texts for name in called(code(text)))
    return frozenset(names - {""})


def _functions(connection: Connection, names: set[str]) -> list[_Function]:
    from sqlalchemy import text

    rows = connection.execute(text(_SQL), {"names": sorted(names)})
    return [_Function(*row) for row in rows]


def _effect(function: _Function, outer: str) -> Effect | None:
    looked_at = function.schema in _TRUSTED or function.extension
    if function.volatility == "v":
        if looked_at and function.name in _HARMLESS:
            return None
        return Effect(function.name, outer or "it is marked VOLATILE", bool(outer))
    reason = "" if looked_at else _unreadable(function)
    return Effect(function.name, reason, True) if reason else None  # noqa: FBT003 - planned


def _unreadable(function: _Function) -> str:
    """Say why nobody can tell from the body what the function does, "" if one can."""
    if function.language not in _READABLE:
        return f"it is written in {function.language}"
    dynamic = any(token.text.lower() == "execute" for token in code(function.body or ""))
    return "it runs text built at run time" if dynamic else ""
