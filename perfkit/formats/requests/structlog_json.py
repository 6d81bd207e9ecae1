"""Request logs as JSON lines: structlog's, and those of other JSON loggers.

A line with a duration and a method, path or route is a request; ``blocked_loop``,
``pool_sample`` and ``checkout`` are events by name. A line is written when its request has
ended: ``started_at`` is its time less the duration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.requests.durations import inferred_units, to_ms, unit_notes
from perfkit.formats.requests.keys import flattened, role
from perfkit.formats.times import Times, read_times, zone_note
from perfkit.units import format_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_decode = msgspec.json.Decoder().decode
_REQUEST = "request"
_NAMED = frozenset({"blocked_loop", "pool_sample", "checkout"})
_TEXTS = ("method", "route", "path", "service", "client", "request_id", "trace_id", "error")
_CHECKOUT_TIMES = ("requested_at", "acquired_at", "released_at")

#: One line: its number, its bytes, and its values by role (requests) or by key.
Line = tuple[int, bytes, dict[str, Any]]


def recognises(head: bytes) -> Recognition:
    """Recognise JSON lines of which at least one is a request or an event with a known name."""
    counts = {"lines": 0, "named": 0, _REQUEST: 0}
    units = inferred_units(head)
    for line in head.split(b"\n"):
        try:
            kind, _ = _classified(_decode(line), units)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        counts["lines"] += 1
        counts["named"] += kind in _NAMED or b'"request_finished"' in line
        counts[_REQUEST] += kind == _REQUEST
    found = max(counts["named"], counts[_REQUEST])
    if not found:
        return Recognition(confidence=0.0)
    base = 0.85 if counts["named"] else 0.6
    return Recognition(
        confidence=base + 0.1 * found / counts["lines"],
        reason=f"JSON lines, {found:,} of {counts['lines']:,} with requests or known events",
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse JSON lines, each a record of its own."""
    units = inferred_units(chunk.head)
    found: dict[str, list[Line]] = {kind: [] for kind in (_REQUEST, *_NAMED)}
    rejected: list[BadLine] = []
    irrelevant = 0
    lines = chunk.data.split(b"\n")[: count_lines(chunk.data)]
    for number, line in enumerate(lines, start=1):
        try:
            kind, values = _classified(_decode(line), units)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if line.strip():
                rejected.append(BadLine.of(number, "it is not JSON, or cut off", line))
            else:
                irrelevant += 1
            continue
        if kind:
            found[kind].append((number, line, values))
        else:
            irrelevant += 1
    builder = _Builder(chunk.zone)
    return Parsed(
        tables=builder.tables(found),
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=irrelevant,
        lines=len(lines),
        notes=(*unit_notes(units), *([zone_note(chunk.zone)] if builder.naive else [])),
    )


def _classified(line: Any, units: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a line ("": irrelevant) and its values."""
    if not isinstance(line, dict):
        return "", {}
    event = line.get("event")
    if isinstance(event, str) and event in _NAMED:
        return event, line
    values = _by_role(line, units)
    where = "path" in values or "route" in values
    timed = values.get("duration_ms") is not None and (where or "method" in values)
    if timed or (where and "method" in values and "status" in values):
        return _REQUEST, values
    return "", values


def _by_role(line: dict[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for key, value in flattened(line):
        meaning = role(key)
        if meaning is None or value is None or meaning.rank >= ranks.get(meaning.name, 99):
            continue
        if meaning.name == "duration":
            value = to_ms(value, meaning.unit or units.get(key, "ms"))
            if value is None:
                continue
            values["duration_ms"] = value
        else:
            values[meaning.name] = value
        ranks[meaning.name] = meaning.rank
    return values


class _Builder:
    """Turns classified lines into tables; ``naive``: some times named no zone."""

    def __init__(self, zone: str | None) -> None:
        self.zone = zone
        self.naive = False

    def tables(self, found: dict[str, list[Line]]) -> dict[str, pa.Table]:
        built = {
            "requests": self._requests(found[_REQUEST]),
            "events": self._blocked_loops(found["blocked_loop"]),
            "pool_samples": self._pool_samples(found["pool_sample"]),
            "checkouts": self._checkouts(found["checkout"]),
        }
        return {name: table for name, table in built.items() if table.num_rows}

    def _requests(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        ms = pa.array([row.get("duration_ms") for row in rows], pa.float64())
        columns = {name: _texts(rows, name) for name in _TEXTS} | {
            "started_at": self._started(rows, ms),
            "duration_ms": ms,
            "status": _integers(rows, "status"),
            "response_bytes": _integers(rows, "response_bytes"),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("requests", columns | _numbers(lines))

    def _started(self, rows: list[dict[str, Any]], ms: pa.Array) -> pa.Array:
        start = self._times([row.get("start") for row in rows]).cast(pa.int64())
        end = self._times([row.get("time") for row in rows]).cast(pa.int64())
        before = pc.multiply(pc.fill_null(ms, 0.0), 1e6).cast(pa.int64(), safe=False)
        return pc.coalesce(start, pc.subtract(end, before)).cast(pa.timestamp("ns", "UTC"))

    def _blocked_loops(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        ms = [to_ms(row.get("duration_ms"), "ms") for row in rows]
        columns = {
            "at": self._times([row.get("timestamp") for row in rows]),
            "kind": pa.repeat(pa.scalar("blocked_loop"), len(rows)),
            "duration_ms": pa.array(ms, pa.float64()),
            "message": pa.array(list(map(_blocked, rows, ms)), pa.string()),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("events", columns | _numbers(lines))

    def _pool_samples(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = self._named("pool_samples", rows)
        columns["at"] = self._times([row.get("at", row.get("timestamp")) for row in rows])
        return tables.from_columns("pool_samples", columns | _numbers(lines))

    def _checkouts(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = self._named("checkouts", rows)
        return tables.from_columns("checkouts", columns | _numbers(lines))

    def _named(self, table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Read the columns of a table that the lines name as it does."""
        columns: dict[str, Any] = {}
        for field in tables.schema(table):
            if field.name in {"source", "line", "attributes"}:
                continue
            if pa.types.is_timestamp(field.type):
                columns[field.name] = self._times([row.get(field.name) for row in rows])
            elif pa.types.is_integer(field.type):
                columns[field.name] = _integers(rows, field.name)
            elif pa.types.is_floating(field.type):
                ms = [to_ms(row.get(field.name), "ms") for row in rows]
                columns[field.name] = pa.array(ms, pa.float64())
            else:
                columns[field.name] = _texts(rows, field.name)
        return columns

    def _times(self, values: list[Any]) -> pa.Array:
        times: Times = read_times(values, self.zone)
        self.naive |= times.naive
        return times.array


def _numbers(lines: list[Line]) -> dict[str, Any]:
    return {"line": pa.array([number for number, _, _ in lines], pa.int64())}


def _texts(rows: list[dict[str, Any]], name: str) -> pa.Array:
    return pa.array([_text(row.get(name)) for row in rows], pa.string())


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, dict | list):
        return None
    return str(value)


def _integers(rows: list[dict[str, Any]], name: str) -> pa.Array:
    return pa.array([_integer(row.get(name)) for row in rows], pa.int64())


def _integer(value: Any) -> int | None:
    if type(value) is int:
        return value if -(1 << 63) <= value < 1 << 63 else None
    try:
        number = int(value) if isinstance(value, str | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is None or -(1 << 63) <= number < 1 << 63 else None


def _blocked(row: dict[str, Any], ms: float | None) -> str:
    where = _text(row.get("stack")) or _text(row.get("source"))
    place = f" in {where.rsplit(';', 1)[-1]}" if where else ""
    return f"event loop blocked for {format_ms(ms)}{place}"


FORMAT = Format(
    name="structlog-json",
    title="request log (JSON lines)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
