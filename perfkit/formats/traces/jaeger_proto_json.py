"""Jaeger's spans as protobuf's JSON has them: gRPC answers (grpcurl), Kafka messages, fixtures.

A trace or batch (``{"spans": [...]}``), the request that brought it (``{"batch": {...}}``), a
span, a list of any, several below each other, or one a line. Line numbers of documents are the
numbers of their spans; of JSON lines, those of the lines.

Checked: proto-gen/api_v2 (PostSpansRequest, SpansResponseChunk) and model.proto of
jaegertracing/jaeger-idl, the JSON encoding of the Kafka storage of jaegertracing/jaeger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.json_scan import Scan
from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.jaeger_collector import parsed
from perfkit.formats.traces.jaeger_lines import is_lines, parse_lines
from perfkit.formats.traces.jaeger_notes import CUT_OFF, combine
from perfkit.formats.traces.jaeger_proto_reader import ProtoReader

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_KEYS = re.compile(rb'"(traceId|spanId|operationName|startTime)"\s*:\s*"')
_ALL_KEYS = 4
_VALUE = re.compile(rb"\s*[\[{]")


def recognises(head: bytes) -> Recognition:
    """Recognise the names of the fields of ``jaeger.api_v2.Span`` (OTLP has no operationName)."""
    if not _VALUE.match(head):
        return Recognition(confidence=0.0)
    sure = len({*_KEYS.findall(head)}) == _ALL_KEYS
    return Recognition(confidence=0.96 if sure else 0.0, reason="Jaeger spans in protobuf JSON")


def cut(data: bytes) -> int:
    """Divide JSON lines behind a line, a document nowhere."""
    return cut_at_line(data) if is_lines(data) else 0


def parse(chunk: Chunk) -> Parsed:
    """Parse spans; duplicates and self time are left to :func:`.whole.combine`."""
    reader = ProtoReader()
    if is_lines(chunk.data, alone=chunk.first and chunk.last):
        return parse_lines(chunk.data, reader, ProtoReader.add)
    data, notes = to_utf8(chunk.data)
    ended = True
    for begin, end, whole in Scan(data, 0, _holds_spans):
        if whole:
            reader.add(data[begin:end])
        else:
            ended = _read_broken(data[begin:end], reader) and ended
    return parsed(reader, lines=reader.count, notes=(*notes, *[CUT_OFF] * (not ended)))


def _read_broken(data: bytes, reader: ProtoReader) -> bool:
    """Read the spans of a document that is no JSON as far as they are; return whether all are."""
    found = _SPANS.read(Chunk.whole(data))
    reader.add_spans(found.items)
    for bad in found.rejected:
        reader.reject(bad.reason, bad.text.encode(), 0)
    return found.ended


def _holds_spans(value: Mapping[str, msgspec.Raw]) -> bool:
    return "spans" in value or _is_span(value)


def _is_span(value: Mapping[str, msgspec.Raw]) -> bool:
    return "spanId" in value and "refType" not in value and "operationName" in value


_SPANS = Array(rb'"spans"\s*:\s*\[', msgspec.Raw, _is_span)

FORMAT = Format(
    name="jaeger-proto-json",
    title="Jaeger spans (JSON of protobuf)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
