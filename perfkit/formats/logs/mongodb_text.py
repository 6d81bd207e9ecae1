"""MongoDB's text log, as mongod and mongos wrote it from 2.6 to 4.2.

``2018-10-05T14:01:04.067+0000 I COMMAND  [conn12] command shop.orders command: find {...} 219ms``;
severity and component came with 3.0. A line is written when its operation has ended.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.logs.mongodb_events import Event
from perfkit.formats.logs.mongodb_found import CUT, Found
from perfkit.formats.logs.mongodb_text_operation import (
    Heading,
    begins_operation,
    is_cut,
    text_operation,
)
from perfkit.formats.logs.mongodb_writes import mend
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8

__all__ = ["FORMAT"]

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{4})"
_COMPONENTS = (
    "ACCESS|ASIO|BRIDGE|COMMAND|CONNPOOL|CONTROL|ELECTION|EXECUTOR|FTDC|GEO|INDEX|INITSYNC|"
    "JOURNAL|NETWORK|QUERY|RECOVERY|REPL|REPL_HB|ROLLBACK|SHARDING|SHARDING_REFRESH|"
    "SHARDING_CATALOG|STORAGE|TOTAL|TRACKING|TXN|WRITE|-"
)
_LINE = re.compile(rf"({_TIME}) (?:([DIWEF])[1-5]? +({_COMPONENTS}) +)?\[([^\]\n]{{1,100}})\] (.*)")
_SEEN = re.compile(rb"^" + _LINE.pattern.encode(), re.MULTILINE)
_BARE = re.compile(rb"^[0-9T:.-]{23}(?:Z|[+-][0-9]{4}) \[", re.MULTILINE)
_ACCEPTED = re.compile(r"connection accepted from (\S{1,100}) #([0-9]{1,12}) ")
_ENDED = re.compile(r"end connection (\S{1,100}) \(")
_REPLICATION = re.compile(
    r"transition to [A-Z0-9]+|[Ee]lection succeeded|[Mm]ember \S{1,200} is now in state"
)


def recognises(head: bytes) -> Recognition:
    """Recognise a time, a severity and component of MongoDB's, a context in brackets."""
    lines = max(sum(1 for line in head.split(b"\n") if line.strip()), 1)
    named = sum(1 for found in _SEEN.finditer(head) if found[3])
    bare = len(_BARE.findall(head)) if not named else 0
    operations = head.count(b"ms\n") if b" locks(micros)" in head or b" keyUpdates:" in head else 0
    found = named or (bare if operations else 0)
    if 4 * found < lines or not found:
        return Recognition(confidence=0.0)
    return Recognition(
        confidence=(0.9 if named else 0.85) + 0.05 * min(found / lines, 1.0),
        reason=f"{found:,} of {lines:,} lines are MongoDB's text log",
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
    line = _LINE.match(raw.decode())
    if line is None:
        if raw.strip():
            reason = "it does not begin with a time and a context, or is cut off"
            found.rejected.append(BadLine.of(number, reason, raw))
        return
    at, severity, component, session, message = line.groups()
    heading = Heading(number, at, session)
    if component in {None, "COMMAND", "WRITE", "QUERY"} and begins_operation(message):
        _operation(heading, component, raw, message, found)
        return
    happened = _event(heading, severity, message, raw)
    if happened is not None:
        found.events.append(happened)


def _operation(
    heading: Heading, component: str | None, raw: bytes, message: str, found: Found
) -> None:
    one = text_operation(heading, message)
    if one is None:
        reason = "its duration is missing: the line is cut off"
        found.rejected.append(BadLine.of(heading.line, reason, raw))
        return
    if is_cut(message):
        found.notes.append(CUT)
    found.add(one, single_write=component == "WRITE")


def _event(heading: Heading, severity: str | None, message: str, raw: bytes) -> Event | None:
    kind, session = "", heading.session
    if accepted := _ACCEPTED.match(message):
        kind, session = "connection", f"conn{accepted[2]}"
    elif _ENDED.match(message):
        kind = "disconnection"
    elif severity in {"E", "F"}:
        kind = "error"
    elif _REPLICATION.search(message):
        kind = "replication"
    return Event(heading.line, heading.at, kind, None, message, session, raw) if kind else None


FORMAT = Format(
    name="mongodb-text",
    title="MongoDB log (text, 2.6 to 4.2)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    mend=mend,
)
