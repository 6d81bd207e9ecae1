"""One OTLP export request after another -> rows of spans."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.traces import ids, otlp_model
from perfkit.formats.traces.conventions import Facts, facts, service
from perfkit.formats.traces.span_rows import Row
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Reader"]

_KINDS = ("internal", "server", "client", "producer", "consumer")
#: Different attribute blobs that are remembered; half of all spans repeat one.
_REMEMBERED = 200_000


class Reader:
    """Turns export requests into rows; remembers attributes it has met."""

    def __init__(self, *, base64: bool) -> None:
        """Read ids as base64 or as hexadecimal digits."""
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
