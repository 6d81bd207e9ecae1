"""Exports of PostgreSQL's pg_stat_statements (8.4 to 18), and of queries on it.

``psql --csv -c 'select * from pg_stat_statements'``, ``COPY ... TO``, psql's tables, ``json_agg``:
whatever has a statement, ``calls``, and a time whose unit is known.
"""

from __future__ import annotations

import re

from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.statements.grid import Grid, read_grid
from perfkit.formats.statements.pg_columns import Columns, columns_of
from perfkit.formats.statements.pg_totals import totals
from perfkit.formats.text import to_utf8
from perfkit.recording import Note

__all__ = ["FORMAT"]

_OWN = re.compile(r"\bqueryid\b|\b(?:total|mean)_(?:exec_)?time\b|\bshared_blks_hit\b|\brolname\b")
_HINT = (
    'export the view itself: psql --csv -c "select s.*, datname, rolname from pg_stat_statements s '
    'join pg_database d on d.oid = dbid join pg_roles r on r.oid = userid" > statements.csv'
)
#: The names of the columns are within so many characters.
_NAMES = 16 << 10
_INTERVAL = Note(
    kind="interval_unknown",
    message="totals are since the last reset of pg_stat_statements: load two exports and take "
    "perfkit.interval(before, after) for what happened between them",
)


def recognises(head: bytes) -> Recognition:
    """Recognise a table with a statement, calls, and a time; the head may end anywhere."""
    text = head.decode("utf-8", "replace")
    columns = _columns(read_grid(text)) if "call" in text[:_NAMES].lower() else None
    if columns is None or not columns.is_export:
        return Recognition(confidence=0.0)
    own = len(set(_OWN.findall(text[:4096].lower())))
    times = [name for name, _ in columns.times.values()] or columns.unknown
    return Recognition(
        confidence=min(0.9 + 0.02 * own, 0.97),
        reason=f"columns {columns.roles['query']}, {columns.roles['calls']}, {times[0]}",
    )


def _columns(grid: Grid) -> Columns | None:
    """Return what the columns are; the head may hold nothing but their names."""
    if grid.rows:
        return columns_of(grid.rows[0].values, grid.rows[0].values)
    return None


def cut(data: bytes) -> int:
    """Return 0: a statement may have any number of lines."""
    del data
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse a whole export; lines are records, the one with the names is irrelevant."""
    data, notes = to_utf8(chunk.data)
    grid = read_grid(data.decode())
    columns = _columns(grid)
    if columns is None or not columns.is_usable:
        return _unusable(grid, columns)
    found = totals(grid.rows, columns)
    bad = sorted([*grid.bad, *found.bad])
    notes += [_INTERVAL] if found.table.num_rows else []
    return Parsed(
        tables={"statement_totals": found.table} if found.table.num_rows else {},
        rejected=kept(_bad(*one) for one in bad),
        rejected_lines=len(bad),
        irrelevant=grid.records - len(grid.rows) - len(grid.bad),
        lines=grid.records,
        notes=(*notes, *found.notes),
        missing=_HINT,
    )


def _unusable(grid: Grid, columns: Columns | None) -> Parsed:
    reason = "it has no columns for a statement, calls and a time"
    if columns is not None and columns.unknown:
        reason = f"nothing says the unit of {columns.unknown[0]!r}: name it {_example(columns)}"
    bad = sorted([*grid.bad, *((row.number, reason, str(row.values)[:500]) for row in grid.rows)])
    return Parsed(
        rejected=kept(_bad(*one) for one in bad),
        rejected_lines=len(bad),
        irrelevant=grid.records - len(bad),
        lines=grid.records,
        missing=_HINT,
    )


def _example(columns: Columns) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '_', columns.unknown[0].lower())[:40]}_ms or ..._seconds"


def _bad(number: int, reason: str, text: str) -> BadLine:
    return BadLine.of(number, reason, text.encode("utf-8", "replace"))


FORMAT = Format(
    name="pg-stat-statements",
    title="pg_stat_statements (CSV, JSON, psql)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
