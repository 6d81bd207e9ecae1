"""What happened beside the statements, as small tables: errors, locks, files, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.analyses.digests.happened import Happened
    from perfkit.analyses.digests.partial import Partial

__all__ = ["event_tables", "sections"]

_ROWS = 10
_SHOWN = 300  # characters of a statement
#: Name of the series -> kinds of events, and the columns that mean something there.
_EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "errors": (
        ("error", "cancelled"),
        ("count", "sqlstate", "what", "fingerprint", "first_at", "last_at"),
    ),
    "lock_waits": (
        ("lock_wait", "lock_failed", "deadlock"),
        ("kind", "count", "total_ms", "max_ms", "what", "fingerprint"),
    ),
    "temp_files": (("temp_file",), ("count", "total_bytes", "max_bytes", "fingerprint")),
    "checkpoints": (
        ("checkpoint", "checkpoint_starting", "checkpoint_frequent"),
        ("kind", "what", "count", "total_ms", "max_ms"),
    ),
    "autovacuum": (
        ("autovacuum", "autoanalyze"),
        ("kind", "what", "count", "total_ms", "max_ms"),
    ),
    "sessions": (
        ("connection", "disconnection"),
        ("kind", "what", "count", "total_ms", "max_ms"),
    ),
}
_TITLES = {
    "errors": "Errors",
    "lock_waits": "Lock waits and deadlocks",
    "temp_files": "Temporary files",
    "checkpoints": "Checkpoints",
    "autovacuum": "Autovacuum and autoanalyze",
    "sessions": "Connections and sessions",
    "by_user": "By user",
    "by_application": "By application",
    "by_database": "By database",
    "by_client": "By client",
    "by_hour": "By hour",
    "examples": "Slowest executions",
}


def event_tables(happened: Happened) -> dict[str, pa.Table]:
    """Return what happened by kind: errors, lock_waits, temp_files, checkpoints, ..."""
    return {
        name: happened.of_kind(*kinds).select([*columns, *_rest(columns)])
        for name, (kinds, columns) in _EVENTS.items()
    }


def _rest(columns: tuple[str, ...]) -> list[str]:
    return [name for name in ("kind", "fingerprint_id") if name not in columns]


def sections(part: Partial, series: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables to show beneath the digest, by title: what has rows, the first ten."""
    shown = {}
    for name, title in _TITLES.items():
        table = series[name]
        if not table.num_rows or (name.startswith("by_") and name[3:] in part.by):
            continue
        if name in _EVENTS:
            table = _known(table.select(_EVENTS[name][1]))
        shown[title] = _slowest(table) if name == "examples" else table.slice(0, _ROWS)
    return shown


def _known(table: pa.Table) -> pa.Table:
    """Drop the columns of which nothing is known."""
    names = [name for name in table.column_names if table[name].null_count < table.num_rows]
    return table.select(names)


def _slowest(examples: pa.Table) -> pa.Table:
    ties = [(name, "ascending") for name in ("started_at", "statement")]
    rows = examples.sort_by([("duration_ms", "descending"), *ties]).slice(0, _ROWS)
    columns = ("started_at", "duration_ms", "user", "database", "parameters", "statement")
    shown = _known(rows.select(columns))
    if "statement" not in shown.column_names:
        return shown
    text = pc.utf8_slice_codeunits(shown["statement"], 0, _SHOWN)
    return shown.set_column(shown.schema.get_field_index("statement"), "statement", text)
