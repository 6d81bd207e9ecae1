"""What pg_stat_statements says at this moment, as the table ``statement_totals``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.formats.statements.grid import Row
from perfkit.formats.statements.pg_totals import totals
from perfkit.recording import Note, Rejected

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["DEALLOC", "RESET", "Snapshot", "take"]

#: Names in ``metrics`` of what concerns all statements: entries evicted, and the last reset in
#: seconds since 1970.
DEALLOC, RESET = "pg_stat_statements.dealloc", "pg_stat_statements.stats_reset"

#: Inside our own statements, so that they are not counted as the application's.
_OWN = "/* perfkit snapshot */"
_ENABLE = (
    "add to postgresql.conf and restart: shared_preload_libraries = 'pg_stat_statements'  -- "
    "then run in this database: CREATE EXTENSION pg_stat_statements;"
)
_EXTENSION = """
    select /* perfkit snapshot */ quote_ident(n.nspname) as schema, e.extversion as version,
           current_setting('pg_stat_statements.max', true) as maximum,
           to_regclass(quote_ident(n.nspname) || '.pg_stat_statements_info') is not null as has_info
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements'
"""
_STATEMENTS = """
    select /* perfkit snapshot */ s.*, d.datname, r.rolname
    from {schema}.pg_stat_statements s
    left join pg_catalog.pg_database d on d.oid = s.dbid
    left join pg_catalog.pg_roles r on r.oid = s.userid
"""
_INFO = "select /* perfkit snapshot */ dealloc, stats_reset from {schema}.pg_stat_statements_info"
_HIDDEN = Note(
    kind="hidden_statements",
    message="statements of other roles are hidden: grant pg_read_all_stats to this role",
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Tables of one reading, rows that could not be used, and notes."""

    statements: pa.Table
    metrics: pa.Table
    rejected: tuple[Rejected, ...]
    notes: tuple[Note, ...]

    @property
    def read(self) -> int:
        """Return how many rows the view had."""
        return int(self.statements.num_rows) + len(self.rejected)


class _Info(NamedTuple):
    """What concerns all statements; unknown before 14."""

    dealloc: int | None
    reset: datetime | None


def take(where: str, connection: Connection) -> Snapshot:
    """Read the view, in whatever schema it is and whatever columns it has (1.0 to 1.12).

    Raises:
        UsageError: the extension is not there, or not loaded.
    """
    extension = connection.exec_driver_sql(_EXTENSION).mappings().one_or_none()
    if extension is None:
        raise UsageError(
            f"{where}: the extension pg_stat_statements is not in this database", hint=_ENABLE
        )
    if extension["maximum"] is None:
        raise UsageError(f"{where}: pg_stat_statements is not loaded by the server", hint=_ENABLE)
    schema = str(extension["schema"])  # the server quoted it
    info = _info(connection, schema) if extension["has_info"] else _Info(None, None)
    at = connection.exec_driver_sql(f"select {_OWN} clock_timestamp()").scalar_one()
    query = _STATEMENTS.format(schema=schema)
    rows = [
        Row(number, dict(row))
        for number, row in enumerate(connection.exec_driver_sql(query).mappings(), start=1)
        if _OWN not in str(row["query"])
    ]
    return _snapshot(rows, info, at, int(extension["maximum"]))


def _info(connection: Connection, schema: str) -> _Info:
    row = connection.exec_driver_sql(_INFO.format(schema=schema)).one()
    return _Info(row[0], row[1])


def _snapshot(rows: list[Row], info: _Info, at: datetime, maximum: int) -> Snapshot:
    found = totals([Row(row.number, _plain(row.values)) for row in rows])
    notes = [note for note in found.notes if note.kind != "row_limit"]
    rejected = tuple(
        Rejected(source=0, line=n, reason=why, text=text) for n, why, text in found.bad
    )
    notes += [_HIDDEN] if any("hidden" in row.reason for row in rejected) else []
    if info.dealloc or len(rows) >= maximum:
        message = f"pg_stat_statements keeps {maximum:,} statements and has evicted others"
        notes.append(Note(kind="evicted_statements", message=message))
    return Snapshot(
        statements=_timed(found.table, info, at),
        metrics=_metrics(info, at),
        rejected=rejected,
        notes=tuple(notes),
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that are JSON: times as text, exact numbers as floats."""
    return {name: _json(value) for name, value in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else float(value)


def _timed(table: pa.Table, info: _Info, at: datetime) -> pa.Table:
    """Say of each row since when it counts (17 and later know it of each) and until when."""
    reset = pa.scalar(info.reset, pa.timestamp("ns", "UTC"))
    since = table["since"].fill_null(reset) if info.reset else table["since"]
    until = pa.repeat(pa.scalar(at, pa.timestamp("ns", "UTC")), table.num_rows)
    columns = {name: table[name] for name in table.column_names}
    source = pa.repeat(pa.scalar(0, pa.int64()), table.num_rows)
    changed = {"since": since, "until": until, "source": source}
    return tables.from_columns("statement_totals", columns | changed)


def _metrics(info: _Info, at: datetime) -> pa.Table:
    known = [
        (DEALLOC, None if info.dealloc is None else float(info.dealloc), "entries"),
        (RESET, info.reset.timestamp() if info.reset else None, "s"),
    ]
    rows = [row for row in known if row[1] is not None]
    return tables.from_columns(
        "metrics",
        {
            "at": pa.array([at] * len(rows), pa.timestamp("ns", "UTC")),
            "name": [name for name, _, _ in rows],
            "value": pa.array([value for _, value, _ in rows], pa.float64()),
            "unit": [unit for _, _, unit in rows],
            "source": pa.array([0] * len(rows), pa.int64()),
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
        },
        rows=len(rows),
    )
