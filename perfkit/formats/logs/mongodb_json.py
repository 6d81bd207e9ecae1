"""MongoDB's structured log, as mongod and mongos write it from 4.4 on: one JSON object a line.

"Slow query" lines (id 51803) are operations that took longer than ``slowms``; what else is
worth knowing (connections, elections, errors, long checkpoints) becomes events. A line is
written when its operation has ended: ``started_at`` is its time less the duration.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.logs.mongodb_events import event
from perfkit.formats.logs.mongodb_found import CUT, Found
from perfkit.formats.logs.mongodb_records import decode_line, operation
from perfkit.formats.logs.mongodb_writes import mend
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8

__all__ = ["FORMAT"]

_LINE = re.compile(rb'^\{"t": ?\{ ?"\$date": ?[^\n]{1,60}"s": ?"[A-Z][0-9]?"', re.MULTILINE)
_SLOW_QUERY = 51803


def recognises(head: bytes) -> Recognition:
    """Recognise lines such as ``{"t":{"$date":"..."},"s":"I","c":"COMMAND",...``."""
    found = len(_LINE.findall(head))
    lines = max(sum(1 for line in head.split(b"\n") if line.strip()), 1)
    if not found or 4 * found < lines:
        return Recognition(confidence=0.0)
    return Recognition(
        confidence=0.95 + 0.04 * min(found / lines, 1.0),
        reason=f"{found:,} of {lines:,} lines are MongoDB's structured log",
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse whole lines."""
    data, notes = to_utf8(chunk.data)
    found = Found(notes=list(notes))
    lines = data.split(b"\n")[: count_lines(data)]
    for number, raw in enumerate(lines, start=1):
        _sort(number, raw, found)
    return found.parsed(chunk, len(lines))


def _sort(number: int, raw: bytes, found: Found) -> None:
    """Put one line where it belongs; one that is none of these is irrelevant."""
    try:
        line = decode_line(raw)
        if line.id != _SLOW_QUERY:
            if (happened := event(number, line, raw)) is not None:
                found.events.append(happened)
            return
        one = operation(number, line)
    except (msgspec.DecodeError, RecursionError):
        if raw.strip():
            found.rejected.append(BadLine.of(number, _reason(raw), raw))
        return
    found.add(one, single_write=line.c == "WRITE")
    if line.truncated is not UNSET:
        found.notes.append(CUT)


def _reason(raw: bytes) -> str:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return "it is not JSON, or cut off"
    return "it is JSON, but not a line of MongoDB's log"


FORMAT = Format(
    name="mongodb-json",
    title="MongoDB log (JSON, 4.4 and later)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    mend=mend,
)
