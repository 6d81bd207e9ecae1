"""Chrome trace events: Chrome, Perfetto's JSON, viztracer, PyTorch's profiler, Bazel, Ray, ...

An array of events, or an object with ``traceEvents``; the array need not be terminated. Complete
events (X), pairs of begin and end (B E, b e, S F) are spans; what else there may be (counters,
instants, samples, flows) is counted. Record numbers are those of the events.
Source: the Trace Event Format document of the catapult project.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from perfkit.formats.json_scan import Scan
from perfkit.formats.model import KEPT_PER_REASON, BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.traces.chrome_carry import Carry, names_of, placed
from perfkit.formats.traces.chrome_events import ARRAY, looks, read_events
from perfkit.formats.traces.chrome_lanes import ASYNCHRONOUS, identity_of
from perfkit.formats.traces.chrome_rows import span_rows
from perfkit.formats.traces.chrome_times import UNKNOWN
from perfkit.formats.traces.chrome_whole import combine
from perfkit.formats.traces.uncollected import uncollected

if TYPE_CHECKING:
    from perfkit.formats.traces.chrome_events import Events

__all__ = ["FORMAT"]

_ARRAY = re.compile(rb"\A\s*\[")
_BASE = re.compile(rb'"baseTimeNanoseconds"\s*:\s*"?([0-9]{1,19})\b')
_PHASE = re.compile(rb'"[A-Za-z(),]{1,3}"')
_COMPLETE, _BEGINS, _ENDS, _METADATA = b"X", b"BbS", b"EeF", b"M"
_LATEST = 4_500_000_000_000_000_000  # 2112, as the latest time
_NO_TIME = "its time (ts) is missing, or no number of microseconds until 2112"
_NO_ID = "an asynchronous event without an id"


def recognises(head: bytes) -> Recognition:
    """Recognise ``traceEvents``, or an array whose first object is an event."""
    if head.lstrip()[:1] == b"{" and ARRAY.begins_in(head):
        return Recognition(confidence=0.97, reason="JSON with traceEvents")
    start = _ARRAY.match(head)
    if start and _begins_with_event(head[start.end() :]):
        return Recognition(confidence=0.95, reason="an array of trace events (ph, ts, pid)")
    return Recognition(confidence=0.0)


def _begins_with_event(body: bytes) -> bool:
    for start, end, whole in islice(Scan(body, 1, looks), 1):
        try:
            found = msgspec.json.decode(body[start:end], type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return whole and looks(found) and _PHASE.fullmatch(found["ph"]) is not None
    return False


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse events; what crosses chunks, which is all nesting, is left to :func:`combine`."""
    elements, events = read_events(chunk)
    useful = np.isin(events.phase, list(_COMPLETE + _BEGINS + _ENDS))
    good, rejected, count = _usable(events.some(useful))
    others = events.some(~useful)
    is_span = np.isin(good.phase, list(_COMPLETE + _BEGINS))
    spans = good.some(is_span)
    dur = np.where((spans.phase == _COMPLETE[0]) & (spans.dur >= 0), spans.dur, UNKNOWN)
    built = span_rows(spans._replace(dur=dur))
    carry = Carry(
        request_rows=built.request_rows,
        query_rows=built.query_rows,
        **placed(good, is_span),
        names=names_of(others.some(others.phase == _METADATA[0])),
        met=Counter(others.phase.tobytes().decode("ascii")),
        file=blake2b(chunk.head, digest_size=8).hexdigest(),
        base_ns=_base_ns(elements.before + elements.after),
        cut_off=elements.cut_off,
        keep=chunk.keep,
    )
    tables = {name: table for name, table in built.tables.items() if table.num_rows}
    return Parsed(
        rejected=kept((*elements.rejected, *rejected)),
        rejected_lines=elements.rejected_lines + count,
        irrelevant=len(others.items),
        lines=elements.count,
        notes=elements.notes,
        carry=carry,
        # rows that are not wanted are still needed to tell which event is within which
        tables={} if chunk.keep else tables,
        pending=tables if chunk.keep else {},
    )


def _usable(events: Events) -> tuple[Events, list[BadLine], int]:
    """Return the events that can be placed, the first of the others, and how many they are."""
    timeless = events.ts == UNKNOWN
    asynchronous = np.flatnonzero(np.isin(events.phase, list(ASYNCHRONOUS)) & ~timeless)
    nameless = np.zeros(len(timeless), np.bool_)
    nameless[asynchronous] = [not identity_of(events.items[n])[0] for n in asynchronous.tolist()]
    bad = [
        BadLine.of(int(events.line[place]), reason, msgspec.json.encode(events.items[place]))
        for reason, flags in ((_NO_TIME, timeless), (_NO_ID, nameless))
        for place in np.flatnonzero(flags)[:KEPT_PER_REASON].tolist()
    ]
    wrong = timeless | nameless
    return events.some(~wrong), bad, int(wrong.sum())


def _base_ns(metadata: bytes) -> int | None:
    """Return what times are relative to, as PyTorch and viztracer write it."""
    found = _BASE.search(metadata)
    return min(int(found[1]), _LATEST) if found else None


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return ARRAY.cut(data)


FORMAT = Format(
    name="chrome-trace",
    title="Chrome trace events",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
