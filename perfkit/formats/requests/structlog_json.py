"""Request logs as JSON lines: structlog's, and those of other JSON loggers.

A line with a statement (a text that begins as SQL does) is a query: ``slow_query`` by name, any
other when it has a duration. A line with a duration and a method, path or route is a request;
``blocked_loop``, ``pool_sample`` and ``checkout`` are events by name. A line is written when its
request or query has ended: ``started_at`` is its time less the duration.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.orm.log_lines import SQL_WORD
from perfkit.formats.requests.cut_off import NOTE, cut_length
from perfkit.formats.requests.durations import inferred_units, to_ms, unit_notes
from perfkit.formats.requests.keys import flattened, role
from perfkit.formats.requests.rows import Line, RowBuilder
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_decode = msgspec.json.Decoder().decode
_REQUEST = "request"
#: "GET /orders?page=2 HTTP/1.1", as proxies log it
_REQUEST_LINE = re.compile(r"([A-Z]{3,10}) (\S+)(?: HTTP/[0-9.]+)?")
_NAMED = frozenset({"blocked_loop", "pool_sample", "checkout"})
_QUERY = "slow_query"
_SQL = re.compile(rf"\s*(?:{SQL_WORD})")


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
        counts["named"] += kind in {_QUERY, *_NAMED} or b'"request_finished"' in line
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
    found: dict[str, list[Line]] = {kind: [] for kind in (_REQUEST, _QUERY, *_NAMED)}
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
    builder = RowBuilder(chunk.zone, _cut_length(chunk.head) if found[_QUERY] else 0)
    return Parsed(
        tables=builder.tables(found),
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=irrelevant,
        lines=len(lines),
        notes=(
            *unit_notes(units),
            *([zone_note(chunk.zone)] if builder.naive else []),
            *([NOTE] if builder.truncated else []),
        ),
    )


def _classified(line: Any, units: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a line ("": irrelevant) and its values."""
    if not isinstance(line, dict):
        return "", {}
    event = line.get("event")
    values = _by_role(line, units)
    if isinstance(event, str) and event in _NAMED:
        return event, {"timestamp": values.get("time"), **line}
    if _is_query(values, event):
        return _QUERY, values
    return _REQUEST if _is_request(values) else "", values


def _is_query(values: dict[str, Any], event: Any) -> bool:
    statement = values.get("statement")
    if not isinstance(statement, str) or not _SQL.match(statement):
        return False
    return event == _QUERY or (values.get("duration_ms") is not None and "method" not in values)


@lru_cache(maxsize=16)
def _cut_length(head: bytes) -> int:
    """Return the length at which the statements in ``head`` were cut off, 0 for none."""
    units = inferred_units(head)
    found = []
    for line in head.split(b"\n"):
        try:
            kind, values = _classified(_decode(line), units)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if kind == _QUERY:
            found.append(values["statement"])
    return cut_length(found)


def _is_request(values: dict[str, Any]) -> bool:
    where = "path" in values or "route" in values
    if values.get("duration_ms") is not None:
        return where or "method" in values
    return where and "method" in values and "status" in values


def _by_role(line: dict[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for key, value in flattened(line):
        meaning = role(key)
        if meaning is None or value is None or meaning.rank >= ranks.get(meaning.name, 99):
            continue
        if meaning.name != "duration":
            values[meaning.name] = value
        elif (ms := to_ms(value, meaning.unit or units.get(key, "ms"))) is not None:
            values["duration_ms"] = ms
        else:
            continue
        ranks[meaning.name] = meaning.rank
    if said := _REQUEST_LINE.fullmatch(str(values.get("request_line", ""))):
        values = {"method": said[1], "path": said[2]} | values
    return values


FORMAT = Format(
    name="structlog-json",
    title="request log (JSON lines)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
