"""Traces of Jaeger's query service in any packing -> a filled :class:`.jaeger_reader.Reader`.

``{"data": [T, T], "total": 0, ...}`` (``/api/traces`` and the UI's download), ``[T, T]``,
``{"data": T}`` and ``T``, one document, one a line, one behind the other, or a list of them. A
trace's processes come behind its spans, so that a trace is what a document may be divided at.
What cannot be decoded at once is decoded trace by trace, and a trace that cannot, span by span:
each costs itself alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.json_scan import Scan
from perfkit.formats.model import Chunk
from perfkit.formats.traces.jaeger_model import BROKEN, Span, Trace, spans_one_by_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.formats.traces.jaeger_reader import Reader

__all__ = ["TRACES", "read_document", "read_pieces"]

_NO_TRACE = "it is JSON without spans"
_NO_JSON = "it is not JSON, or cut off"
_WRONG_TYPES = "its values are of other types than they should be"
#: Where an array of traces begins; one of whole answers (``jq -s``) has such arrays within.
_ANSWERS = rb'\s*\[\s*\{\s*"(?:data|total|limit|offset|errors)"\s*:'
_BEGINS = rb"(?:\A\s*(?!" + _ANSWERS + rb')|"data"\s*:\s*)\['
_ARRAY = re.compile(_BEGINS)


class _Document(msgspec.Struct, gc=False):
    """What one document, or line, is: an answer of the query service, or a trace."""

    data: list[Trace] | Trace | None = None
    spans: list[Span] | None = None
    traceID: str = ""  # noqa: N815 - the format's own name
    processes: dict[str, msgspec.Raw] | None = None
    warnings: list[str] | None = None

    def traces(self) -> list[Trace]:
        """Return its traces."""
        if self.spans is not None:
            return [Trace(self.spans, self.traceID, self.processes, self.warnings)]
        return self.data if isinstance(self.data, list) else [self.data] if self.data else []


def _is_trace(element: Mapping[str, msgspec.Raw]) -> bool:
    return "spans" in element


def _is_span(element: Mapping[str, msgspec.Raw]) -> bool:
    return "spanID" in element and "refType" not in element


#: The array of traces of a large document.
TRACES = Array(_BEGINS, Trace, _is_trace)
_SPANS = Array(rb'"spans"\s*:\s*\[', Span, _is_span)
_document = msgspec.json.Decoder(_Document)
_traces = msgspec.json.Decoder(list[Trace])
_trace = msgspec.json.Decoder(Trace)


def read_document(reader: Reader, data: bytes, line: int = 0) -> bool:
    """Add what a whole document holds; ``line``: the line it is on (0: spans are records).

    Return whether it is whole, as far as can be seen.
    """
    try:
        is_list = data.lstrip()[:1] == b"["
        traces = _traces.decode(data) if is_list else _document.decode(data).traces()
    except BROKEN:
        return read_pieces(reader, data, line)
    for trace in traces:
        reader.add(trace, line)
    return True


def read_pieces(reader: Reader, data: bytes, line: int = 0, *, first: bool = True) -> bool:
    """Add what a document (or a chunk of the array in it) holds, trace by trace."""
    start = _ARRAY.search(data) if first else None
    if first and start is None:
        return _read_trace(reader, data, line)
    body = data[start.end() :] if start else data
    scan = Scan(body, 1, _is_trace)
    for begin, end, whole in scan:
        _read_trace(reader, body[begin:end], line, whole=whole)
    after = body[scan.at :]
    if scan.ended and _ARRAY.search(after):  # another document on the next line
        return read_pieces(reader, after, line)
    return scan.ended


def _read_trace(reader: Reader, data: bytes, line: int, *, whole: bool = True) -> bool:
    """Add the spans of one trace that may be broken; return whether it is whole."""
    try:
        if whole:
            trace, broken = spans_one_by_one(data)
            reader.add(trace, line)
            for raw in broken:
                reader.reject(_WRONG_TYPES, raw, line)
            return True
    except msgspec.ValidationError:
        reader.reject(_NO_TRACE, data, line)
        return True
    except BROKEN:
        pass
    return _read_spans(reader, data, line)


def _read_spans(reader: Reader, data: bytes, line: int) -> bool:
    """Add the spans of a trace that is no JSON, as far as they are."""
    found = _SPANS.read(Chunk.whole(data))
    reader.add(_behind(found.after, found.items), line)
    for bad in found.rejected:
        reader.reject(_NO_JSON, bad.text.encode(), line)
    return found.ended


def _behind(after: bytes, spans: list[Span]) -> Trace:
    """Return the trace of ``spans``; its processes are behind them, when that is whole."""
    trace_id = spans[0].traceID if spans else ""
    rest = after.lstrip(b" \t\r\n,")
    try:
        found = _trace.decode(b'{"spans":[],' + rest) if rest[:1] == b'"' else Trace([])
    except BROKEN:
        found = Trace([])
    return Trace(spans, found.traceID or trace_id, found.processes, found.warnings)
