"""Jaeger's spans as they are stored in Elasticsearch or OpenSearch, one document a span.

JSON lines (``elasticdump``: ``{"_index": ..., "_source": S}``, bulk requests, plain documents)
or one answer of a search (``{"hits": {"hits": [...]}}``), a list, or one document. Line numbers of
those are the numbers of the spans.

Checked: internal/storage/v2/elasticsearch/tracestore/core/dbmodel (model.go, to_domain.go,
dot_replacer.go) of jaegertracing/jaeger; its anonymizer writes a list of the same spans.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import HEAD_BYTES, Chunk, Format, Parsed, Recognition
from perfkit.formats.traces.jaeger_collector import parsed
from perfkit.formats.traces.jaeger_lines import is_lines, parse_lines
from perfkit.formats.traces.jaeger_model import BROKEN, Span, Trace
from perfkit.formats.traces.jaeger_notes import CUT_OFF, combine
from perfkit.formats.traces.jaeger_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_KEYS = re.compile(rb'"(traceID|spanID|operationName|startTime|process)"\s*:\s*["{0-9]')
_ALL_KEYS = 5
_OF_ANOTHER = re.compile(rb'"spans"\s*:\s*\[')
_BEGINS = rb'(?:\A\s*|"hits"\s*:\s*)\['
_MS = 1000  # microseconds


class _Document(Span, gc=False):
    """A span, or what Elasticsearch puts around it."""

    spanID: str = ""  # noqa: N815 - the format's own names
    startTimeMillis: int | float | str | None = None  # noqa: N815
    source: Span | None = msgspec.field(default=None, name="_source")

    def span(self) -> Span | None:
        """Return the span; None: it is something else, such as the action of a bulk request."""
        return self.source or (self if self.spanID or self.operationName else None)


def _is_document(element: Mapping[str, msgspec.Raw]) -> bool:
    return "_source" in element or ("spanID" in element and "refType" not in element)


_DOCUMENTS = Array(_BEGINS, _Document, _is_document)
_one = msgspec.json.Decoder(_Document)
_many = msgspec.json.Decoder(list[_Document])


def recognises(head: bytes) -> Recognition:
    """Recognise spans that have their process with them."""
    if head.lstrip()[:1] not in {b"{", b"["} or _OF_ANOTHER.search(head):
        return Recognition(confidence=0.0)
    sure = len({*_KEYS.findall(head)}) == _ALL_KEYS
    return Recognition(confidence=0.96 if sure else 0.0, reason="documents with Jaeger's spans")


def cut(data: bytes) -> int:
    """Divide JSON lines behind a line, an array behind a document, one document nowhere."""
    if is_lines(data):
        return cut_at_line(data)
    if len(data) < HEAD_BYTES and b"\n" not in data:
        return 0
    within = data[:HEAD_BYTES].lstrip()[:1] in {b",", b"]"}
    return _DOCUMENTS.cut(data) if within or _DOCUMENTS.begins_in(data[:HEAD_BYTES]) else 0


def parse(chunk: Chunk) -> Parsed:
    """Parse documents; duplicates and self time are left to :func:`.whole.combine`."""
    reader = Reader(texts=True)
    if is_lines(chunk.data, alone=chunk.first and chunk.last):
        return parse_lines(chunk.data, reader, _read_line)
    if not _DOCUMENTS.begins_in(chunk.head):
        return _parse_one(chunk, reader)
    found = _DOCUMENTS.read(chunk)
    _add(found.items, reader)
    for bad in found.rejected:
        reader.reject(bad.reason, bad.text.encode(), 0)
    cut_off = chunk.last and not found.ended
    notes = (*found.notes, *[CUT_OFF] * cut_off)
    return parsed(reader, lines=reader.count, notes=notes)


def _read_line(reader: Reader, data: bytes, line: int) -> None:
    try:
        is_list = data.lstrip()[:1] == b"["
        documents = _many.decode(data) if is_list else [_one.decode(data)]
    except msgspec.ValidationError:
        reader.reject("its values are of other types than they should be", data, line)
    except BROKEN:
        reader.reject("it is not JSON, or cut off", data, line)
    else:
        _add(documents, reader, line)


def _parse_one(chunk: Chunk, reader: Reader) -> Parsed:
    if chunk.data.strip():
        _read_line(reader, chunk.data, 0)
    return parsed(reader, lines=max(reader.count, bool(chunk.data.strip())))


def _add(documents: list[_Document], reader: Reader, line: int = 0) -> None:
    spans = [span for document in documents if (span := document.span()) is not None]
    reader.add(Trace(spans), line)


FORMAT = Format(
    name="jaeger-elasticsearch",
    title="Jaeger spans stored in Elasticsearch or OpenSearch",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
