"""Functions and tables of a MariaDB or MySQL statement with effects that no rollback undoes.

A READ ONLY transaction stops writes to tables and to sequences, but not functions such as
GET_LOCK, stored functions that reach further, or loadable ones. Here they are refused by name,
in the statement and in the views it reads. The planner evaluates functions of constants, so
that holds for planning as well.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.mysql.sql import code, name_of
from perfkit.probes.mysql_functions import EFFECTS
from perfkit.probes.mysql_statement import called

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from perfkit.probes.mysql_statement import MySQLStatement

__all__ = ["refuse_effects", "refuse_tables"]

_DEEPEST = 16
_ROUTINES = """
    select lower(routine_name), lower(concat(routine_schema, '.', routine_name))
    from information_schema.routines
    where routine_type = 'FUNCTION' and lower(routine_name) in :names
"""
_VIEWS = """
    select concat(table_schema, '.', table_name), view_definition
    from information_schema.views where table_name in :names
"""
_TABLES = """
    select concat(t.table_schema, '.', t.table_name), t.table_type, t.engine,
           (select count(*) from information_schema.triggers g
            where g.event_object_schema = t.table_schema
              and g.event_object_table = t.table_name)
    from information_schema.tables t
    where t.table_name in :names and t.table_type <> 'SYSTEM VIEW'
      and (t.table_schema = database() or t.table_schema in :names)
"""
_LOADED = (
    "select lower(udf_name) from performance_schema.user_defined_functions",
    "select lower(name) from mysql.func",
)


def refuse_effects(
    connection: Connection, statement: MySQLStatement, allowed: Collection[str]
) -> None:
    """Refuse functions with effects, in the statement and in the views that it names.

    Args:
        connection: to look views and functions up.
        statement: the statement.
        allowed: stored or loadable functions that may run, as ``name`` or ``schema.name``.

    Raises:
        TargetRefused: one of them is called, or a view cannot be looked through.
    """
    names = set(statement.functions)
    _refuse_built_in(names, "")
    _refuse_next_value(statement)
    for view, definition in _views(connection, statement):
        if not definition:
            raise TargetRefused(
                f"explain: the definition of the view {view} cannot be read, so that nobody "
                "knows which functions it calls",
                hint="connect with a user that has SHOW VIEW, or explain the view's own SELECT",
            )
        inner = called(code(definition, statement.dialect))
        _refuse_built_in(inner, f", called by the view {view}")
        names |= inner
    _refuse_stored(connection, names, {name.lower() for name in allowed})


def refuse_tables(connection: Connection, statement: MySQLStatement) -> None:
    """Refuse to write where a rollback does not undo everything.

    Raises:
        TargetRefused: a table of an engine without transactions, or one with triggers.
    """
    for table, kind, engine, triggers in _rows(connection, _TABLES, statement.identifiers):
        if kind != "VIEW" and str(engine).lower() != "innodb":
            raise TargetRefused(
                f"explain: {table} is a table of {engine}, which no rollback undoes",
                hint="leave analyze_writes out: then the statement is only planned",
            )
        if triggers:
            raise TargetRefused(
                f"explain: {table} has triggers, which may do what no rollback undoes",
                hint="leave analyze_writes out: then the statement is only planned",
            )


def _refuse_built_in(names: Iterable[str], where: str) -> None:
    for name in sorted(names):
        if name in EFFECTS:
            raise TargetRefused(
                f"explain: {name}(){where} has effects that no rollback undoes: {EFFECTS[name]}",
                hint="take the call out of the statement",
            )


def _refuse_next_value(statement: MySQLStatement) -> None:
    """Refuse ``NEXT VALUE FOR s`` and, as Oracle writes it, ``s.nextval``."""
    words = [token.text.lower() for token in statement.code]
    if ("next", "value") in pairwise(words) or (".", "nextval") in pairwise(words):
        raise TargetRefused(
            "explain: the next value of a sequence is not given back by a rollback",
            hint="take it out of the statement",
        )


def _refuse_stored(connection: Connection, names: set[str], allowed: set[str]) -> None:
    for name, qualified in _rows(connection, _ROUTINES, names):
        if not allowed & {name, qualified}:
            raise TargetRefused(
                f"explain: {qualified}() is a stored function, which may do anything",
                hint=f"allow_functions=[{name!r}] lets it run",
            )
    for name in sorted(names & _loaded(connection) - allowed):
        raise TargetRefused(
            f"explain: {name}() is a loadable function, which may do anything",
            hint=f"allow_functions=[{name!r}] lets it run",
        )


def _loaded(connection: Connection) -> set[str]:
    """Return the names of loadable functions, as far as this user may see them."""
    from sqlalchemy.exc import DBAPIError

    for query in _LOADED:
        try:
            return {str(name) for (name,) in connection.exec_driver_sql(query)}
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
    return set()


def _views(connection: Connection, statement: MySQLStatement) -> list[tuple[str, str]]:
    """Return the views that the statement names, and those that they name."""
    found: dict[str, str] = {}
    waiting = set(statement.identifiers)
    seen: set[str] = set()
    for _ in range(_DEEPEST):
        waiting -= seen
        if not waiting:
            break
        seen |= waiting
        rows = [(str(n), str(d or "")) for n, d in _rows(connection, _VIEWS, waiting)]
        found |= dict(rows)
        tokens = [token for _, text in rows for token in code(text, statement.dialect)]
        waiting = {name for token in tokens if (name := name_of(token))}
    return sorted(found.items())


def _rows(connection: Connection, query: str, names: Iterable[str]) -> list[tuple[object, ...]]:
    from sqlalchemy import bindparam, text

    wanted = sorted(set(names))
    if not wanted:
        return []
    bound = text(query).bindparams(bindparam("names", wanted, expanding=True))
    return [tuple(row) for row in connection.execute(bound)]
