r"""Datadog's traces as tracers send them to the agent, and as they print them in AWS Lambda.

``[[span, ...], [span, ...]]`` (v0.3, v0.4 and the test agent's snapshots), a flat list,
``{"traces": [[...]]}`` with hexadecimal ids (LogWriter, LogExporter), JSON lines of any of these
or of spans; other lines between them are no concern of ours. Times are nanoseconds. Line numbers
of a document are the numbers of its spans.

Checked: ddapm_test_agent/trace.py of dd-apm-test-agent (verify_span), ddtrace/internal/encoding.py
of dd-trace-py, exporters/log of dd-trace-js.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import HEAD_BYTES, BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.traces import datadog_ids as ids
from perfkit.formats.traces.datadog_objects import encoded
from perfkit.formats.traces.datadog_rows import Found, Ids, Rest, Timing, clock, cut_off
from perfkit.formats.traces.datadog_terms import Label, Said, said
from perfkit.formats.traces.first_objects import first_objects
from perfkit.formats.traces.glued_arrays import as_one_array
from perfkit.formats.traces.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["FORMAT"]

_NONE = msgspec.Raw(b"")
#: Different lists of tags that are remembered.
_REMEMBERED = 200_000
#: Nanoseconds of 2001: times before are no nanoseconds.
_FIRST_NS = 1_000_000_000 * 10**9
_NEEDED = frozenset({"trace_id", "span_id", "name", "start"})
_MARKS = frozenset({"resource", "meta", "metrics", "service"})
_OPENS = re.compile(rb'\s*(?:\{\s*"traces"\s*:\s*)?\[')
#: Where a line's JSON begins; AWS puts a time and a request's id before it.
_LINE = re.compile(rb'\s*(?=[\[{])|.*?(?=\{\s*"traces"\s*:)', re.DOTALL)
_NO_SPAN = "it is JSON, but no span of Datadog"
_NO_JSON = "it is not JSON, or cut off"
_NO_IDS = "it has no trace and span id of 64 bits"


class Span(msgspec.Struct, gc=False):
    """One span; tags stay bytes until they are wanted."""

    trace_id: int | str
    span_id: int | str
    parent_id: int | str | None = None
    name: str | None = None
    service: str | None = None
    resource: str | None = None
    type: str | None = None
    start: int | float | str | None = None
    duration: int | float | str | None = None
    error: int | bool | None = None
    meta: msgspec.Raw = _NONE
    metrics: msgspec.Raw = _NONE
    meta_struct: msgspec.Raw = _NONE
    span_links: msgspec.Raw = _NONE
    span_events: msgspec.Raw = _NONE


_BEYOND = ("meta_struct", "span_links", "span_events")
_tags = msgspec.json.Decoder(dict[str, Any])
_line: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_span = msgspec.json.Decoder(Span)
_encode = msgspec.json.encode


def _looks(element: Mapping[str, msgspec.Raw]) -> bool:
    return element.keys() >= {"trace_id", "span_id"} and not _MARKS.isdisjoint(element.keys())


_array = Array(
    rb'\A\s*(?:\[\s*(?=\{\s*"traces"|\[\s*\[))?(?:\{\s*"traces"\s*:\s*)?\[', Span, _looks
)


def recognises(head: bytes) -> Recognition:
    """Recognise spans with Datadog's keys and a time in nanoseconds."""
    if b'"span_id"' not in head or b'"trace_id"' not in head or b'"start"' not in head:
        return Recognition(confidence=0.0)
    found = any(map(_is_span, _candidates(head)))
    return Recognition(confidence=0.95 if found else 0.0, reason="spans as Datadog's tracers send")


def _candidates(head: bytes) -> Iterator[Any]:
    """Yield the first objects; those in ``traces`` instead of what holds them."""
    for line in (head, *head.split(b"\n")[:50]):
        for item in first_objects(line):
            groups = item.get("traces")
            yield from _flat(groups, 2) if isinstance(groups, list) else [item]
    at = head.find(b'"traces"')
    yield from first_objects(b"[" + head[at + 8 :].lstrip(b" :\r\n\t[")) if at >= 0 else ()


def _flat(items: Sequence[Any], depth: int) -> Iterator[Any]:
    """Yield the spans of nested lists, and of ``{"spans": [...]}``."""
    for item in items:
        inner = item.get("spans") if isinstance(item, dict) else item
        if isinstance(inner, list) and depth:
            yield from _flat(inner, depth - 1)
        else:
            yield item


def _is_span(item: Any) -> bool:
    if not isinstance(item, dict) or not item.keys() >= _NEEDED or _MARKS.isdisjoint(item):
        return False
    start = item["start"]
    timed = isinstance(start, int | float) and start >= _FIRST_NS
    return timed and isinstance(item["trace_id"], int | str) and "attributes" not in item


def cut(data: bytes) -> int:
    """Divide JSON lines behind any line, a document behind any span."""
    return cut_at_line(data) if _lines_of_json(data) else _array.cut(data)


def _lines_of_json(data: bytes) -> bool:
    """Say whether ``data`` are JSON lines and not (the rest of) one document."""
    head = data[: 1 << 16]
    if head.lstrip()[:1] in {b",", b"]"}:
        return False
    if _OPENS.match(head):
        first = head.lstrip().partition(b"\n")[0].rstrip()
        return _whole(first) and b"\n" in head.strip()
    return True


def _whole(line: bytes) -> bool:
    try:
        _line.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse spans; trace ids, duplicates and self time are left to ``combine``."""
    reader = _Reader(hexadecimal=ids.uses_hex(chunk.head))
    if _lines_of_json(chunk.head):
        reader.read_lines(chunk)
    else:
        reader.read_document(chunk)
    reader.found.told(says for says, _ in reader.known.values())
    return reader.found.parsed()


class _Reader:
    """Turns spans into rows; remembers tags it has met."""

    def __init__(self, *, hexadecimal: bool) -> None:
        self.hexadecimal = hexadecimal
        self.found = Found()
        self.known: dict[tuple[Any, ...], tuple[Said, bytes]] = {}

    def read_document(self, chunk: Chunk) -> None:
        """Take the spans of one array, or an array of arrays; what is behind it are lines."""
        elements = _array.read(replace(chunk, data=as_one_array(chunk.data, chunk.head)))
        found, before = self.found, self.found.lines
        found.rejected += [replace(bad, line=bad.line + before) for bad in elements.rejected]
        found.notes += [*elements.notes, *cut_off(chunk, is_cut=elements.cut_off)]
        for span, line in zip(elements.items, elements.lines, strict=True):
            if not self._take(span, line + before):
                found.rejected.append(BadLine.of(line + before, _NO_IDS, encoded(span)))
        found.lines += elements.count
        rest = elements.after.lstrip(b"]} \t\r\n")
        if rest[:1] in {b"[", b"{"}:
            self._read_rest(replace(chunk, data=rest, first=True), whole=chunk.last)

    def _read_rest(self, chunk: Chunk, *, whole: bool) -> None:
        """Take the payloads behind the first; the last may be divided between chunks."""
        end = len(chunk.data) if whole else chunk.data.rfind(b"\n") + 1
        self.read_lines(replace(chunk, data=chunk.data[:end]))
        if end < len(chunk.data):
            tail = chunk.data[end:]
            self.read_document(replace(chunk, data=tail, head=tail[:HEAD_BYTES]))

    def read_lines(self, chunk: Chunk) -> None:
        """Take the spans of each line; lines that are no JSON of traces are irrelevant."""
        data, notes = to_utf8(chunk.data)
        found, count = self.found, count_lines(data)
        found.notes += notes
        for number, line in enumerate(data.split(b"\n")[:count], start=found.lines + 1):
            begin = _LINE.match(line) if b'"span_id"' in line else None
            if begin is None:
                found.irrelevant += 1
                continue
            reason = self._read_line(line[begin.end() :], number)
            if reason:
                found.rejected.append(BadLine.of(number, reason, line))
        found.lines += count

    def _read_line(self, line: bytes, number: int) -> str:
        """Take the spans of a line; return why there are none."""
        try:
            item = _line.decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return _NO_JSON
        groups = item.get("traces", [item]) if isinstance(item, dict) else item
        spans = list(_flat(groups, 3)) if isinstance(groups, list) else []
        taken = sum(self._take_object(one, number) for one in spans)
        self.found.broken += (len(spans) - taken) * (taken > 0)
        return "" if taken else _NO_SPAN

    def _take_object(self, item: Any, number: int) -> bool:
        try:
            return self._take(_span.decode(encoded(item)), number)
        except (msgspec.DecodeError, RecursionError):
            return False

    def _take(self, span: Span, line: int) -> bool:
        """Append the row of a span; say whether it has ids."""
        known = _ids(span, hexadecimal=self.hexadecimal)
        if known is None:
            return False
        says, attributes = self._says(span, top=known.parent is None)
        error = (says.error or "error") if span.error else None
        rest = Rest(span.service or None, span.name or span.resource or "", error, line, attributes)
        self.found.add(known, Timing(clock(span.start), clock(span.duration)), says, rest)
        return True

    def _says(self, span: Span, *, top: bool) -> tuple[Said, bytes]:
        """Return what a span says, and its attributes."""
        meta, metrics = bytes(span.meta), bytes(span.metrics)
        key = (meta, metrics, span.resource, span.type, span.name, top)
        known = self.known.get(key)
        if known is None:
            numbers = _decoded(metrics)
            entered = top or numbers.get("_dd.top_level") == 1
            label = Label(span.name or "", span.resource, span.type, entered)
            known = said(_decoded(meta) | numbers, label), _attributes(span, meta, metrics)
            if len(self.known) < _REMEMBERED:
                self.known[key] = known
        if span.span_links or span.span_events or span.meta_struct:
            return known[0], _with_more(known[1], span)
        return known


def _ids(span: Span, *, hexadecimal: bool) -> Ids | None:
    trace = ids.trace_id(span.trace_id, hexadecimal=hexadecimal)
    own = ids.span_id(span.span_id, hexadecimal=hexadecimal)
    if trace is None or own is None:
        return None
    return Ids(trace, own, ids.parent_id(span.parent_id, hexadecimal=hexadecimal))


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        return _tags.decode(raw) if raw else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}


def _attributes(span: Span, meta: bytes, metrics: bytes) -> bytes:
    """Return what the tables have no columns for, the tags in the format's own bytes."""
    return b'{"resource":%b,"type":%b,"meta":%b,"metrics":%b}' % (
        _encode(span.resource),
        _encode(span.type),
        meta or b"null",
        metrics or b"null",
    )


def _with_more(attributes: bytes, span: Span) -> bytes:
    """Add what belongs to one span alone: links, events, structures."""
    more = {name: bytes(getattr(span, name)) for name in _BEYOND}
    parts = [b',"%b":%b' % (name.encode(), raw) for name, raw in more.items() if raw]
    return b"".join((attributes[:-1], *parts, b"}"))


FORMAT = Format(
    name="datadog-agent",
    title="Datadog traces (agent payload, JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=ids.combine,
)
