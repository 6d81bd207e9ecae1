"""Functions that a MariaDB or MySQL statement calls with effects that no rollback undoes.

A READ ONLY transaction stops writes to tables and to sequences, but not functions such as
GET_LOCK, stored functions that reach further, or loadable ones. Here they are refused by name,
in the statement and in the views it reads. The planner evaluates functions of constants, so
that holds for planning as well. What a view may call and this user may not look up is refused.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.mysql.sql import Dialect, code, name_of
from perfkit.probes.mysql_calls import qualified_calls, quoted_calls
from perfkit.probes.mysql_functions import EFFECTS
from perfkit.probes.mysql_statement import called

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from perfkit.probes.mysql_statement import MySQLStatement

__all__ = ["looked_up", "refuse_effects", "views"]

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
    stored = qualified_calls(statement.code)
    _refuse_built_in(names, "")
    _refuse_next_value(statement)
    for view, definition in views(connection, statement.identifiers):
        if not definition:
            raise TargetRefused(
                f"explain: the definition of the view {view} cannot be read, so that nobody "
                "knows which functions it calls",
                hint="connect with a user that has SHOW VIEW, or explain the view's own SELECT",
            )
        tokens = code(definition, Dialect())
        inner = called(tokens)
        _refuse_built_in(inner, f", called by the view {view}")
        names |= inner
        stored |= qualified_calls(tokens) | quoted_calls(tokens)
    _refuse_stored(connection, names, stored, {name.lower() for name in allowed})


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


def _refuse_stored(
    connection: Connection, names: set[str], stored: set[str], allowed: set[str]
) -> None:
    """Refuse stored and loadable functions that are not allowed.

    Args:
        connection: to look them up.
        names: what is called, without what stands in front of a dot.
        stored: the calls among them that can be nothing but stored functions, also of a
            package or of a database that this user may not look into.
        allowed: those that may run.
    """
    seen = [(str(name), str(full)) for name, full in looked_up(connection, _ROUTINES, names)]
    known = {name for name, _ in seen}
    hidden = [(call, call) for call in stored if call.rpartition(".")[2] not in known]
    for call, qualified in sorted(seen + hidden):
        if not allowed & {call, qualified, call.rpartition(".")[2]}:
            raise TargetRefused(
                f"explain: {qualified}() is a stored function, which may do anything",
                hint=f"allow_functions=[{call!r}] lets it run",
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


def views(connection: Connection, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return name and definition of the views among ``names``, and of those that they name."""
    found: dict[str, str] = {}
    waiting = set(names)
    seen: set[str] = set()
    for _ in range(_DEEPEST):
        waiting -= seen
        if not waiting:
            break
        seen |= waiting
        rows = [(str(n), str(d or "")) for n, d in looked_up(connection, _VIEWS, waiting)]
        found |= dict(rows)
        tokens = [token for _, text in rows for token in code(text, Dialect())]
        waiting = {name for token in tokens if (name := name_of(token))}
    return sorted(found.items())


def looked_up(connection: Connection, query: str, names: Iterable[str]) -> list[tuple[object, ...]]:
    """Return the rows of ``query`` with ``names`` for ``:names``; none without names."""
    from sqlalchemy import bindparam, text

    wanted = sorted(set(names))
    if not wanted:
        return []
    bound = text(query).bindparams(bindparam("names", wanted, expanding=True))
    return [tuple(row) for row in connection.execute(bound)]
