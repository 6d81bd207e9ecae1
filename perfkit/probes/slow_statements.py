"""The statements that pg_stat_statements knows to be slow, and their generic plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.errors import InputError, UsageError
from perfkit.plans.postgres_sql import code, quoted
from perfkit.plans.read import read_plan
from perfkit.probes.failures import sqlstate
from perfkit.probes.statement import one_statement

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server

__all__ = ["ENABLE", "SlowStatement", "Workload", "generic_plan", "workload"]

#: The two lines that switch pg_stat_statements on; the first needs a restart.
ENABLE = (
    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; "
    "CREATE EXTENSION pg_stat_statements;"
)
LEAST_MS, LEAST_CALLS = 20.0, 5
_GENERIC = 160000  # the release that brought EXPLAIN (GENERIC_PLAN)
_NAME = "perfkit_generic_plan"
_FORMAT = "VERBOSE, FORMAT JSON"
_IS_PREPARED = "select count(*) from pg_catalog.pg_prepared_statements where name = :name"
_HIDDEN = "<insufficient privilege>"

_EXTENSION = """
select n.nspname from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'
"""
_STATEMENTS = """
select s.query, sum(s.calls)::bigint as calls,
       sum(s.total_exec_time) / sum(s.calls) as mean_ms
from {schema}.pg_stat_statements s
join pg_catalog.pg_database d on d.oid = s.dbid
where d.datname = current_database() and s.calls > 0
group by s.query
having (sum(s.total_exec_time) / sum(s.calls) >= :least_ms and sum(s.calls) >= :least_calls)
    or (s.query = :hidden
        and bool_or(s.total_exec_time >= :least_ms * s.calls and s.calls >= :least_calls))
order by sum(s.total_exec_time) desc
limit :limit
"""


class SlowStatement(NamedTuple):
    """One normalised statement (``$1`` for values) with its calls and mean time."""

    text: str
    calls: int
    mean_ms: float


class Workload(NamedTuple):
    """Slow statements, the slowest in all first, and why there may be more or none."""

    statements: list[SlowStatement]
    caveats: list[str]


def workload(connection: Connection, *, limit: int) -> Workload:
    """Return statements with a mean of at least 20 ms and 5 calls."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    schema = connection.exec_driver_sql(_EXTENSION).scalar()
    if schema is None:
        return Workload([], [f"No slow statements: pg_stat_statements is not there. {ENABLE}"])
    sql = text(_STATEMENTS.format(schema=quoted(schema)))
    values = {
        "least_ms": LEAST_MS,
        "least_calls": LEAST_CALLS,
        "limit": limit,
        "hidden": _HIDDEN,  # the text of all statements that this role may not see
    }
    try:
        with connection.begin_nested():
            rows = [SlowStatement(*row) for row in connection.execute(sql, values)]
    except DBAPIError as error:
        if sqlstate(error) not in {"55000", "42501"}:
            raise
        return Workload([], [f"No slow statements: pg_stat_statements is not loaded. {ENABLE}"])
    seen = [row for row in rows if row.text != _HIDDEN]
    hidden = "Statements of other roles are hidden: GRANT pg_read_all_stats TO this role."
    return Workload(seen, [hidden] if len(seen) < len(rows) else [])


def generic_plan(connection: Connection, server: Server, sql: str) -> Plan | None:
    """Return the plan for unknown values, None where the server cannot make one.

    That is so for utility statements, texts that were cut, tables that this session does not
    see, and parameters whose type the server cannot tell.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        text = one_statement(sql).text
        with connection.begin_nested():
            new = server.number >= _GENERIC
            return read_plan(_generic(connection, text) if new else _prepared(connection, text))
    except (InputError, UsageError):
        return None
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None


def _generic(connection: Connection, text: str) -> Any:
    driver: Any = connection.connection.driver_connection
    before = getattr(driver, "prepare_threshold", None)
    # A message with its own parameters would have to give values for $1.
    driver.prepare_threshold = None
    try:
        return _verbatim(connection, f"EXPLAIN (GENERIC_PLAN, {_FORMAT}) {text}").scalar_one()
    finally:
        driver.prepare_threshold = before


def _prepared(connection: Connection, text: str) -> Any:
    """Do what GENERIC_PLAN does, on releases before it."""
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
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
