"""Zipkin's spans, version 1: annotations and binary annotations, both halves of a call in one.

One span with both halves becomes two rows with the same id, as Zipkin itself divides them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.traces.zipkin_fragments import combine
from perfkit.formats.traces.zipkin_halves import Half, halves
from perfkit.formats.traces.zipkin_model import Span1, Span2, has_ids
from perfkit.formats.traces.zipkin_parse import parse as parse_spans
from perfkit.formats.traces.zipkin_stream import Stream, first_spans

__all__ = ["FORMAT"]

_stream = Stream(Span1)
_encode = msgspec.json.Encoder().encode


def recognises(head: bytes) -> Recognition:
    """Recognise objects with the ids of a span and annotations that have endpoints."""
    if b'"traceId"' not in head or b"nnotations" not in head:
        return Recognition(confidence=0.0)
    sure = any(map(_version_1, first_spans(head)))
    return Recognition(confidence=0.95 if sure else 0.0, reason="spans of Zipkin's version 1")


def _version_1(span: dict[str, Any]) -> bool:
    if "localEndpoint" in span or not has_ids(span):
        return False
    noted = [*_listed(span, "annotations"), *_listed(span, "binaryAnnotations")]
    return "binaryAnnotations" in span or any("endpoint" in one for one in noted)


def _listed(span: dict[str, Any], key: str) -> list[dict[str, Any]]:
    values = span.get(key)
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def parse(chunk: Chunk) -> Parsed:
    """Parse spans; what is repeated, and self time, is left to :func:`combine`."""
    return parse_spans(chunk, _stream, _halves)


def _halves(span: Span1) -> list[Span2]:
    return [_version_2(span, half) for half in halves(span)]


def _version_2(span: Span1, half: Half) -> Span2:
    return Span2(
        traceId=span.traceId,
        id=span.id,
        parentId=span.parentId,
        kind=half.kind,
        name=span.name,
        timestamp=half.timestamp,
        duration=half.duration,
        localEndpoint=_raw(half.local),
        remoteEndpoint=_raw(half.remote),
        annotations=_raw(half.annotations),
        tags=_raw(half.tags),
        shared=half.shared,
    )


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return _stream.cut(data)


FORMAT = Format(
    name="zipkin-v1",
    title="Zipkin spans (JSON, version 1)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
