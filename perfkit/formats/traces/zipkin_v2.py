"""Zipkin's spans, version 2: what its API, its UI and its reporters write as JSON.

A call's client and server may report one span each under the same id (``shared``): both are
kept, and :mod:`perfkit.span_tree` hangs the server's half below the client's.
"""

from __future__ import annotations

from typing import Any

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.traces.zipkin_fragments import combine
from perfkit.formats.traces.zipkin_model import Span2, has_ids
from perfkit.formats.traces.zipkin_parse import parse as parse_spans
from perfkit.formats.traces.zipkin_stream import Stream, first_spans

__all__ = ["FORMAT"]

_KEYS = frozenset(Span2.__struct_fields__) | {"debug"}
_stream = Stream(Span2)


def recognises(head: bytes) -> Recognition:
    """Recognise objects with the ids of a span, and endpoints or no keys but a span's."""
    if b'"traceId"' not in head:
        return Recognition(confidence=0.0)
    sure = any(map(_version_2, first_spans(head)))
    return Recognition(confidence=0.95 if sure else 0.0, reason="spans of Zipkin")


def _version_2(span: dict[str, Any]) -> bool:
    if "binaryAnnotations" in span or not has_ids(span):
        return False
    if isinstance(span.get("localEndpoint"), dict):
        return True
    noted = span.get("annotations")
    old = isinstance(noted, list) and any(isinstance(a, dict) and "endpoint" in a for a in noted)
    timed = isinstance(span.get("timestamp"), int | float | None)
    return span.keys() <= _KEYS and "name" in span and timed and not old


def parse(chunk: Chunk) -> Parsed:
    """Parse spans; what is repeated, and self time, is left to :func:`combine`."""
    return parse_spans(chunk, _stream, lambda span: (span,))


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return _stream.cut(data)


FORMAT = Format(
    name="zipkin-v2",
    title="Zipkin spans (JSON, version 2)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
