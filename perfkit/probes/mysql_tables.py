"""Tables of a MariaDB statement that writes: can a rollback undo all of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.mysql.sql import Dialect, code, name_of
from perfkit.probes.mysql_calls import filled
from perfkit.probes.mysql_effects import looked_up, views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from perfkit.probes.mysql_statement import MySQLStatement

__all__ = ["existing_tables", "refuse_tables"]

_TABLES = """
    select concat(t.table_schema, '.', t.table_name), t.table_type, t.engine,
           (select count(*) from information_schema.triggers g
            where g.event_object_schema = t.table_schema
              and g.event_object_table = t.table_name)
    from information_schema.tables t
    where t.table_name in :names and t.table_type <> 'SYSTEM VIEW'
      and (t.table_schema = database() or t.table_schema in :names)
"""
_EXISTING = """
    select table_schema, table_name, table_schema = database()
    from information_schema.tables
    where table_name in :names and (table_schema = database() or table_schema in :names)
"""
_TEMPORARY = "show session status like 'Com_create_temporary_table'"
_HINT = "leave analyze_writes out: then the statement is only planned"


def refuse_tables(connection: Connection, statement: MySQLStatement) -> None:
    """Refuse to write where a rollback does not undo everything.

    An INSERT or REPLACE writes one table, or the tables of one view; of an UPDATE or DELETE
    every table that is named is taken for one it writes.

    Raises:
        TargetRefused: a table of an engine without transactions, a sequence, one with
            triggers, or one of which nothing is known.
    """
    _refuse_temporary(connection)
    into = filled(statement.code)
    names = _with_views(connection, into or statement.identifiers)
    found = looked_up(connection, _TABLES, names)
    if not found:
        raise TargetRefused(
            "explain: nothing is known of the table that is written, so that nobody knows "
            "whether a rollback undoes it",
            hint=_HINT,
        )
    for table, kind, engine, triggers in found:
        _refuse(str(table), str(kind), str(engine), triggers)


def existing_tables(
    connection: Connection, statement: MySQLStatement
) -> dict[str, tuple[str, str]]:
    """Return database and table of every table that ``statement`` may name.

    By ``database.table``, and those of the connection's own database by ``table``.
    """
    found: dict[str, tuple[str, str]] = {}
    for schema, table, own in looked_up(connection, _EXISTING, statement.identifiers):
        pair = (str(schema), str(table))
        found[".".join(pair)] = pair
        if own:
            found[pair[1]] = pair
    return found


def _refuse(table: str, kind: str, engine: str, triggers: object) -> None:
    if kind == "SEQUENCE":
        raise TargetRefused(f"explain: {table} is a sequence, which no rollback undoes", hint=_HINT)
    if kind != "VIEW" and engine.lower() != "innodb":
        raise TargetRefused(
            f"explain: {table} is a table of {engine}, which no rollback undoes", hint=_HINT
        )
    if triggers:
        raise TargetRefused(
            f"explain: {table} has triggers, which may do what no rollback undoes", hint=_HINT
        )


def _refuse_temporary(connection: Connection) -> None:
    """Temporary tables hide others of their name, and no catalogue of 10.x tells their engine."""
    rows = connection.exec_driver_sql(_TEMPORARY).all()
    if rows and int(rows[0][1]):
        raise TargetRefused(
            "explain: this connection has made temporary tables, of which nobody knows whether "
            "a rollback undoes what is written to them",
            hint="connect anew, or leave analyze_writes out",
        )


def _with_views(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return ``names`` and, for the views among them, the names of what they are made of."""
    wanted = set(names)
    for _, definition in views(connection, wanted):
        tokens = code(definition, Dialect())
        wanted |= {name for token in tokens if (name := name_of(token))}
    return wanted
