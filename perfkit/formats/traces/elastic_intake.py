"""Elastic APM's intake protocol, version 2: what agents send, as JSON lines.

A line of metadata holds for all lines behind it until the next. The short keys of version 3
(``{"x": {...}}``, agents in browsers) are not read.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.elastic_reader import Reader
from perfkit.formats.traces.elastic_whole import combine

__all__ = ["FORMAT"]

_METADATA = re.compile(rb'(?:\A|\n)[ \t]*\{[ \t]*"metadata"[ \t]*:')
_EVENT = re.compile(
    rb'(?:\A|\n)[ \t]*\{[ \t]*"(?:transaction|span|error|metricset)"[ \t]*:[ \t]*\{'
)
_IDS = re.compile(rb'"(?:trace_id|samples)"\s*:')
_MISSING = "record transactions with the agent (its setting recording, transaction_sample_rate)"

_any = msgspec.json.Decoder(dict[str, msgspec.Raw])


def recognises(head: bytes) -> Recognition:
    """Recognise metadata of a service with its agent, or events with the ids of a trace."""
    first = _object(head.lstrip().split(b"\n", 1)[0])
    if len(first) > 1:  # a first line that is damaged has no keys
        return Recognition(confidence=0.0)
    event = _EVENT.search(head)
    told = event is not None and _IDS.search(head, event.start()) is not None
    described = _names_agent(first.get("metadata", b""))
    sure = 0.98 if described else 0.95 if told else 0.0
    return Recognition(confidence=sure, reason="lines of Elastic APM's intake protocol")


def _names_agent(metadata: bytes | msgspec.Raw) -> bool:
    return "agent" in _object(_object(metadata).get("service", b""))


def _object(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Return the undecoded values of an object; what is none has none."""
    try:
        return _any.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def holds(data: bytes, before: Any) -> Any:
    """Return the last line of metadata."""
    last = None
    for last in _METADATA.finditer(data):  # noqa: B007 - the last one counts
        pass
    if last is None:
        return before
    start = data.index(b"{", last.start())
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)]


def parse(chunk: Chunk) -> Parsed:
    """Parse lines; :func:`.elastic_whole.combine` decides what crosses chunks."""
    data, notes = to_utf8(chunk.data)
    reader = Reader(bytes(_object(chunk.before or b"").get("metadata", b"null")))
    rejected: list[BadLine] = []
    irrelevant, lines = 0, count_lines(data)
    for number, line in enumerate(data.split(b"\n")[:lines], start=1):
        reason = reader.read(line, number) if line.strip() else None
        if reason is None:
            irrelevant += 1
        elif reason:
            rejected.append(BadLine.of(number, reason, line))
    built, carry = reader.events.built()
    return Parsed(
        tables=built.tables,
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=irrelevant,
        lines=lines,
        notes=tuple(notes),
        missing=_MISSING,
        carry=carry,
    )


FORMAT = Format(
    name="elastic-apm-intake",
    title="Elastic APM agents' events (intake protocol v2)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    combine=combine,
    holds=holds,
)
