"""How Zipkin's spans lie in a file: one array or several, arrays of traces, JSON lines of either.

Line numbers of a document are the numbers of its spans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.first_objects import first_objects
from perfkit.formats.traces.glued_arrays import as_one_array
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Spans", "Stream", "first_spans"]

T = TypeVar("T")

_NEXT = re.compile(rb"\s*[\[{]")
_BEHIND = re.compile(rb"\n[ \t]*(?=[\[{])")


@dataclass(kw_only=True)
class Spans(Generic[T]):
    """The spans of one chunk, each with its line; lines that hold none are irrelevant."""

    items: list[T] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejected: list[BadLine] = field(default_factory=list)
    irrelevant: int = 0
    count: int = 0
    broken: int = 0
    notes: tuple[Note, ...] = ()

    def extend(self, more: Spans[T]) -> None:
        """Put ``more`` behind these."""
        self.items += more.items
        self.lines += [line + self.count for line in more.lines]
        self.rejected += [replace(bad, line=bad.line + self.count) for bad in more.rejected]
        self.irrelevant += more.irrelevant
        self.count += more.count
        self.broken += more.broken
        self.notes = (*self.notes, *more.notes)


class Stream(Generic[T]):
    """Spans of one version, wherever they lie."""

    def __init__(self, kind: type[T]) -> None:
        """Prepare the decoders of ``kind``."""
        self._array: Array[T] = Array(rb"\A\s*\[", kind, _looks)
        self._one = msgspec.json.Decoder(kind)

    def cut(self, data: bytes) -> int:
        """Divide JSON lines behind any line, a document behind any span."""
        return cut_at_line(data) if _in_lines(data) else self._array.cut(data)

    def read(self, chunk: Chunk) -> Spans[T]:
        """Decode the spans of a chunk."""
        lead = chunk.data.lstrip()[:1]
        if lead == b"{" or (lead == b"[" and (not chunk.first or _in_lines(chunk.data))):
            return self._lines(chunk.data)
        found = self._array.read(replace(chunk, data=as_one_array(chunk.data, chunk.head)))
        spans = Spans(
            items=found.items,
            lines=list(found.lines),
            rejected=list(found.rejected),
            count=found.count,
            notes=found.notes,
        )
        behind = _BEHIND.search(found.after)
        if behind:  # JSON lines after all: the first is longer than a chunk
            spans.extend(self._lines(found.after[behind.end() :]))
        elif chunk.last and found.cut_off:
            spans.notes = (*spans.notes, _cut_off())
        return spans

    def _lines(self, data: bytes) -> Spans[T]:
        data, notes = to_utf8(data)
        spans: Spans[T] = Spans(notes=tuple(notes), count=count_lines(data))
        for number, line in enumerate(data.split(b"\n")[: spans.count], start=1):
            if not line.strip():
                spans.irrelevant += 1
            elif line.lstrip()[:1] == b"[":
                self._array_in(line, number, spans)
            else:
                self._span_in(line, number, spans)
        return spans

    def _span_in(self, line: bytes, number: int, spans: Spans[T]) -> None:
        try:
            spans.items.append(self._one.decode(line))
            spans.lines.append(number)
        except msgspec.ValidationError:
            reason = "it is JSON, but no span of Zipkin"
            spans.rejected.append(BadLine.of(number, reason, line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            spans.rejected.append(BadLine.of(number, "it is not JSON, or cut off", line))

    def _array_in(self, line: bytes, number: int, spans: Spans[T]) -> None:
        found = self._array.read(Chunk.whole(line))
        spans.items += found.items
        spans.lines += [number] * len(found.items)
        if found.items:
            spans.broken += len(found.rejected)
        elif found.rejected:
            spans.rejected.append(BadLine.of(number, found.rejected[0].reason, line))
        else:
            spans.irrelevant += 1


def first_spans(head: bytes) -> Iterator[dict[str, Any]]:
    """Yield the first objects in ``head`` that have the ids of a Zipkin span."""
    for found in first_objects(head):
        if isinstance(found.get("traceId"), str | int) and isinstance(found.get("id"), str | int):
            yield found


def _looks(element: Mapping[str, msgspec.Raw]) -> bool:
    return "traceId" in element and "id" in element


def _in_lines(data: bytes) -> bool:
    """Say whether ``data`` are JSON lines: the array in the first line is not the only one."""
    lead = data.lstrip()[:1]
    if lead != b"[":
        return lead == b"{"
    end = data.find(b"\n", data.find(b"["))
    return end > 0 and data[:end].rstrip().endswith(b"]") and _NEXT.match(data, end) is not None


def _cut_off() -> Note:
    message = "the export ends in the middle of a span: it was cut off, and traces are incomplete"
    return Note(kind="truncated", message=message)
