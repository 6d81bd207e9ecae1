"""Answers of Grafana Tempo's search (``/api/search``): of each trace its root, and what matched.

A trace is a record. Its root is a row without an id of its own, which the answer does not tell;
how long the root took is how long the trace took, in whole milliseconds. Spans that matched the
query are rows as far as the query selected their attributes. Whole traces are
``/api/traces/{id}``, which is OTLP.

Checked: pkg/tempopb/tempo.proto of grafana/tempo (TraceSearchMetadata, SpanSet, Span; ``spanSet``
is the first of ``spanSets``), issue 4723 (trace ids without their leading zeros), issue 1476 (a
root that has not been received).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.traces import ids
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.jaeger_collector import Collector, parsed
from perfkit.formats.traces.jaeger_notes import CUT_OFF
from perfkit.formats.traces.span_rows import Row, SpanTables, span_tables
from perfkit.formats.traces.whole import combine
from perfkit.recording import Note
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FORMAT"]

_TRACES = rb'"traces"\s*:\s*\['
_BEGIN = re.compile(rb"\A\s*\{.*?" + _TRACES, re.DOTALL)
_KEYS = re.compile(rb'"(traceID|rootServiceName|rootTraceName|startTimeUnixNano|durationMs)"\s*:')
#: What is unknown is left out: a trace without a root has its id and when it began.
_ENOUGH = 3
_MS = 1_000_000  # ns
_UNKNOWN = "<root span not yet received>"
_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
_NOTE = Note(
    kind="partial_traces",
    message="a search of Tempo tells the roots of traces and the spans that matched, no others: "
    "load the traces themselves (/api/traces/<id>) to see where their time goes",
)
_NOTHING = facts({})


class _Span(msgspec.Struct, gc=False):
    spanID: str = ""  # noqa: N815 - the format's own names, here and below
    name: str = ""
    startTimeUnixNano: int | str | None = None  # noqa: N815
    durationNanos: int | str | None = None  # noqa: N815
    attributes: msgspec.Raw = msgspec.Raw(b"[]")


class _SpanSet(msgspec.Struct, gc=False):
    spans: list[_Span] = []


class _Trace(msgspec.Struct, gc=False):
    traceID: str  # noqa: N815
    rootServiceName: str = ""  # noqa: N815
    rootTraceName: str = ""  # noqa: N815
    startTimeUnixNano: int | str | None = None  # noqa: N815
    durationMs: int | float | str | None = None  # noqa: N815
    spanSets: list[_SpanSet] | None = None  # noqa: N815
    spanSet: _SpanSet | None = None  # noqa: N815

    def spans(self) -> Iterable[_Span]:
        """Return the spans that matched, each once."""
        sets = [*(self.spanSets or ()), *((self.spanSet,) if self.spanSet else ())]
        return {span.spanID: span for one in reversed(sets) for span in one.spans}.values()


def _is_trace(element: Mapping[str, msgspec.Raw]) -> bool:
    return "traceID" in element


_ARRAY = Array(_TRACES, _Trace, _is_trace)


def recognises(head: bytes) -> Recognition:
    """Recognise a list of traces with their roots."""
    sure = _BEGIN.match(head) is not None and len({*_KEYS.findall(head)}) >= _ENOUGH
    return Recognition(confidence=0.97 if sure else 0.0, reason="traces that Tempo's search found")


def parse(chunk: Chunk) -> Parsed:
    """Parse an answer; self time is left to :func:`.whole.combine`."""
    found = _ARRAY.read(chunk)
    reader = _Reader()
    for trace, line in zip(found.items, found.lines, strict=True):
        reader.add(trace, line)
    for bad in found.rejected:
        reader.lose(bad.reason, bad.text.encode(), bad.line)
    ended = found.ended or not chunk.last
    notes = (_NOTE, *found.notes, *[CUT_OFF] * (not ended))
    return parsed(reader, lines=found.count, irrelevant=reader.empty, notes=notes)


class _Reader(Collector):
    """Makes rows of roots and of spans that matched."""

    def __init__(self) -> None:
        super().__init__()
        self.empty = 0
        self._rows: list[Row] = []

    def tables(self) -> SpanTables:
        """Return the tables of the spans."""
        return span_tables(self._rows)

    def add(self, trace: _Trace, line: int) -> None:
        identifier = ids.from_hex(trace.traceID, ids.TRACE_DIGITS)
        if identifier is None:
            self.lose("a trace without a valid id", trace.traceID.encode(), line)
            return
        matched = [_matched(span, identifier, line) for span in trace.spans()]
        rows = [row for row in matched if row is not None]
        root = _root(trace, identifier, line)
        if root is not None:
            place = next((n for n, row in enumerate(rows) if _is_root(row, root)), None)
            rows = [root, *rows] if place is None else _named(rows, place, root)
        self._rows += rows
        self.empty += not rows


def _root(trace: _Trace, identifier: str, line: int) -> Row | None:
    """Return the root of a trace; None: it has not been received."""
    service = trace.rootServiceName
    if service == _UNKNOWN or not (service or trace.rootTraceName):
        return None
    return Row(
        trace_id=identifier,
        span_id=None,  # type: ignore[arg-type] # the answer does not tell it
        parent_id=None,
        service=service or None,
        name=trace.rootTraceName,
        kind=None,
        started_ns=_whole(trace.startTimeUnixNano),
        duration_ns=_whole(trace.durationMs or 0, _MS),  # 0 is left out
        error=None,
        line=line,
        facts=_NOTHING,
        attributes=b"{}",
    )


def _matched(span: _Span, trace: str, line: int) -> Row | None:
    """Return a span that matched the query; the query says which attributes are known."""
    identifier = ids.from_hex(span.spanID, ids.SPAN_DIGITS)
    if identifier is None:
        return None
    raw = bytes(span.attributes)
    said = decoded(raw)
    found, kind = facts(said), str(said.get("kind", ""))
    failed = said.get("status") == "error"
    text = said.get("statusMessage") or found.error or "error"
    return Row(
        trace_id=trace,
        span_id=identifier,
        parent_id=_parent(said),
        service=_text(said, "service.name", "resource.service.name"),
        name=span.name or str(said.get("name", "")),
        kind=kind if kind in _KINDS else None,
        started_ns=_whole(span.startTimeUnixNano),
        duration_ns=_whole(span.durationNanos or 0),
        error=str(text) if failed else None,
        line=line,
        facts=found,
        attributes=raw,
    )


def _is_root(row: Row, root: Row) -> bool:
    """Say whether a span that matched is the root: it begins and lasts as the trace does."""
    same = row.started_ns == root.started_ns and row.name in {root.name, ""}
    rest = (row.duration_ns or 0) - (root.duration_ns or 0)
    return same and 0 <= rest < _MS


def _named(rows: list[Row], place: int, root: Row) -> list[Row]:
    """Give the root among ``rows`` the names that the trace has for it."""
    row = rows[place]
    own = row._replace(service=row.service or root.service, name=row.name or root.name)
    return [*rows[:place], own, *rows[place + 1 :]]


def _parent(said: Mapping[str, Any]) -> str | None:
    found = ids.from_hex(str(said.get("parentID", "")), ids.SPAN_DIGITS)
    return found if found and found.strip("0") else None


def _text(said: Mapping[str, Any], *names: str) -> str | None:
    return next((str(said[name]) for name in names if said.get(name)), None)


def _whole(value: float | str | None, unit: int = 1) -> int | None:
    """Return ``value`` units as nanoseconds that fit the table's type."""
    try:
        ns = (int(value) if isinstance(value, str) else round(value or 0)) * unit
    except (ValueError, OverflowError):
        return None
    return ns if value is not None and 0 <= ns < 1 << 63 else None


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return _ARRAY.cut(data)


FORMAT = Format(
    name="tempo-search",
    title="Grafana Tempo search results (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
