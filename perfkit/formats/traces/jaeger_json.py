"""Jaeger's traces as its query service and its UI give them (JSON).

Line numbers of a document are the numbers of its spans; of JSON lines, those of the lines.

Checked: ``/api/traces`` and ``/api/traces/{id}`` (internal/uimodel/model.go of
jaegertracing/jaeger), and the UI's upload, which takes the same, one document or one a line
(packages/jaeger-ui/src/utils/readJsonFile.tsx of jaegertracing/jaeger-ui).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import HEAD_BYTES, Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.traces import jaeger_notes
from perfkit.formats.traces.jaeger_collector import parsed
from perfkit.formats.traces.jaeger_lines import is_lines, parse_lines
from perfkit.formats.traces.jaeger_notes import CUT_OFF
from perfkit.formats.traces.jaeger_reader import Reader
from perfkit.formats.traces.jaeger_traces import TRACES, read_document, read_pieces
from perfkit.formats.traces.uncollected import uncollected
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FORMAT"]

_SPANS = re.compile(rb'"spans"\s*:\s*\[')
_KEYS = re.compile(rb'"(traceID|spanID|operationName)"\s*:\s*"')
_NO_SPANS = re.compile(rb'\A\s*\{\s*"data"\s*:\s*(?:\[\s*\]|null)\s*,\s*"total"\s*:')
_DISTINCT = 3

#: What the search of Jaeger's UI returns unless asked for more.
_SEARCH_LIMIT = 20


def recognises(head: bytes) -> Recognition:
    """Recognise the names of Jaeger's fields, which no other format spells like this."""
    if head.lstrip()[:1] not in {b"{", b"["}:
        return Recognition(confidence=0.0)
    if _NO_SPANS.match(head):
        return Recognition(confidence=0.9, reason="an answer of Jaeger without traces")
    found = _SPANS.search(head) and len({*_KEYS.findall(head)}) == _DISTINCT
    return Recognition(confidence=0.97 if found else 0.0, reason="JSON with Jaeger's spans")


def cut(data: bytes) -> int:
    """Divide JSON lines behind a line, an array of traces behind a trace, one trace nowhere."""
    if is_lines(data):
        return cut_at_line(data)
    if len(data) < HEAD_BYTES and b"\n" not in data:
        return 0
    within = data[:HEAD_BYTES].lstrip()[:1] in {b",", b"]"}
    return TRACES.cut(data) if within or TRACES.begins_in(data[:HEAD_BYTES]) else 0


def parse(chunk: Chunk) -> Parsed:
    """Parse traces; duplicates and self time are left to :func:`.whole.combine`."""
    reader = Reader()
    with uncollected():
        if is_lines(chunk.data, alone=chunk.first and chunk.last):
            return parse_lines(chunk.data, reader, read_document)
        read = _read_array if TRACES.begins_in(chunk.head) else _read_trace
        notes = list(read(chunk, reader))
        return parsed(reader, lines=reader.count, notes=notes)


def _read_array(chunk: Chunk, reader: Reader) -> Iterator[Note]:
    """Read the traces of a chunk at once, or one by one where that cannot be."""
    found = TRACES.read(chunk)
    yield from found.notes
    if found.rejected:
        ended = read_pieces(reader, to_utf8(chunk.data)[0], first=chunk.first)
    else:
        for trace in found.items:
            reader.add(trace)
        ended = found.ended
        if TRACES.begins_in(found.after):  # another document on the next line
            ended = read_pieces(reader, found.after)
    if chunk.last and not ended:
        yield CUT_OFF


def _read_trace(chunk: Chunk, reader: Reader) -> Iterator[Note]:
    data, notes = to_utf8(chunk.data)
    yield from notes
    if data.strip() and not read_document(reader, data):
        yield CUT_OFF


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Do as every trace format, and say when as many traces are there as a search returns."""
    found = jaeger_notes.combine(parts)
    if "spans" not in found.tables:
        return found
    traces = pc.count_distinct(found.tables["spans"]["trace_id"]).as_py()
    if traces != _SEARCH_LIMIT:
        return found
    message = (
        f"{traces} traces are what a search in Jaeger returns unless asked for more: "
        "there may be others that match"
    )
    return replace(found, notes=(*found.notes, Note(kind="export_limit", message=message)))


FORMAT = Format(
    name="jaeger-ui",
    title="Jaeger traces (JSON of the UI and the query service)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
