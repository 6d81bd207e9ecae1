"""Jaeger's spans of one chunk -> columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.traces import ids
from perfkit.formats.traces.jaeger_collector import Collector
from perfkit.formats.traces.jaeger_columns import Known, columns
from perfkit.formats.traces.jaeger_memory import OF_DOCUMENTS, OF_TRACES, Chosen, binary
from perfkit.formats.traces.jaeger_model import NOTHING, Span, Trace
from perfkit.formats.traces.jaeger_tags import Emitter, process_of
from perfkit.formats.traces.span_columns import SpanTables, column_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Reader"]

_NO_ID = "a span without a valid id"
_NOBODY = 0
_BETWEEN = b"\0"  # no JSON has it
_NULL = b"null"


class Reader(Collector):
    """Collects traces, then makes columns of their spans."""

    def __init__(self, *, texts: bool = False) -> None:
        """Know nothing yet; ``texts``: the values of tags are texts, as in Elasticsearch."""
        super().__init__()
        self._texts = texts
        self._spans: list[Span] = []
        self._traces: list[str] = []
        self._lines: list[int] = []
        self._by: list[int] = []
        self._emitters = [Emitter(None, None)]
        self._places: dict[bytes, int] = {}

    def add(self, trace: Trace, line: int = 0) -> None:
        """Add the spans of a trace; ``line``: the line they are in (0: each is a record)."""
        spans, first = trace.spans, self.count + 1
        self.counts.warn(trace.warnings)
        self.count += len(spans)
        self._spans += spans
        self._traces += [span.traceID or trace.traceID for span in spans]
        self._lines += [line] * len(spans) if line else range(first, self.count + 1)
        self._by += self._emitted(trace.processes or {}, spans)

    def tables(self) -> SpanTables:
        """Return the tables of the spans that have valid ids."""
        own = ids.column([span.spanID for span in self._spans], ids.SPAN_DIGITS)
        trace = ids.column(self._traces, ids.TRACE_DIGITS)
        by, line = np.array(self._by, np.int64), pa.array(self._lines, pa.int64())
        valid = pc.and_(own.is_valid(), trace.is_valid())
        if pc.all(valid).as_py() is False:
            own, trace, line = own.filter(valid), trace.filter(valid), line.filter(valid)
            by = by[valid.to_numpy(zero_copy_only=False)]
            self._leave_out(valid.to_pylist())
        for span in self._spans:
            if span.warnings:
                self.counts.warn(span.warnings)
        told, attributes = self._told()
        known = Known(self._spans, own, trace, line, told, Chosen(self._emitters, by), attributes)
        return column_tables(columns(known))

    def _leave_out(self, valid: Sequence[bool]) -> None:
        """Leave out the spans without valid ids."""
        spans, self._spans = self._spans, []
        for span, line, is_valid in zip(spans, self._lines, valid, strict=True):
            if is_valid:
                self._spans.append(span)
            else:
                self.lose(_NO_ID, msgspec.json.encode(span), line)

    def _told(self) -> tuple[Chosen, pa.Array]:
        """Return what the spans' tags say, and the tags for the table."""
        raw = binary([span.tags for span in self._spans])
        if self._texts:
            maps = binary([span.tag for span in self._spans])
            both = pc.binary_join_element_wise(raw, maps, _BETWEEN)
            told = OF_DOCUMENTS.told(both)
            raw = pa.array([one.attributes for one in told.values], pa.binary())
            raw = raw.take(pa.array(told.each))
        else:
            told = OF_TRACES.told(raw)
        self.shares.update(one.sampled for one in told.values if one.sampled is not None)
        return told, raw

    def _emitted(self, processes: Mapping[str, msgspec.Raw], spans: Sequence[Span]) -> list[int]:
        """Return which process each span is of: its own, or one of the trace's."""
        places: dict[str | None, int] = {
            key: self._emitter(bytes(raw)) for key, raw in processes.items()
        }
        return [
            places.get(span.processID, _NOBODY)
            if span.process is NOTHING or bytes(span.process) == _NULL
            else self._emitter(bytes(span.process))
            for span in spans
        ]

    def _emitter(self, raw: bytes) -> int:
        place = self._places.get(raw)
        if place is None:
            place = self._places[raw] = len(self._emitters)
            self._emitters.append(process_of(raw))
        return place
