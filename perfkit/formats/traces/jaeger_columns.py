"""Decoded spans of Jaeger -> the columns of a chunk, without a loop over spans but for lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.traces import ids
from perfkit.formats.traces.jaeger_model import Span, nanoseconds, parent_of
from perfkit.formats.traces.jaeger_tags import exception_in
from perfkit.formats.traces.span_columns import SpanColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.jaeger_memory import Chosen

__all__ = ["Known", "columns"]


class Known(NamedTuple):
    """Spans with valid ids and what is known of each.

    Attributes:
        spans: the spans.
        own: their ids, 16 digits each.
        trace: their traces' ids, 32 digits each.
        line: where they are.
        told: their :class:`.jaeger_tags.Told`.
        by: their :class:`.jaeger_tags.Emitter`.
        attributes: their tags, for the table.
    """

    spans: Sequence[Span]
    own: pa.StringArray
    trace: pa.StringArray
    line: pa.Int64Array
    told: Chosen
    by: Chosen
    attributes: pa.BinaryArray


def columns(known: Known) -> SpanColumns:
    """Return the columns of spans."""
    spans, told = known.spans, known.told
    return SpanColumns(
        trace_id=known.trace,
        span_id=known.own,
        parent_id=ids.parents(_written_parents(spans)),
        service=known.by.column("service"),
        name=pa.array([span.operationName for span in spans], pa.string()),
        kind=told.column("kind"),
        started_ns=_nanoseconds([span.startTime for span in spans]),
        duration_ns=_nanoseconds([span.duration for span in spans]),
        error=_errors(spans, told),
        line=known.line,
        facts=[one.facts for one in told.values],
        fact=told.each.astype(np.int64),
        attributes=known.attributes,
        resource=known.by.column("resource"),
    )


def _written_parents(spans: Sequence[Span]) -> list[str]:
    """Return what :func:`.parent_of` does; nearly always there is one reference."""
    return [
        found[0].spanID
        if (found := span.references)
        and len(found) == 1
        and found[0].traceID == span.traceID
        and not span.parentSpanID
        else parent_of(span)
        for span in spans
    ]


def _nanoseconds(us: Sequence[Any]) -> pa.Int64Array:
    try:
        ns = pc.multiply_checked(pa.array(us, pa.int64()), 1000)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        ns = pa.array([nanoseconds(one) for one in us], pa.int64())
    return pc.if_else(pc.greater_equal(ns, 0), ns, pa.scalar(None, pa.int64()))


def _errors(spans: Sequence[Span], told: Chosen) -> pa.StringArray:
    failed = np.array([one.failed for one in told.values], np.bool_)
    texts: list[str | None] = [None] * len(spans)
    for row in np.flatnonzero(failed[told.each]).tolist():
        texts[row] = told.values[told.each[row]].error(exception_in(spans[row].logs))
    return pa.array(texts, pa.string())
