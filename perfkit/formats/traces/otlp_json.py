"""OpenTelemetry traces as OTLP/JSON: JSON lines of the collector's file exporter, or documents.

Line numbers of a document (JSON over several lines) are the numbers of its spans.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.formats.traces import ids
from perfkit.formats.traces.otlp_reader import Reader
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.whole import combine

__all__ = ["FORMAT"]

_DOCUMENT = re.compile(rb"\A\s*[\[{]\s*(?:[\[{]\s*)*\r?\n")
_SPANS = re.compile(rb'"(?:resourceSpans|resource_spans|batches)"\s*:\s*\[')
_PARTS = re.compile(rb'"(?:scopeSpans|scope_spans|instrumentationLibrarySpans|spans)"\s*:')
_OTHER_SIGNALS = re.compile(rb'\A\s*\{\s*"(?:resourceMetrics|resourceLogs)"')


def recognises(head: bytes) -> Recognition:
    """Recognise ``resourceSpans`` (or an older name) with the spans of a scope in it."""
    if head.lstrip()[:1] not in {b"{", b"["} or not _SPANS.search(head):
        return Recognition(confidence=0.0)
    sure = 0.98 if _PARTS.search(head) else 0.6
    return Recognition(confidence=sure, reason="JSON with resourceSpans")


def cut(data: bytes) -> int:
    """Divide JSON lines behind any line, a document nowhere."""
    return 0 if _DOCUMENT.match(data) else cut_at_line(data)


class _Seen(NamedTuple):
    """What the lines of one chunk held."""

    rows: list[Row]
    rejected: list[BadLine]
    irrelevant: list[int]


def parse(chunk: Chunk) -> Parsed:
    """Parse export requests; duplicates and self time are left to :func:`.whole.combine`."""
    data, notes = to_utf8(chunk.data)
    reader = Reader(base64=ids.uses_base64(chunk.head))
    document = _DOCUMENT.match(chunk.head) is not None
    seen = _read_document(data, reader) if document else _read_lines(data, reader)
    built = span_tables(seen.rows)
    lines = len(seen.rows) + len(seen.rejected) if document else count_lines(data)
    return Parsed(
        tables=built.tables,
        rejected=kept(seen.rejected),
        rejected_lines=len(seen.rejected),
        irrelevant=len(seen.irrelevant),
        lines=lines,
        notes=(*notes, *reader.notes()),
        carry=(built.request_rows, built.query_rows),
    )


def _read_lines(data: bytes, reader: Reader) -> _Seen:
    seen = _Seen([], [], [])
    lines = data.split(b"\n")
    for number, line in enumerate(lines[: count_lines(data)], start=1):
        if not line.strip() or _OTHER_SIGNALS.match(line):
            seen.irrelevant.append(number)
            continue
        reason = reader.read(line, seen.rows, lambda number=number: number)  # type: ignore[misc]
        if reason:
            seen.rejected.append(BadLine.of(number, reason, line))
        elif not seen.rows or seen.rows[-1].line != number:
            seen.irrelevant.append(number)
    return seen


def _read_document(data: bytes, reader: Reader) -> _Seen:
    seen = _Seen([], [], [])
    reason = reader.read(data, seen.rows, lambda: len(seen.rows) + 1)
    if reason:
        seen.rejected.append(BadLine.of(1, reason, data))
    return seen


FORMAT = Format(
    name="otlp-json",
    title="OpenTelemetry traces (OTLP JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
