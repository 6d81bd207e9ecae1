"""The statements that pg_stat_statements knows to be slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.plans.postgres_sql import quoted
from perfkit.probes.failures import sqlstate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

# An extension that was not updated with its server (pg_upgrade) keeps the columns of its time:
# until version 1.8 there was one time for planning and executing.
_EXTENSION = """
select n.nspname::text as schema, a.attname::text as total
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
join pg_catalog.pg_class v on v.relnamespace = n.oid and v.relname = 'pg_stat_statements'
join pg_catalog.pg_attribute a
     on a.attrelid = v.oid and a.attname in ('total_exec_time', 'total_time')
where e.extname = 'pg_stat_statements'
order by a.attname limit 1
"""
_STATEMENTS = """
select s.query, sum(s.calls)::bigint as calls,
       sum(s.{total}) / sum(s.calls) as mean_ms
from {schema}.pg_stat_statements s
join pg_catalog.pg_database d on d.oid = s.dbid
where d.datname = current_database() and s.calls > 0
  and (s.query = :hidden or s.query ~* :plannable and s.query !~* :of_catalogue)
group by s.query
having (sum(s.{total}) / sum(s.calls) >= :least_ms and sum(s.calls) >= :least_calls)
    or (s.query = :hidden
        and bool_or(s.{total} >= :least_ms * s.calls and s.calls >= :least_calls))
order by sum(s.{total}) desc
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
#: By SQLSTATE: object not in the prerequisite state, insufficient privilege.
_REFUSALS = {
    "55000": f"pg_stat_statements is not loaded. {ENABLE}",
    "42501": "this role may not read pg_stat_statements. GRANT USAGE ON SCHEMA {schema} and "
    "GRANT SELECT ON {schema}.pg_stat_statements TO this role.",
}


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
    found = _rows(connection, _STATEMENTS, {
        "least_ms": LEAST_MS,
        "least_calls": LEAST_CALLS,
        "limit": limit,
        "hidden": _HIDDEN,  # the text of all statements that this role may not see
        "plannable": _PLANNABLE,
        "of_catalogue": _OF_CATALOGUE,
    })  # fmt: skip
    if isinstance(found, str):
        return Workload([], [f"No slow statements: {found}"])
    rows = [SlowStatement(*row) for row in found]
    seen = [row for row in rows if row.text != _HIDDEN]
    hidden = "Statements of other roles are hidden: GRANT pg_read_all_stats TO this role."
    return Workload(seen, [hidden] if len(seen) < len(rows) else [])


def writes(connection: Connection) -> list[Write]:
    """Return the INSERT and UPDATE statements that write most rows, a few at a time."""
    found = _rows(connection, _WRITES, {
        "least_calls": LEAST_CALLS,
        "most_rows": _MOST_ROWS,
        "limit": _WRITES_READ,
        "writing": _WRITING,
    })  # fmt: skip
    return [] if isinstance(found, str) else [Write(*row) for row in found]


def _rows(connection: Connection, sql: str, values: Mapping[str, Any]) -> Sequence[Any] | str:
    """Return what pg_stat_statements answers, or a sentence why it does not."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    view = connection.exec_driver_sql(_EXTENSION).one_or_none()
    if view is None:
        return f"pg_stat_statements is not there. {ENABLE}"
    ready = text(sql.format(schema=quoted(view.schema), total=view.total))
    try:
        with connection.begin_nested():
            return connection.execute(ready, values).all()
    except DBAPIError as error:
        if sqlstate(error) not in _REFUSALS:
            raise
        return _REFUSALS[sqlstate(error)].format(schema=quoted(view.schema))
