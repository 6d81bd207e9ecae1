"""Request logs as JSON lines: structlog's, and those of other JSON loggers and of proxies.

A line with a statement (a text that begins as SQL does) is a query: ``slow_query`` by name, any
other when it has a duration. A line with a duration and a method, path or route is a request, one
that the program sent itself where it says so (:mod:`outgoing`); ``blocked_loop``,
``pool_sample``, ``checkout``, deployments and Lambda's reports are events (:mod:`happenings`).
A line is written when its request or query has ended: ``started_at`` is its time less the
duration. Lines of servers between the JSON, and inside its messages, are read as well.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.requests.apps.told import joined
from perfkit.formats.requests.classified import (
    CLOSED,
    DEPLOY,
    LAMBDA,
    NAMED,
    OPENED,
    QUERY,
    REQUEST,
    TEXT,
    classified,
)
from perfkit.formats.requests.cut_off import NOTE, cut_length
from perfkit.formats.requests.durations import inferred_units, unit_notes
from perfkit.formats.requests.halves import mend, paired
from perfkit.formats.requests.rows import Line, RowBuilder
from perfkit.formats.requests.text_within import between, inside
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_decode = msgspec.json.Decoder().decode
_KINDS = (REQUEST, QUERY, DEPLOY, LAMBDA, TEXT, OPENED, CLOSED, *NAMED)


class _Sorted(NamedTuple):
    """Lines by kind; ``broken`` are no JSON, ``decoded`` counts those that are."""

    found: dict[str, list[Line]]
    broken: list[tuple[int, bytes]]
    decoded: int


def recognises(head: bytes) -> Recognition:
    """Recognise JSON lines of which at least one is a request or an event with a known name."""
    lines = _sorted(head, inferred_units(head))
    found = {kind: len(some) for kind, some in lines.found.items()}
    named = sum(found[kind] for kind in (QUERY, DEPLOY, LAMBDA, *NAMED))
    named += sum(b'"request_finished"' in raw for _, raw, _ in lines.found[REQUEST])
    requests = found[REQUEST] + found[CLOSED]
    best = max(named, requests) or len(inside(lines.found[TEXT], None)[1])
    if not best:
        return Recognition(confidence=0.0)
    base = 0.85 if named else 0.6
    return Recognition(
        confidence=base + 0.1 * best / lines.decoded,
        reason=f"JSON lines, {best:,} of {lines.decoded:,} with requests or known events",
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse JSON lines, each a record of its own."""
    units = inferred_units(chunk.head)
    lines = _sorted(chunk.data, units)
    builder = RowBuilder(chunk.zone, _cut_length(chunk.head) if lines.found[QUERY] else 0)
    texts, opened = lines.found.pop(TEXT), lines.found.pop(OPENED)
    halves = paired(opened, lines.found.pop(CLOSED))
    lines.found[REQUEST] = sorted(lines.found[REQUEST] + halves.whole, key=itemgetter(0))
    contents = builder.tables(lines.found)
    within, written = inside(texts, chunk.zone)
    among, read = between(lines.broken, chunk.zone)
    bad = [
        BadLine.of(number, "it is not JSON, or cut off", raw)
        for number, raw in lines.broken
        if number not in read
    ]
    count = count_lines(chunk.data)
    used = sum(map(len, [*lines.found.values(), halves.answered, written, read]))
    return Parsed(
        tables=joined([contents, within.tables, among.tables]),
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=count - used - len(bad),
        lines=count,
        pending=builder.answered(halves.answered),
        carry=halves.carry,
        notes=(
            *unit_notes(units),
            *([zone_note(chunk.zone)] if builder.naive else []),
            *([NOTE] if builder.truncated else []),
            *within.notes(chunk.zone),
            *among.notes(chunk.zone),
        ),
    )


def _sorted(data: bytes, units: Mapping[str, str]) -> _Sorted:
    found: dict[str, list[Line]] = {kind: [] for kind in _KINDS}
    broken: list[tuple[int, bytes]] = []
    decoded = 0
    lines = data.split(b"\n")[: count_lines(data)]
    for number, line in enumerate(lines, start=1):
        try:
            kind, values = classified(_decode(line), units)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if line.strip():
                broken.append((number, line))
            continue
        decoded += 1
        if kind:
            found[kind].append((number, line, values))
    return _Sorted(found, broken, decoded)


@lru_cache(maxsize=16)
def _cut_length(head: bytes) -> int:
    """Return the length at which the statements in ``head`` were cut off, 0 for none."""
    found = _sorted(head, inferred_units(head)).found[QUERY]
    return cut_length(values["statement"] for _, _, values in found)


FORMAT = Format(
    name="structlog-json",
    title="request log (JSON lines)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    mend=mend,
)
