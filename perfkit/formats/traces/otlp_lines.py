"""The lines, or the document, in one chunk of OTLP/JSON -> a reader's spans."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from perfkit.formats.json_elements import Array
from perfkit.formats.model import BadLine, Chunk
from perfkit.formats.text import without_halves
from perfkit.formats.traces import otlp_cuts, otlp_model
from perfkit.formats.traces.otlp_glued import documents
from perfkit.formats.traces.otlp_model import Loose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.traces.otlp_reader import Reader

__all__ = ["NO_ID", "Read", "read"]

NO_ID = "none of its spans has a valid id"
_CUT_OFF = "it is not JSON, or cut off"
_OTHER = "it is JSON without resourceSpans"

_ERRORS = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_NO_SPANS = re.compile(rb'\s*(?:\{\s*"(?:resourceMetrics|resourceLogs)"|\Z)')
_BLOCK = 1 << 18  # bytes
_RESOURCES = Array(otlp_cuts.BEGINS.pattern, msgspec.Raw, otlp_cuts.is_resource)


class Read(NamedTuple):
    """What became of a chunk.

    Attributes:
        rejected: lines (of a document: records) that could not be used.
        irrelevant: how many lines hold no spans.
        lines: how many lines end in it (of a document: how many records are in it).
        truncated: the input ends within a line or document, whose whole spans were read.
    """

    rejected: list[BadLine]
    irrelevant: int
    lines: int
    truncated: bool


def read(chunk: Chunk, reader: Reader) -> Read:
    """Add the spans of a chunk to ``reader``, with what it is within put around it."""
    behind = None if chunk.last else otlp_cuts.holds(chunk.data, chunk.before)
    opened = otlp_cuts.opened(chunk.data, chunk.head, chunk.before)
    whole = replace(chunk, data=otlp_cuts.closed(opened, chunk.head, behind))
    text = _Text(whole, reader)
    if otlp_cuts.is_document(chunk.head):
        rejected = text.read_document()
        return Read(rejected, 0, len(reader) + len(rejected), text.truncated)
    rejected, irrelevant = [], 0
    count = _count_lines(whole.data)
    lines = count - (behind is not None)
    for number, (reason, line) in enumerate(text.read_lines(count), start=1):
        if number > lines:
            reader.met["broken_spans"] += bool(reason)  # its line counts where it ends
        elif reason:
            rejected.append(BadLine.of(number, reason, line))
        elif reason is None and not (number == 1 and chunk.before is not None):
            irrelevant += 1
    return Read(rejected, irrelevant, lines, text.truncated)


class _Text:
    """Whole lines, or one document.

    What becomes of each is why it cannot be used, "" (it is used), or None: it holds no spans.
    """

    def __init__(self, chunk: Chunk, reader: Reader) -> None:
        self._chunk, self._reader = chunk, reader
        self.truncated = False

    def read_lines(self, count: int) -> Iterator[tuple[str | None, bytes]]:
        """Add every line; yield what became of it, and itself where that may be shown."""
        data = self._chunk.data
        try:
            found = otlp_model.exports(data)
        except _ERRORS:
            found = []
        if len(found) == count and None not in found:
            for number, resources in enumerate(found, start=1):
                yield self._collected(Loose(resources or [], 0), number), b""
            return
        for number, line in enumerate(data.split(b"\n")[:count], start=1):
            reason = None if _NO_SPANS.match(line) else self._add(line, number)
            if reason == _CUT_OFF:
                reason = self._add_each(line, number, part=self._is_part(number, count))
            yield reason, line

    def _add_each(self, text: bytes, line: int, *, part: bool) -> str | None:
        """Add a line that is no single document: several of them, or a ``part`` of one."""
        found = list(documents(text)) or [text]
        reasons = [self._add(one, line) for one in found] if len(found) > 1 else [_CUT_OFF]
        if part and reasons[-1] == _CUT_OFF:
            before = len(self._reader)
            rejected = self._add_elements(found[-1], line, last=self._chunk.last)
            if self.truncated or len(self._reader) > before:
                self._reader.met["broken_spans"] += len(rejected)
                reasons[-1] = ""
            elif "" in reasons and self._chunk.last:
                self.truncated, reasons[-1] = True, ""
        if "" in reasons:
            self._reader.met["broken_spans"] += reasons.count(_CUT_OFF)
            return ""
        return next(filter(None, reasons), None)

    def _is_part(self, number: int, count: int) -> bool:
        """Say whether a line may be no whole one: where the chunk, or the input, was cut."""
        before, last = self._chunk.before, self._chunk.last
        ends = number == count and not (last and self._chunk.data.endswith(b"\n"))
        return ends or (number == 1 and before is not None)

    def read_document(self) -> list[BadLine]:
        """Add a whole document, or what can be used of it; return the records that cannot."""
        data = self._chunk.data
        reason = self._add(data, 0)
        found = list(documents(data)) if reason == _CUT_OFF else []
        if len(found) > 1:
            rejected = [
                bad
                for number, one in enumerate(found, start=1)
                for bad in self._unused(one, self._add(one, 0), last=number == len(found))
            ]
        else:
            rejected = self._unused(data, reason, last=True)
        first = len(self._reader)
        return [replace(bad, line=first + n) for n, bad in enumerate(rejected, start=1)]

    def _unused(self, text: bytes, reason: str | None, *, last: bool) -> list[BadLine]:
        """Return the records of a document that cannot be used, for ``reason``."""
        if reason == _CUT_OFF:
            return self._add_elements(text, 0, last=last and self._chunk.last)
        return [BadLine.of(1, reason, text)] if reason else []

    def _add(self, text: bytes, line: int) -> str | None:
        try:
            found = _decoded(text)
        except _ERRORS:
            return self._add_repaired(text, line)
        return _OTHER if found is None else self._collected(found, line)

    def _add_repaired(self, text: bytes, line: int) -> str | None:
        """Try again without escaped halves of characters, if there are any."""
        if b"\\ud" not in text.lower():
            return _CUT_OFF
        repaired = without_halves(text.decode()).encode()
        return _CUT_OFF if repaired == text else self._add(repaired, line)

    def _collected(self, found: Loose, line: int) -> str | None:
        before = len(self._reader)
        self._reader.add(found.resources, line)
        self._reader.met["broken_spans"] += found.broken
        if len(self._reader) > before:
            return ""
        return NO_ID if found.broken else None

    def _add_elements(self, text: bytes, line: int, *, last: bool) -> list[BadLine]:
        """Add the whole spans of what was cut off, else one resource after the other.

        ``last`` says that nothing is behind ``text`` in the input.
        """
        shorter = otlp_cuts.whole_spans(text) if last else None
        nothing = shorter is None and last and self._chunk.before is not None
        if nothing or (shorter is not None and self._add(shorter, line) == ""):
            self.truncated = True
            return []
        found = _RESOURCES.read(Chunk.whole(text))
        rejected = list(found.rejected)
        for element in found.items:
            try:
                self._collected(otlp_model.resource_spans(element), line)
            except _ERRORS:
                rejected.append(BadLine.of(1, _CUT_OFF, bytes(element)))
        return rejected


def _count_lines(data: bytes) -> int:
    """Count lines as :func:`.lines.count_lines` does, in blocks that stay in the cache."""
    byte = np.frombuffer(data, np.uint8)
    ends = sum(
        int(np.count_nonzero(byte[begin : begin + _BLOCK] == ord("\n")))
        for begin in range(0, len(data), _BLOCK)
    )
    return ends + bool(data and not data.endswith(b"\n"))


def _decoded(text: bytes) -> Loose | None:
    """Decode one export in any known shape; None: it holds no spans.

    Raises:
        msgspec.DecodeError: no JSON.
        UnicodeDecodeError: no UTF-8.
        RecursionError: it is nested too deeply.
    """
    try:
        resources = otlp_model.strict(text)
    except (msgspec.ValidationError, UnicodeDecodeError):
        resources = None
    return otlp_model.lenient(text) if resources is None else Loose(resources, 0)
