"""Decoded OTLP spans of one chunk -> columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.traces import ids
from perfkit.formats.traces.conventions import service
from perfkit.formats.traces.otlp_attributes import Lists, attributes
from perfkit.formats.traces.span_columns import SpanColumns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.formats.traces.conventions import Facts
    from perfkit.formats.traces.otlp_model import ResourceSpans, Span
    from perfkit.span_ids import Flags, Ints

__all__ = ["Reader"]

_KINDS = ("internal", "server", "client", "producer", "consumer")
_KIND: dict[int | str, int] = {
    written: place
    for place, name in enumerate(_KINDS)
    for written in (place + 1, str(place + 1), name, name.title(), f"SPAN_KIND_{name.upper()}")
}
_FAILED = frozenset({2, "2", "STATUS_CODE_ERROR", "ERROR", "Error"})
_LARGEST = (1 << 63) - 1
_NO_RESOURCE = b"[]"

#: What lists say is remembered from chunk to chunk of a process.
_lists = Lists()


class Reader:
    """Collects the spans of one chunk, then makes columns of them.

    ``met`` counts what is left out or was dropped (:data:`.whole.COUNTED`); ``lost`` are the lines
    none of whose spans has valid ids.
    """

    def __init__(self, *, base64: bool | None) -> None:
        """Read ids as base64 or as hexadecimal digits; None: as the first that tells."""
        self.base64 = base64
        self.met: Counter[str] = Counter()
        self.lost: Ints = np.zeros(0, np.int64)
        self._spans: list[Span] = []
        self._runs: list[tuple[int, int, int]] = []  # which resource, the line, how many spans
        self._resources: dict[bytes, int] = {}

    def __len__(self) -> int:
        """Return how many spans were collected."""
        return len(self._spans)

    def add(self, resources: Iterable[ResourceSpans], line: int) -> None:
        """Collect the spans of an export; ``line`` 0: every span is a record of its own."""
        for item in resources:
            raw = bytes(item.resource.attributes) if item.resource else _NO_RESOURCE
            which = self._resources.setdefault(raw, len(self._resources))
            for scope in item.scopes():
                self._spans += scope.spans
                self._runs.append((which, line, len(scope.spans)))

    def columns(self) -> SpanColumns:
        """Return the spans that have valid ids."""
        spans = self._spans
        if self.base64 is None:
            self.base64 = ids.in_base64(span.traceId for span in spans)
        trace, own = self._ids([s.traceId for s in spans], [s.spanId for s in spans])
        known = pc.and_(trace.is_valid(), own.is_valid())
        if pc.all(known).as_py() is False:
            chosen = np.flatnonzero(known)
            self.met["broken_spans"] += len(spans) - len(chosen)
            spans = [spans[place] for place in chosen.tolist()]
            trace, own = trace.filter(known), own.filter(known)
        self._count_dropped(spans)
        return self._columns(spans, trace, own, known.to_numpy(zero_copy_only=False))

    def _columns(
        self, spans: Sequence[Span], trace: pa.Array, own: pa.Array, known: Flags
    ) -> SpanColumns:
        resource, line = self._placed(known)
        described = list(map(attributes, self._resources))
        lists = _binary([span.attributes for span in spans])
        facts, fact = _lists.read(lists)
        start = _moments([span.startTimeUnixNano for span in spans])
        end = _moments([span.endTimeUnixNano for span in spans])
        return SpanColumns(
            trace_id=trace,
            span_id=own,
            parent_id=ids.parents([s.parentSpanId for s in spans], base64=bool(self.base64)),
            service=_chosen(map(service, described), resource),
            name=pa.array([span.name for span in spans], pa.string()),
            kind=_kinds([span.kind for span in spans]),
            started_ns=start,
            duration_ns=_durations(start, end),
            error=_errors(spans, facts, fact),
            line=pa.array(line),
            facts=facts,
            fact=fact,
            attributes=lists,
            resource=_chosen(map(_compact, described), resource),
        )

    def _ids(self, traces: list[str], own: list[str]) -> tuple[pa.Array, pa.Array]:
        base64 = bool(self.base64)
        return (
            ids.column(traces, ids.TRACE_DIGITS, base64=base64),
            ids.column(own, ids.SPAN_DIGITS, base64=base64),
        )

    def _placed(self, known: Flags) -> tuple[Ints, Ints]:
        """Return the resource and the line of each span that is kept."""
        runs = np.array(self._runs, np.int64).reshape(-1, 3)
        resource = np.repeat(runs[:, 0], runs[:, 2])[known]
        every = np.repeat(runs[:, 1], runs[:, 2])
        line = every[known]
        self.lost = np.setdiff1d(every, line)
        return resource, np.where(line == 0, np.arange(1, len(line) + 1), line)

    def _count_dropped(self, spans: Iterable[Span]) -> None:
        self.met["dropped_data"] += sum(
            1
            for span in spans
            if span.droppedAttributesCount or span.droppedEventsCount or span.droppedLinksCount
        )


def _binary(raw: Sequence[msgspec.Raw]) -> pa.BinaryArray:
    """Put undecoded values behind each other: each is copied once."""
    data = b"".join(raw)
    lengths = np.fromiter(map(len, raw), np.int64, len(raw))
    offsets = np.zeros(len(raw) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(raw), buffers)


def _chosen(values: Iterable[str | None], which: Ints) -> pa.DictionaryArray:
    words = pa.array(list(values), pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(pa.array(which)), words.dictionary)


def _compact(described: dict[str, Any]) -> str | None:
    """Return a resource as one JSON object, None when it says nothing."""
    return msgspec.json.encode(described).decode() if described else None


def _kinds(kinds: Sequence[int | str]) -> pa.DictionaryArray:
    places = pa.array(list(map(_KIND.get, kinds)), pa.int32())
    return pa.DictionaryArray.from_arrays(places, pa.array(_KINDS))


def _moments(values: list[int | None]) -> pa.Int64Array:
    """Return nanoseconds since 1970 that fit the table's type."""
    try:
        found = pa.array(values, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        bounded = [None if v is None or v > _LARGEST else max(v, -1) for v in values]
        found = pa.array(bounded, pa.int64())
    return pc.if_else(pc.less(found, 0), None, found)


def _durations(start: pa.Int64Array, end: pa.Int64Array) -> pa.Int64Array:
    """Return nanoseconds; a span that has not ended has end 0."""
    ended = pc.and_(pc.greater_equal(end, start), pc.greater(end, 0))
    return pc.if_else(ended, pc.subtract(end, start), None)


def _errors(spans: Sequence[Span], facts: Sequence[Facts], fact: Ints) -> pa.StringArray:
    """Return why spans failed: their status, the last exception, or what attributes say."""
    found: list[str | None] = [None] * len(spans)
    states = [span.status for span in spans]
    told = [row for row, state in enumerate(states) if state is not None and state.code]
    for row in told:
        span, state = spans[row], states[row]
        if state is not None and state.code in _FAILED:
            said = state.message or _exception(span.events) or facts[fact[row]].error
            found[row] = said or "error"
    return pa.array(found, pa.string())


class _Event(msgspec.Struct, gc=False):
    name: str = ""
    attributes: msgspec.Raw = msgspec.Raw(b"[]")


_events = msgspec.json.Decoder(list[_Event])


def _exception(raw: msgspec.Raw) -> str | None:
    """Return ``type: message`` of the last exception among a span's events."""
    try:
        events = _events.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for event in reversed(events):
        if event.name == "exception":
            said = attributes(bytes(event.attributes))
            parts = (said.get("exception.type"), said.get("exception.message"))
            return ": ".join(str(part) for part in parts if part) or None
    return None
