"""The plan for unknown values, which the server uses for prepared statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError, UsageError
from perfkit.plans.postgres_sql import code
from perfkit.plans.read import read_plan
from perfkit.probes.single import verbatim
from perfkit.probes.statement import one_statement

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server

__all__ = ["generic_plan", "generic_plan_or_error"]

_SINCE = 160000  # the release that brought EXPLAIN (GENERIC_PLAN)
_NAME = "perfkit_generic_plan"
_FORMAT = "VERBOSE, FORMAT JSON"
_IS_PREPARED = "select count(*) from pg_catalog.pg_prepared_statements where name = :name"


def generic_plan(connection: Connection, server: Server, sql: str) -> Plan | None:
    """Return the plan of ``sql`` (values written ``$1``), None where the server makes none.

    That is so for utility statements, texts that were cut, tables that this session does not
    see, and parameters whose type the server cannot tell. Nothing is executed or left behind.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        return generic_plan_or_error(connection, server, sql)
    except (InputError, UsageError):
        return None
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None


def generic_plan_or_error(connection: Connection, server: Server, sql: str) -> Plan:
    """Return the same; where there is none, raise what the server says.

    Raises:
        UsageError: the text is no statement that has a plan.
        DBAPIError: the server makes none.
    """
    text = one_statement(sql).text
    with connection.begin_nested():
        new = server.number >= _SINCE
        return read_plan(_generic(connection, text) if new else _prepared(connection, text))


def _generic(connection: Connection, text: str) -> Any:
    return _verbatim(connection, f"EXPLAIN (GENERIC_PLAN, {_FORMAT}) {text}").scalar_one()


def _prepared(connection: Connection, text: str) -> Any:
    """Do what GENERIC_PLAN does, on releases before it (plan_cache_mode is of 12)."""
    from sqlalchemy import text as sql_text

    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    _verbatim(connection, f"PREPARE {_NAME} AS {text}")
    count = len({token.text for token in code(text) if token.kind == "param"})
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    try:
        with connection.begin_nested():
            explain = f"EXPLAIN ({_FORMAT}) EXECUTE {_NAME}{nulls}"
            return connection.exec_driver_sql(explain).scalar_one()
    finally:
        # Prepared statements outlive transactions; some drivers drop all after an error.
        if connection.execute(sql_text(_IS_PREPARED), {"name": _NAME}).scalar():
            connection.exec_driver_sql(f"DEALLOCATE {_NAME}")


def _verbatim(connection: Connection, sql: str) -> CursorResult[Any]:
    """Send text as it is: ``$1`` and ``%`` in it are the server's business."""
    with verbatim(connection):
        return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
