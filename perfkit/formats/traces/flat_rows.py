r"""Rows of one span each, in any wrapping: CSV, JSON lines, an array somewhere in a document.

What a file is, its first bytes tell. Rows of CSV and of JSON lines are numbered by the lines they
begin in, those of a document by their place.

Example:
    >>> rows = FlatRows(rb'"results"\s*:\s*\[', lambda keys: "guid" in keys)
    >>> found = rows.read(Chunk.whole(b'{"results": [{"guid": "a"}, {"guid": "b"}]}'))
    >>> [(one.line, one.values) for one in found.rows]
    [(1, {'guid': 'a'}), (2, {'guid': 'b'})]
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.lines import count_lines, cut_at_line, cut_csv
from perfkit.formats.model import HEAD_BYTES, KEPT_PER_REASON, BadLine, Chunk
from perfkit.formats.text import to_utf8, without_halves
from perfkit.formats.traces import flat_csv
from perfkit.formats.traces.first_objects import first_objects
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.json_cuts import Looks

__all__ = ["FlatRows", "Found", "Record", "objects_in"]

_NO_JSON = "it is not JSON, or cut off"
_NO_OBJECT = "it is no object"
_WIDTH = "it is cut off, or has another number of columns"
#: How JSON, and the rest of an array, begin; no record of CSV does.
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[\]\[]|,?\s*\{\s*[\"}])")
#: A document that is an array of rows, not of answers.
_OUTERMOST = (
    rb"\A(?:\xef\xbb\xbf)?\s*\["
    rb'(?!\s*\{\s*"(?:(?:results|nrql)"\s*:\s*[\[{]|data"\s*:\s*\{\s*"actor"))'
)
_OPENS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_LOOKED_AT, _DEEPEST = 40, 8

_decode = msgspec.json.Decoder().decode


class Record(NamedTuple):
    """One row: its number, and its values by name; an empty cell of CSV is no value."""

    line: int
    values: dict[str, Any]


@dataclass(kw_only=True)
class Found:
    """The rows of one chunk, and what is no row; ``lines`` counts as ``Parsed.lines`` does."""

    rows: list[Record] = field(default_factory=list)
    rejected: list[BadLine] = field(default_factory=list)
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    notes: list[Note] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)
    _reasons: Counter[str] = field(default_factory=Counter)

    def reject(self, line: int, reason: str, shown: Any) -> None:
        """Leave out the record at ``line``."""
        self.rejected_lines += self.sizes.get(line, 1)
        self._reasons[reason] += 1
        if self._reasons[reason] <= KEPT_PER_REASON:
            raw = shown if isinstance(shown, bytes) else str(shown)[:500].encode("utf-8", "replace")
            self.rejected.append(BadLine.of(line, reason, raw))

    def skip(self, line: int) -> None:
        """Count the record at ``line`` as one that is no span."""
        self.irrelevant += self.sizes.get(line, 1)


class FlatRows:
    r"""The rows of one kind of export.

    Args:
        begins: a regular expression that ends with the ``\[`` of an array of rows in a document;
            a document that is an array itself is known without.
        looks: the keys of an object with their undecoded values -> whether it is a row.
    """

    def __init__(self, begins: bytes, looks: Looks) -> None:
        """Prepare the reading of documents."""
        begins = begins + rb"|" + _OUTERMOST
        self._begins = re.compile(begins)
        self._array: Array[dict[str, Any]] = Array(begins, dict, looks)

    def cut(self, data: bytes) -> int:
        """Return where the last record begins (``Format.cut``)."""
        if not _JSON.match(data):
            return cut_csv(data)
        if self._in_lines(data):
            return cut_at_line(data)
        at = self._array.cut(data)
        # other arrays may be before that of the rows
        begun = _OPENS.match(data) is None or self._begins.search(data, 0, at)
        return at if begun else 0

    def _in_lines(self, data: bytes) -> bool:
        """Say whether JSON is one row a line."""
        head = data[:HEAD_BYTES]
        first, feed, _ = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
        ends = bool(feed) or len(head) < HEAD_BYTES
        whole = ends and first[:1] == b"{" and first.strip() != b"{"
        return whole and not self._begins.search(head)

    def read(self, chunk: Chunk) -> Found:
        """Read the rows of a chunk."""
        head = chunk.head or chunk.data[:HEAD_BYTES]
        if not _JSON.match(head):
            return _from_csv(chunk, head)
        return _from_lines(chunk) if self._in_lines(head) else self._from_document(chunk)

    def _from_document(self, chunk: Chunk) -> Found:
        """Read one array behind the other."""
        found = Found()
        while True:
            part = self._array.read(chunk)
            for line, item in zip(part.lines, part.items, strict=True):
                found.rows.append(Record(found.lines + line, item))
            found.rejected += (replace(b, line=b.line + found.lines) for b in part.rejected)
            found.rejected_lines += part.rejected_lines
            found.lines += part.count
            found.notes += part.notes
            if not part.ended or not self._begins.search(part.after):
                break
            head = part.after[:HEAD_BYTES]
            chunk = replace(chunk, data=part.after, head=head, first=True)
        if chunk.last and not part.ended:
            found.notes.append(_cut_off())
        return found


def objects_in(head: bytes) -> Iterator[dict[str, Any]]:
    """Yield what may be rows in the beginning of a file, outer objects before those in them.

    Of CSV the first records, with all columns.
    """
    head = head.removeprefix(b"\xef\xbb\xbf")
    if head.lstrip()[:1] in {b"{", b"["}:
        within = (one for outer in first_objects(head) for one in _within(outer, _DEEPEST))
        yield from islice(within, 4 * _LOOKED_AT)
        return
    names, delimiter = flat_csv.header_of(head)
    text = head.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")[2]
    yield dict.fromkeys(names, "")
    for line in islice(flat_csv.read_lines(text, delimiter), _LOOKED_AT):
        if line.fields is not None and len(line.fields) == len(names):
            yield dict(zip(names, line.fields, strict=True))


def _within(item: Any, levels: int) -> Iterator[dict[str, Any]]:
    if isinstance(item, dict):
        yield item
    inner = item.values() if isinstance(item, dict) else item
    for one in islice(inner, _LOOKED_AT):
        if levels and isinstance(one, dict | list):
            yield from _within(one, levels - 1)


def _cut_off() -> Note:
    """Say that a document ends too early."""
    message = "the file is cut off: its rows were read as far as they are whole"
    return Note(kind="truncated", message=message)


def _from_csv(chunk: Chunk, head: bytes) -> Found:
    data, notes = to_utf8(chunk.data)
    names, delimiter = flat_csv.header_of(head)
    found = Found(notes=notes)
    for line in flat_csv.read_lines(data.decode(), delimiter):
        found.lines += line.lines
        found.sizes[line.number] = line.lines
        if not line.text.strip() or (chunk.first and line.number == 1):
            found.skip(line.number)
        elif line.fields is None or len(line.fields) != len(names):
            found.reject(line.number, _WIDTH, line.text)
        else:
            pairs = zip(names, line.fields, strict=True)
            found.rows.append(Record(line.number, {name: text for name, text in pairs if text}))
    return found


def _from_lines(chunk: Chunk) -> Found:
    data, notes = to_utf8(chunk.data.removeprefix(b"\xef\xbb\xbf"))
    found = Found(notes=notes, lines=count_lines(data))
    for number, line in enumerate(data.split(b"\n")[: found.lines], 1):
        value = _decoded(line) if line.strip() else None
        if isinstance(value, dict):
            found.rows.append(Record(number, value))
        elif not line.strip():
            found.irrelevant += 1
        else:
            found.reject(number, _NO_JSON if value is None else _NO_OBJECT, line)
    return found


def _decoded(line: bytes) -> Any:
    """Return a line's value; None: it is no JSON. NaN and halves of characters are mended."""
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(without_halves(line.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return None
