"""OpenTelemetry traces as OTLP/JSON: JSON lines of the collector's file exporter, or documents.

Line numbers of a document (JSON over several lines) are the numbers of its spans.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.formats.lines import line_starts
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.formats.traces import ids, otlp_cuts, otlp_lines
from perfkit.formats.traces.otlp_reader import Reader
from perfkit.formats.traces.span_columns import column_tables
from perfkit.formats.traces.uncollected import uncollected
from perfkit.formats.traces.whole import Carry, combine
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.span_ids import Ints

__all__ = ["FORMAT"]

_PARTS = re.compile(
    rb'"(?:scopeSpans|scope_spans|instrumentationLibrarySpans|instrumentation_library_spans|spans)"'
    rb"\s*:"
)
_BASE64 = Note(
    kind="base64_ids",
    message="ids are base64 (protobuf's JSON); they were turned into hexadecimal",
)
_TRUNCATED = Note(
    kind="truncated", message="the file is cut off: its spans were read as far as they are whole"
)


def recognises(head: bytes) -> Recognition:
    """Recognise ``resourceSpans`` (or an older name) with the spans of a scope in it."""
    if head.lstrip()[:1] not in {b"{", b"["} or not otlp_cuts.BEGINS.search(head):
        return Recognition(confidence=0.0)
    sure = 0.98 if _PARTS.search(head) else 0.6
    return Recognition(confidence=sure, reason="JSON with resourceSpans")


def parse(chunk: Chunk) -> Parsed:
    """Parse export requests; duplicates and self time are left to :func:`.whole.combine`."""
    data, notes = (chunk.data, []) if chunk.data.isascii() else to_utf8(chunk.data)
    reader = Reader(base64=ids.uses_base64(chunk.head))
    with uncollected():
        read = otlp_lines.read(replace(chunk, data=data), reader)
        spans = reader.columns()
        built = column_tables(spans)
    rejected = [*read.rejected, *_without_ids(data, reader.lost, read.lines)]
    notes += [_BASE64] * bool(reader.base64) + [_TRUNCATED] * read.truncated
    return Parsed(
        tables=built.tables,
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=read.irrelevant,
        lines=read.lines,
        notes=tuple(notes),
        carry=Carry(built.request_rows, built.query_rows, reader.met),
    )


def _without_ids(data: bytes, lost: Ints, lines: int) -> Iterator[BadLine]:
    """Reject the lines none of whose spans has a valid id."""
    if not len(lost):
        return
    starts = line_starts(data).tolist()
    for number in lost[lost <= lines].tolist():
        yield BadLine.of(number, otlp_lines.NO_ID, data[starts[number - 1] : starts[number]])


FORMAT = Format(
    name="otlp-json",
    title="OpenTelemetry traces (OTLP JSON)",
    recognises=recognises,
    cut=otlp_cuts.cut,
    parse=parse,
    combine=combine,
    holds=otlp_cuts.holds,
)
