"""Spans of Jaeger's protobuf JSON -> rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.traces import ids
from perfkit.formats.traces.jaeger_collector import Collector
from perfkit.formats.traces.jaeger_model import BROKEN
from perfkit.formats.traces.jaeger_proto_model import (
    Batch,
    Document,
    Process,
    Span,
    duration_ns,
    epoch_ns,
    identified,
    values,
)
from perfkit.formats.traces.jaeger_tags import Emitter, emitter, exception_among, told_by
from perfkit.formats.traces.span_rows import Row, SpanTables, span_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ProtoReader"]

_NO_JSON = "it is not JSON, or cut off"
_WRONG_TYPES = "its values are of other types than they should be"
_NO_ID = "a span without a valid id"
_FOLLOWS = frozenset({"FOLLOWS_FROM", 1})
_document = msgspec.json.Decoder(Document)
_span = msgspec.json.Decoder(Span)


class ProtoReader(Collector):
    """Collects spans of any of the packings that protobuf has for them."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._rows: list[Row] = []

    def tables(self) -> SpanTables:
        """Return the tables of the spans."""
        return span_tables(self._rows)

    def add(self, data: bytes, line: int = 0) -> None:
        """Add the spans of one JSON value; ``line``: where it is (0: each span is a record)."""
        try:
            found = _document.decode(data)
        except BROKEN as error:
            wrong = isinstance(error, msgspec.ValidationError)
            self.reject(_WRONG_TYPES if wrong else _NO_JSON, data, line)
            return
        if found.spanId is not None:
            self._add_span(data, {}, None, line)
        for batch in (found, found.batch, found.result):
            self._add_batch(batch, line)

    def add_spans(self, raws: Iterable[msgspec.Raw]) -> None:
        """Add spans of an unknown batch; each is a record."""
        for raw in raws:
            self._add_span(bytes(raw), {}, None, 0)

    def _add_batch(self, batch: Batch | None, line: int) -> None:
        if batch is None or batch.spans is None:
            return
        self.counts.warn(batch.warnings)
        processes = {
            one.processId: _emitter(one.process) for one in batch.processMap or () if one.process
        }
        for raw in batch.spans:
            self._add_span(
                bytes(raw), processes, _emitter(batch.process) if batch.process else None, line
            )

    def _add_span(
        self, raw: bytes, processes: Mapping[str, Emitter], default: Emitter | None, line: int
    ) -> None:
        try:
            span = _span.decode(raw)
        except BROKEN:
            self.reject(_WRONG_TYPES, raw, line)
            return
        trace = identified(span.traceId, ids.TRACE_DIGITS)
        own = identified(span.spanId, ids.SPAN_DIGITS)
        if trace is None or own is None:
            self.reject(_NO_ID, raw, line)
            return
        self.count += 1
        self.counts.warn(span.warnings)
        by = (
            _emitter(span.process) if span.process else processes.get(span.processId or "", default)
        )
        self._rows.append(self._row(span, (trace, own), by or Emitter(None, None), line))

    def _row(self, span: Span, known: tuple[str, str], by: Emitter, line: int) -> Row:
        tags = values(span.tags)
        told = told_by(tags)
        if told.sampled is not None:
            self.shares.add(told.sampled)
        return Row(
            trace_id=known[0],
            span_id=known[1],
            parent_id=_parent(span, known[0]),
            service=by.service,
            name=span.operationName,
            kind=told.kind,
            started_ns=epoch_ns(span.startTime),
            duration_ns=duration_ns(span.duration),
            error=told.error(exception_among(values(log.fields) for log in span.logs or ())),
            line=line or self.count,
            facts=told.facts,
            attributes=msgspec.json.encode(tags),
            resource=by.resource,
        )


def _emitter(process: Process) -> Emitter:
    return emitter(process.serviceName, values(process.tags))


def _parent(span: Span, trace: str) -> str | None:
    """Return the parent's id: see :func:`.jaeger_model.parent_of`."""
    follows = None
    for reference in span.references or ():
        if identified(reference.traceId, ids.TRACE_DIGITS) != trace:
            continue
        found = identified(reference.spanId, ids.SPAN_DIGITS)
        if reference.refType not in _FOLLOWS:
            return found if found and found.strip("0") else None
        follows = follows or found
    return follows
