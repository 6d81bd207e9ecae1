r"""Large JSON documents as streams of the elements of one array.

``{"traceEvents": [E, E, ...], "displayTimeUnit": "ns"}``, ``{"data": [T, T]}``, ``[S, S]`` and,
one deeper, ``[[S, S], [S]]``: minified or printed over many lines, complete, not terminated, or
cut off in the middle of an element. Elements are JSON objects.

A format says where its array begins, what an element is, and how to tell one from the objects
within; both its ``cut`` and the first half of its ``parse`` follow from that.

Example:
    >>> class Event(msgspec.Struct):
    ...     ph: str
    >>> array = Array(rb'"traceEvents"\s*:\s*\[', Event, lambda element: "ph" in element)
    >>> found = array.read(Chunk.whole(b'{"traceEvents":[{"ph":"X"},{"ph":1}],"unit":"ns"}'))
    >>> found.items, found.lines, found.before, found.after
    ([Event(ph='X')], [1], b'{"traceEvents":[', b',"unit":"ns"}')
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from perfkit.formats.json_cuts import end_of_last_element
from perfkit.formats.json_scan import Scan
from perfkit.formats.model import KEPT_PER_REASON, BadLine, Chunk, kept
from perfkit.formats.text import without_halves
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.formats.json_cuts import Looks

__all__ = ["Array", "Elements"]

T = TypeVar("T")

_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SEPARATOR = re.compile(rb"\s*,?")
#: Python and C++ write these, which no JSON has.
_NO_NUMBER = re.compile(rb"(?<=[:\[,\s])-?\b(?:NaN|Infinity|inf|nan)(?=\s*[,\]}])")
#: So many bytes are decoded one by one sooner than looked through once more.
_LITTLE = 1 << 16
_SHOWN = 1000  # bytes of a rejected record
_WRONG_TYPES = "its values are of other types than they should be"
_NO_JSON = "it is not JSON, or cut off"
_NO_ARRAY = "the array that should be in it is missing"
#: Bytes that are no UTF-8, as ``surrogateescape`` keeps them.
_NO_TEXT = re.compile("[\udc80-\udcff]+")


@dataclass(frozen=True, kw_only=True)
class Elements(Generic[T]):
    """What one chunk holds of the array.

    Attributes:
        items: the decoded elements.
        lines: the number of each item's record in the chunk, from 1 (``Row.line``).
        rejected: elements that could not be decoded, as many of them as are kept.
        rejected_lines: how many they are; each costs itself alone.
        before: the first chunk's bytes up to and with the array's bracket.
        after: the bytes behind the array's end.
        ended: whether the array's end was seen.
        cut_off: whether the last element is not whole, and no end behind it.
        notes: what was wrong with the bytes.
    """

    items: list[T]
    lines: Sequence[int]
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0
    before: bytes = b""
    after: bytes = b""
    ended: bool = False
    cut_off: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def count(self) -> int:
        """How many records there are: ``Parsed.lines``."""
        return len(self.items) + self.rejected_lines


class Array(Generic[T]):
    r"""An array of objects in a document.

    Args:
        begins: a regular expression that ends with the array's ``\[``; the first match counts.
            An array directly within it is taken for a group of elements.
        kind: the elements' type, as msgspec knows types.
        looks: an object's keys with their undecoded values -> whether it is an element, and no
            object within one.
    """

    def __init__(self, begins: bytes, kind: type[T], looks: Looks) -> None:
        """Prepare the decoders."""
        self._begins = re.compile(rb"(?:" + begins + rb")(?P<inner>\s*\[)?")
        self._one = msgspec.json.Decoder(kind)
        self._flat: Any = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._grouped: Any = msgspec.json.Decoder(list[list[kind]])  # type: ignore[valid-type]
        self._looks = looks

    def begins_in(self, head: bytes) -> bool:
        """Say whether the array begins in ``head``."""
        return self._begins.search(head) is not None

    def cut(self, data: bytes) -> int:
        """Return the offset behind the last whole element (``Format.cut``)."""
        return end_of_last_element(data, self._looks)

    def read(self, chunk: Chunk) -> Elements[T]:
        """Decode the elements of a chunk."""
        data, notes = _utf8(chunk.data)
        at = 0
        if chunk.first:
            start = self._begins.search(data)
            if start is None:
                return _without_array(data, notes)
            at = start.end()
        head = self._begins.search(chunk.head)
        depth = 2 if head and head["inner"] else 1
        found = self._read(data[at:], depth, last=chunk.last)
        return replace(found, before=data[:at], notes=(*notes, *found.notes))

    def _read(self, body: bytes, depth: int, *, last: bool) -> Elements[T]:
        """Decode ``body``, repaired when need be."""
        found = self._fast(body, depth, last=last)
        if found is not None and not found.rejected:
            return found
        repaired = _repaired(body)
        if repaired is body and found is not None:
            return found
        return _joined(list(self._parts(repaired, depth, last=last)))

    def _parts(self, body: bytes, depth: int, *, last: bool) -> Iterator[Elements[T]]:
        """Decode at once what can be; what cannot is halved until little is left."""
        found = self._fast(body, depth, last=last)
        at = self.cut(body[: len(body) // 2]) if found is None and len(body) > _LITTLE else 0
        if not at:
            yield self._each(body, depth) if found is None else found
            return
        for part in self._parts(body[:at], depth, last=False):
            if part.ended:
                yield replace(part, after=part.after + body[at:])
                return
            yield part
        yield from self._parts(body[at:], depth, last=last)

    def _fast(self, body: bytes, depth: int, *, last: bool) -> Elements[T] | None:
        """Decode all at once; None when that cannot be done."""
        end = self.cut(body) if last else len(body)
        begin = _SEPARATOR.match(body, 0, end).end()  # type: ignore[union-attr]
        text = b"".join((b"[" * depth, memoryview(body)[begin:end], b"]" * depth))
        try:
            items = self._decoded(text, depth)
        except _ERRORS:
            return None
        found = Elements(items=items, lines=range(1, len(items) + 1))
        return _joined([found, self._each(body[end:], depth)]) if last else found

    def _decoded(self, text: bytes, depth: int) -> list[T]:
        if depth == 1:
            return self._flat.decode(text)  # type: ignore[no-any-return]
        return [item for group in self._grouped.decode(text) for item in group]

    def _each(self, body: bytes, depth: int) -> Elements[T]:
        """Decode element by element."""
        scan = Scan(body, depth, self._looks)
        items: list[T] = []
        lines: list[int] = []
        rejects = _Rejects()
        reason = ""
        for number, (start, end, whole) in enumerate(scan, start=1):
            reason = self._decode_into(items, scan.view[start:end]) if whole else _NO_JSON
            if reason:
                rejects.add(number, reason, body[start : min(end, start + _SHOWN)])
            else:
                lines.append(number)
        return Elements(
            items=items,
            lines=lines,
            rejected=tuple(rejects.kept),
            rejected_lines=rejects.count,
            after=body[scan.at :] if scan.ended else b"",
            ended=scan.ended,
            cut_off=reason == _NO_JSON and not scan.ended,
        )

    def _decode_into(self, items: list[T], element: memoryview) -> str:
        """Append the element to ``items``, or return why it is none."""
        try:
            items.append(self._one.decode(element))
        except msgspec.ValidationError:
            return _WRONG_TYPES
        except _ERRORS:
            return _NO_JSON
        return ""


class _Rejects:
    """Counts rejected records, and keeps the first per reason."""

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[BadLine] = []
        self._reasons: Counter[str] = Counter()

    def add(self, number: int, reason: str, raw: bytes) -> None:
        self.count += 1
        self._reasons[reason] += 1
        if self._reasons[reason] <= KEPT_PER_REASON:
            self.kept.append(BadLine.of(number, reason, raw))


def _without_array(data: bytes, notes: tuple[Note, ...]) -> Elements[Any]:
    rejects = _Rejects()
    if data.strip():
        rejects.add(1, _NO_ARRAY, data)
    return Elements(
        items=[],
        lines=[],
        rejected=tuple(rejects.kept),
        rejected_lines=rejects.count,
        before=data,
        notes=notes,
    )


def _joined(parts: Sequence[Elements[T]]) -> Elements[T]:
    """Put what was decoded in several steps behind each other."""
    if sum(part.count > 0 for part in parts) == 1:
        (found,) = (part for part in parts if part.count)
        return replace(
            parts[-1],
            items=found.items,
            lines=found.lines,
            rejected=found.rejected,
            rejected_lines=found.rejected_lines,
        )
    starts = [0, *accumulate(part.count for part in parts)]
    placed = list(zip(starts, parts, strict=False))
    return replace(
        parts[-1],
        items=[item for part in parts for item in part.items],
        lines=[line + start for start, part in placed for line in part.lines],
        rejected=kept(
            replace(bad, line=bad.line + start) for start, part in placed for bad in part.rejected
        ),
        rejected_lines=sum(part.rejected_lines for part in parts),
    )


def _utf8(data: bytes) -> tuple[bytes, tuple[Note, ...]]:
    """Return valid UTF-8: bytes that are none are read as Latin-1."""
    if data.isascii():
        return data, ()
    try:
        data.decode()
    except UnicodeDecodeError:
        message = "some bytes are not valid UTF-8 and were read as Latin-1"
        text = _NO_TEXT.sub(_as_latin, data.decode("utf-8", "surrogateescape"))
        return text.encode(), (Note(kind="encoding", message=message),)
    return data, ()


def _as_latin(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "surrogateescape").decode("latin-1")


def _repaired(body: bytes) -> bytes:
    """Return JSON without NaN, infinities and escaped halves of characters; or ``body`` itself."""
    text = _NO_NUMBER.sub(b"null", body)
    if b"\\ud" in text or b"\\uD" in text:
        text = without_halves(text.decode()).encode()
    return body if text == body else text
