"""Cut a PostgreSQL jsonlog into records, also as CloudNativePG and Azure wrap it.

* PostgreSQL 15 and later, ``log_destination = jsonlog``: one object per line; keys as in its
  documentation ("Using JSON-Format Log Output").
* CloudNativePG prints ``{"logger": "postgres", "record": {...}}``, with the columns of the csvlog
  (its documentation, "Logging").
* Azure Database for PostgreSQL, flexible server, exports diagnostic logs with ``properties``,
  whose ``message`` mostly is a line of the text log, prefix and all.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.lines import line_starts
from perfkit.formats.logs.pg_columns import Rows, records_of
from perfkit.formats.logs.pg_records import HAS_NUL, NO_JSON, Records

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Shape", "read_json", "shape_of"]


class _Native(msgspec.Struct):
    log_time: str = msgspec.field(name="timestamp")
    severity: str = msgspec.field(name="error_severity")
    user: str | None = None
    database: str | None = msgspec.field(default=None, name="dbname")
    pid: int | None = None
    client: str | None = msgspec.field(default=None, name="remote_host")
    session: str | None = msgspec.field(default=None, name="session_id")
    sqlstate: str | None = msgspec.field(default=None, name="state_code")
    message: str = ""
    DETAIL: str | None = msgspec.field(default=None, name="detail")
    HINT: str | None = msgspec.field(default=None, name="hint")
    QUERY: str | None = msgspec.field(default=None, name="internal_query")
    CONTEXT: str | None = msgspec.field(default=None, name="context")
    STATEMENT: str | None = msgspec.field(default=None, name="statement")
    application: str | None = msgspec.field(default=None, name="application_name")
    position: int | None = msgspec.field(default=None, name="cursor_position")
    internal_position: int | None = None


class _Columns(msgspec.Struct):
    log_time: str
    severity: str = msgspec.field(name="error_severity")
    user: str | None = msgspec.field(default=None, name="user_name")
    database: str | None = msgspec.field(default=None, name="database_name")
    pid: str | int | None = msgspec.field(default=None, name="process_id")
    peer: str | None = msgspec.field(default=None, name="connection_from")
    session: str | None = msgspec.field(default=None, name="session_id")
    sqlstate: str | None = msgspec.field(default=None, name="sql_state_code")
    message: str = ""
    DETAIL: str | None = msgspec.field(default=None, name="detail")
    HINT: str | None = msgspec.field(default=None, name="hint")
    QUERY: str | None = msgspec.field(default=None, name="internal_query")
    CONTEXT: str | None = msgspec.field(default=None, name="context")
    STATEMENT: str | None = msgspec.field(default=None, name="query")
    application: str | None = msgspec.field(default=None, name="application_name")
    position: str | int | None = msgspec.field(default=None, name="query_pos")
    internal_position: str | int | None = msgspec.field(default=None, name="internal_query_pos")


class _Wrapped(msgspec.Struct):
    record: _Columns | None = None
    logger: str | None = None


class _Properties(msgspec.Struct):
    message: str
    log_time: str | None = msgspec.field(default=None, name="timestamp")
    pid: str | int | None = msgspec.field(default=None, name="processId")
    severity: str = msgspec.field(default="LOG", name="errorLevel")
    sqlstate: str | None = msgspec.field(default=None, name="sqlerrcode")
    DETAIL: str | None = msgspec.field(default=None, name="detail")
    HINT: str | None = msgspec.field(default=None, name="hint")
    CONTEXT: str | None = msgspec.field(default=None, name="context")
    STATEMENT: str | None = msgspec.field(default=None, name="statement")


class _Exported(msgspec.Struct):
    logger = None
    properties: _Properties
    time: str | None = None
    category: str | None = None


class Shape(NamedTuple):
    """One way to write records as JSON: its decoder, and which part of an object is the record."""

    name: str
    decoder: msgspec.json.Decoder[Any]
    part: str = ""

    def record(self, item: Any) -> Any:
        """Return the record of a decoded object, None: it is a line of another program."""
        if not self.part:
            return item
        return getattr(item, self.part) if item.logger in _LOGGERS else None


_SHAPES = (
    Shape("PostgreSQL", msgspec.json.Decoder(_Native)),
    Shape("CloudNativePG", msgspec.json.Decoder(_Wrapped), "record"),
    Shape("Azure", msgspec.json.Decoder(_Exported), "properties"),
)
_LOGGERS = (None, "postgres", "pgaudit")
_SAMPLE = 50
_NUL, _LF = 0, 10
#: What msgspec raises for what is no record; the last when arrays are nested too deeply.
_NO_RECORD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@lru_cache(maxsize=16)
def shape_of(head: bytes) -> tuple[Shape | None, int, int]:
    """Return how the records in ``head`` are written, how many there are, of how many lines."""
    lines = [line for line in head.split(b"\n")[:_SAMPLE] if line.strip()]
    if len(lines) > 1 and not head.endswith(b"\n"):
        lines = lines[:-1]
    fits = {shape: sum(_fits(shape, line) for line in lines) for shape in _SHAPES}
    best = max(_SHAPES, key=lambda shape: fits[shape])
    return (best if fits[best] else None), fits[best], len(lines)


def _fits(shape: Shape, line: bytes) -> bool:
    try:
        record = shape.record(shape.decoder.decode(line))
    except _NO_RECORD:
        return False
    return record is not None and _is_ours(shape, line)


def _is_ours(shape: Shape, line: bytes) -> bool:
    """Say whether other loggers would hardly write this."""
    if shape.part == "properties":
        return b'"errorLevel"' in line or b'"PostgreSQLLogs"' in line
    return b'"session_id"' in line and b'"error_severity"' in line


class Decoded(NamedTuple):
    """The records of lines (None: of another program, or bad), and why they are bad (0: good)."""

    rows: Rows
    records: list[Any]


def decode(data: bytes, shape: Shape) -> Decoded:
    """Decode every line of ``data``; a bad one costs itself alone."""
    starts = line_starts(data)
    count = len(starts) - 1
    blank = np.frombuffer(data, np.uint8)[starts[:-1]] == _LF if count else np.zeros(0, np.bool_)
    bad = np.zeros(count, np.int64)
    if _NUL in data:
        holes = np.flatnonzero(np.frombuffer(data, np.uint8) == _NUL)
        bad[np.searchsorted(starts[:-1], holes, side="right") - 1] = HAS_NUL
    items = _decoded(data, shape, starts.tolist(), bad, blank)
    records = items
    if shape.part:
        records = [None if item is None else shape.record(item) for item in items]
    foreign = np.array([record is None for record in records], np.bool_) & (bad == 0)
    rows = Rows(
        source=data,
        start=starts[:-1],
        stop=starts[1:],
        line=np.arange(1, count + 1),
        lines=np.ones(count, np.int64),
        bad=bad,
        blank=blank | foreign,
    )
    return Decoded(rows, records)


def _decoded(data: bytes, shape: Shape, starts: list[int], bad: Any, blank: Any) -> list[Any]:
    """Return what the lines hold; ``bad`` and ``blank`` are filled in."""
    with suppress(*_NO_RECORD):
        if not bad.any() and not blank.any():
            items = shape.decoder.decode_lines(data)
            if len(items) == len(bad):  # else: two on a line, one on two, or a line of blanks
                return items
    items = []
    for row, begin in enumerate(starts[:-1]):
        line, item = data[begin : starts[row + 1]], None
        blank[row] = line.isspace()
        if not bad[row] and not blank[row]:
            try:
                item = shape.decoder.decode(line)
            except _NO_RECORD:
                bad[row] = NO_JSON
        items.append(item)
    return items


def read_json(data: bytes, shape: Shape, zone: str | None) -> Records:
    """Read the records of ``data`` (valid UTF-8), which are PostgreSQL's or CloudNativePG's."""
    decoded = decode(data, shape)
    records = [record for record in decoded.records if record is not None]
    names = (_Columns if shape.part else _Native).__struct_fields__
    columns = {name: _column(records, name) for name in names}
    return records_of(decoded.rows, columns, zone)


def _column(records: Sequence[Any], name: str) -> pa.Array:
    values = list(map(attrgetter(name), records))
    if values.count(None) == len(values):
        return pa.nulls(len(values), pa.string())
    if name in {"pid", "position", "internal_position"}:
        known = {value: str(value) if value or value == 0 else None for value in set(values)}
        values = [known[value] for value in values]
    elif name == "message":
        return pa.array(values, pa.string())
    return pa.array([value or None for value in values], pa.string())
