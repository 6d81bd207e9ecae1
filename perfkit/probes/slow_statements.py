"""The statements that pg_stat_statements knows to be slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.postgres_sql import quoted
from perfkit.probes.failures import sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["ENABLE", "SlowStatement", "Workload", "Write", "workload", "writes"]

#: The two lines that switch pg_stat_statements on; the first needs a restart.
ENABLE = (
    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; "
    "CREATE EXTENSION pg_stat_statements;"
)
#: A quick statement that runs all day takes more of the server than a slow one at night.
LEAST_MS, LEAST_CALLS = 1.0, 5
_HIDDEN = "<insufficient privilege>"
# Blanks, comments and brackets in front of the first word.
_FRONT = r"^(?:\s|--[^\n]*\n|/\*.*?\*/|\()*"
_PLANNABLE = _FRONT + r"(?:select|with|insert|update|delete|merge)\y"
_WRITING = _FRONT + r"(?:insert|update)\y"
#: What tools ask about the database itself, perfkit too: its tables take no indexes.
_OF_CATALOGUE = r"(?:from|join)\s+(?:only\s+)?(?:pg_catalog|information_schema)\."

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
  and (s.query = :hidden or s.query ~* :plannable and s.query !~* :of_catalogue)
group by s.query
having (sum(s.total_exec_time) / sum(s.calls) >= :least_ms and sum(s.calls) >= :least_calls)
    or (s.query = :hidden
        and bool_or(s.total_exec_time >= :least_ms * s.calls and s.calls >= :least_calls))
order by sum(s.total_exec_time) desc
limit :limit
"""


# A load of many rows at once happened, it does not happen all day.
_WRITES = """
select s.query, sum(s.calls)::bigint as calls, sum(s.rows)::bigint as rows
from {schema}.pg_stat_statements s
join pg_catalog.pg_database d on d.oid = s.dbid
where d.datname = current_database() and s.query ~* :writing
group by s.query
having sum(s.calls) >= :least_calls and sum(s.rows) <= :most_rows * sum(s.calls)
order by 3 desc
limit :limit
"""
_WRITES_READ, _MOST_ROWS = 200, 1000


class Write(NamedTuple):
    """An INSERT or UPDATE of the workload: calls, and the rows of all of them."""

    text: str
    calls: int
    rows: int


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
    """Return statements with a mean of at least 1 ms and 5 calls, most time in all first."""
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
        "plannable": _PLANNABLE,
        "of_catalogue": _OF_CATALOGUE,
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


def writes(connection: Connection) -> list[Write]:
    """Return the INSERT and UPDATE statements that write most rows, a few at a time."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    schema = connection.exec_driver_sql(_EXTENSION).scalar()
    if schema is None:
        return []
    sql = text(_WRITES.format(schema=quoted(schema)))
    values = {
        "least_calls": LEAST_CALLS,
        "most_rows": _MOST_ROWS,
        "limit": _WRITES_READ,
        "writing": _WRITING,
    }
    try:
        with connection.begin_nested():
            return [Write(*row) for row in connection.execute(sql, values)]
    except DBAPIError as error:
        if sqlstate(error) not in {"55000", "42501"}:
            raise
        return []
