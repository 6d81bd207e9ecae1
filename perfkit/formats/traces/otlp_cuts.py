"""Where OTLP/JSON may be cut, and what makes a piece of it a document of its own again.

JSON lines are cut behind lines. A document, and a line longer than a chunk, is cut behind an
element of ``resourceSpans`` or, where these are large, behind a span: what such a piece is
within is put before it, what it leaves open is closed behind it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.formats.json_cuts import end_of_last_element
from perfkit.formats.lines import cut_at_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec

__all__ = [
    "BEGINS",
    "closed",
    "cut",
    "holds",
    "is_document",
    "is_resource",
    "opened",
    "whole_spans",
]

#: The array of all resources, by its names of all ages.
BEGINS = re.compile(rb'"(?:resourceSpans|resource_spans|batches)"\s*:\s*\[')
_DOCUMENT = re.compile(rb"\A\s*[\[{]\s*(?:[\[{]\s*)*\r?\n")
#: What is behind an element where a piece begins.
_MIDDLE = (b",", b"]", b"}")
_SCOPES = {
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
}
_STARTS = {"name", "startTimeUnixNano", "start_time_unix_nano"}  # which links have not
#: So far back the end of a resource is looked for.
_NEAR = 1 << 20
_RESOURCE = re.compile(rb'"resource"\s*:\s*(?=\{)')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
#: Between the array of all resources and a span: ``{"resource": R, "scopeSpans": [{"spans": [``.
_SPAN_CLOSES = b"]}]}"


def is_document(head: bytes) -> bool:
    """Say whether an input that begins so is JSON printed over several lines."""
    return _DOCUMENT.match(head) is not None


def cut(data: bytes) -> int:
    """Return where ``data`` may be divided (``Format.cut``)."""
    middle = data[:256].lstrip().startswith(_MIDDLE)
    at = 0 if middle or is_document(data) else cut_at_line(data)
    return at or _behind_resource(data) or end_of_last_element(data, _is_span)


def _behind_resource(data: bytes) -> int:
    begin = max(len(data) - _NEAR, 0)
    at = end_of_last_element(data[begin:], is_resource)
    return begin + at if at else 0


def is_resource(element: Mapping[str, msgspec.Raw]) -> bool:
    """Say whether an object is one of ``resourceSpans``."""
    return not _SCOPES.isdisjoint(element)


def _is_span(element: Mapping[str, msgspec.Raw]) -> bool:
    named = ("traceId" in element and "spanId" in element) or "trace_id" in element
    return named and not _STARTS.isdisjoint(element)


def holds(data: bytes, before: bytes | None) -> bytes | None:
    """Say what the bytes behind ``data`` are within (``Format.holds``).

    None: nothing, they begin a line or document. Empty: the array of all resources. Otherwise
    the spans of the resource that is returned.
    """
    if data.endswith(b"\n"):
        return None
    if end_of_last_element(data[-_NEAR:], _is_span) < len(data[-_NEAR:]):
        return b""
    return _last_resource(data) or before or b"{}"


def _last_resource(data: bytes) -> bytes:
    """Return the last resource that is whole, as JSON."""
    at = data.rfind(b'"resource"')
    while at >= 0:
        found = _RESOURCE.match(data, at)
        end = _end_of_object(data, found.end()) if found else 0
        if found and end:
            return data[found.end() : end]
        at = data.rfind(b'"resource"', 0, at)
    return b""


def _end_of_object(data: bytes, begin: int) -> int:
    """Return the offset behind the object that begins at ``begin``; 0: it does not end."""
    depth = 0
    for found in re.finditer(rb'"(?:[^"\\]|\\.)*"|[{}]', data[begin:], re.DOTALL):
        depth += {b"{": 1, b"}": -1}.get(found[0], 0)
        if depth == 0:
            return begin + found.end()
    return 0


def opened(data: bytes, head: bytes, before: bytes | None) -> bytes:
    """Return a piece with what it is within (``before``, see :func:`holds`) put before it."""
    if before is None:
        return data
    within = b'{"resource":%b,"scopeSpans":[{"spans":[' % before if before else b""
    return b"".join((_outside(head), within, data.lstrip(b" \t\r\n,")))


def closed(data: bytes, head: bytes, behind: bytes | None) -> bytes:
    """Return a piece with what it leaves open (``behind``, see :func:`holds`) closed."""
    if behind is None:
        return data
    opening = _STRING.sub(b"", _outside(head))
    brackets = [_CLOSING[bytes([byte])] for byte in opening if bytes([byte]) in _CLOSING]
    return b"".join((data, _SPAN_CLOSES if behind else b"", *reversed(brackets)))


def whole_spans(data: bytes) -> bytes | None:
    """Return a document that was cut off, ended behind its last whole span; None: it has none."""
    at = end_of_last_element(data, _is_span)
    return closed(data[:at], data, b"{}") if at else None


def _outside(head: bytes) -> bytes:
    """Return the beginning of an input up to the first resource: ``{"trace":{"batches":[``."""
    found = BEGINS.search(head)
    if found is None:
        return b'{"resourceSpans":['
    begin = 0 if is_document(head) else head.rfind(b"\n", 0, found.start()) + 1
    return head[begin : found.end()]
