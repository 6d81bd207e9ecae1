"""OpenTelemetry traces as OTLP/JSON: JSON lines of the collector's file exporter, or documents.

Line numbers of a document (JSON over several lines) are the numbers of its spans.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, concatenate, kept
from perfkit.formats.traces import ids, otlp_model, trees
from perfkit.formats.traces.conventions import Facts, facts, service
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["FORMAT"]

_DOCUMENT = re.compile(rb"\A\s*[\[{]\s*(?:[\[{]\s*)*\r?\n")
_SPANS = re.compile(rb'"(?:resourceSpans|resource_spans|batches)"\s*:\s*\[')
_PARTS = re.compile(rb'"(?:scopeSpans|scope_spans|instrumentationLibrarySpans|spans)"\s*:')
_OTHER_SIGNALS = re.compile(rb'\A\s*\{\s*"(?:resourceMetrics|resourceLogs)"')
_KINDS = ("internal", "server", "client", "producer", "consumer")
#: Different attribute blobs that are remembered; half of all spans repeat one.
_REMEMBERED = 200_000


def recognises(head: bytes) -> Recognition:
    """Recognise ``resourceSpans`` (or an older name) with the spans of a scope in it."""
    if not head.lstrip()[:1] in {b"{", b"["} or not _SPANS.search(head):
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
    """Parse export requests; duplicates and self time are left to :func:`combine`."""
    reader = _Reader(base64=ids.uses_base64(chunk.head))
    document = _DOCUMENT.match(chunk.head) is not None
    seen = _read_document(chunk.data, reader) if document else _read_lines(chunk.data, reader)
    built = span_tables(seen.rows)
    lines = len(seen.rows) + len(seen.rejected) if document else count_lines(chunk.data)
    return Parsed(
        tables=built.tables,
        rejected=kept(seen.rejected),
        rejected_lines=len(seen.rejected),
        irrelevant=len(seen.irrelevant),
        lines=lines,
        notes=tuple(reader.notes()),
        carry=(built.request_rows, built.query_rows),
    )


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Drop repeated spans with their requests and queries, and fill in the self time."""
    whole = concatenate(parts)
    if not parts or "spans" not in whole.tables:
        return whole
    spans = whole.tables["spans"]
    keep = trees.first_of_each(spans)
    repeated = int((~keep).sum())
    contents = {**whole.tables, "spans": trees.with_self_ms(spans.filter(pa.array(keep)))}
    if repeated:
        for place, name in enumerate(("requests", "queries")):
            mask = keep[_span_rows(parts, place)]
            contents[name] = contents[name].filter(pa.array(mask))
    message = f"{repeated:,} spans were exported more than once and are counted once"
    note = (Note(kind="duplicate_spans", message=message),) * bool(repeated)
    lost = len(set(spans["line"].to_pylist())) - len(set(contents["spans"]["line"].to_pylist()))
    return Parsed(
        tables={name: table for name, table in contents.items() if table.num_rows},
        rejected=whole.rejected,
        rejected_lines=whole.rejected_lines,
        irrelevant=whole.irrelevant + (lost if repeated else 0),
        lines=whole.lines,
        notes=(*whole.notes, *note),
    )


def _span_rows(parts: Sequence[Parsed], place: int) -> Any:
    base, found = 0, []
    for part in parts:
        found.append(part.carry[place] + base)
        base += part.tables["spans"].num_rows
    return np.concatenate(found)


def _read_lines(data: bytes, reader: _Reader) -> _Seen:
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


def _read_document(data: bytes, reader: _Reader) -> _Seen:
    seen = _Seen([], [], [])
    reason = reader.read(data, seen.rows, lambda: len(seen.rows) + 1)
    if reason:
        seen.rejected.append(BadLine.of(1, reason, data))
    return seen


class _Reader:
    """Turns export requests into rows; remembers attributes it has met."""

    def __init__(self, *, base64: bool) -> None:
        self.base64 = base64
        self.broken = 0
        identify = ids.from_base64 if base64 else ids.from_hex
        self._trace_id: Callable[[str], str | None] = partial(identify, digits=ids.TRACE_DIGITS)
        self._span_id: Callable[[str], str | None] = partial(identify, digits=ids.SPAN_DIGITS)
        self._facts: dict[bytes, Facts] = {}
        self._services: dict[bytes, str | None] = {}

    def read(self, data: bytes, rows: list[Row], number: Callable[[], int]) -> str:
        """Append the spans of one export to ``rows``; return why it cannot be used, or ""."""
        before = len(rows), self.broken
        try:
            resources = self._resources(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return "it is not JSON, or cut off"
        if resources is None:
            return "it is JSON without resourceSpans"
        for resource, span in _spans(resources):
            row = self._row(span, resource, number())
            if row is None:
                self.broken += 1
            else:
                rows.append(row)
        nothing = len(rows) == before[0] and self.broken > before[1]
        return "none of its spans has a valid id" if nothing else ""

    def notes(self) -> Iterator[Note]:
        """Say what was found about the file."""
        if self.base64:
            message = "ids are base64 (protobuf's JSON); they were turned into hexadecimal"
            yield Note(kind="base64_ids", message=message)
        if self.broken:
            message = f"{self.broken:,} spans without a valid id or of a wrong shape are left out"
            yield Note(kind="broken_spans", message=message)

    def _resources(self, data: bytes) -> list[otlp_model.ResourceSpans] | None:
        try:
            found = otlp_model.strict(data)
        except (msgspec.ValidationError, UnicodeDecodeError):
            found = None
        if found is not None:
            return found
        loose = otlp_model.lenient(data)
        if loose is None:
            return None
        self.broken += loose[1]
        return loose[0]

    def _row(self, span: otlp_model.Span, resource: bytes, line: int) -> Row | None:
        trace_id, span_id = self._trace_id(span.traceId), self._span_id(span.spanId)
        if trace_id is None or span_id is None:
            return None
        parent = self._span_id(span.parentSpanId) if span.parentSpanId else None
        raw = bytes(span.attributes)
        found = self._facts.get(raw)
        if found is None:
            found = facts(otlp_model.attributes(span.attributes))
            if len(self._facts) < _REMEMBERED:
                self._facts[raw] = found
        start = _integer(span.startTimeUnixNano)
        return Row(
            trace_id=trace_id,
            span_id=span_id,
            parent_id=parent if parent and parent.strip("0") else None,
            service=self._service(resource),
            name=span.name,
            kind=_kind(span.kind),
            started_ns=start,
            duration_ns=_duration(start, _integer(span.endTimeUnixNano)),
            error=_error(span, found),
            line=line,
            facts=found,
            attributes=raw,
        )

    def _service(self, resource: bytes) -> str | None:
        if resource not in self._services:
            self._services[resource] = service(otlp_model.attributes(msgspec.Raw(resource)))
        return self._services[resource]


def _spans(
    resources: list[otlp_model.ResourceSpans],
) -> Iterator[tuple[bytes, otlp_model.Span]]:
    for item in resources:
        resource = bytes(item.resource.attributes) if item.resource else b"[]"
        for scope in item.scopeSpans or ():
            for span in scope.spans:
                yield resource, span


def _integer(value: int | str | None) -> int | None:
    """Return nanoseconds that fit the table's type."""
    try:
        number = int(value) if value is not None else None
    except ValueError:
        return None
    return number if number is None or 0 <= number < 1 << 63 else None


def _duration(start: int | None, end: int | None) -> int | None:
    return end - start if start is not None and end is not None and end >= start else None


def _kind(kind: int | str) -> str | None:
    if isinstance(kind, str):
        name = kind.removeprefix("SPAN_KIND_").lower()
        return name if name in _KINDS else None
    return _KINDS[kind - 1] if 1 <= kind <= len(_KINDS) else None


def _error(span: otlp_model.Span, found: Facts) -> str | None:
    status = span.status
    if status is None or status.code not in {2, "STATUS_CODE_ERROR", "2"}:
        return None
    return status.message or found.error or "error"


FORMAT = Format(
    name="otlp-json",
    title="OpenTelemetry traces (OTLP JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
