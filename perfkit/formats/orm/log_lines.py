"""The lines of an application's log, and the records of several lines that statements make.

A statement begins at a line with a mark (``Executed (default): ``) and goes on as long as
lines look like SQL; whatever else the application wrote stands between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, line_starts, segments
from perfkit.formats.text import to_utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.recording import Note

__all__ = [
    "BEGINS_RECORD",
    "CONTINUES",
    "SQL_WORD",
    "LogLines",
    "cut_before",
    "line_at",
    "marked_lines",
    "plain_text",
]

LEVEL = "(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)"
#: RE2: a line that a logging framework, uvicorn or Python's traceback began.
BEGINS_RECORD = (
    r"^(?:[\[<(]?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"|[\[<(]?[0-9]{2}[:/][0-9A-Z][0-9a-z]{1,2}[:/][0-9]{2}"
    rf"|[\[<(]?{LEVEL}\b|Traceback \(most|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}[ :])"
)
_WORDS = (
    "SELECT|INSERT|UPDATE|DELETE|MERGE|REPLACE|WITH|VALUES|TABLE|CREATE|ALTER|DROP|TRUNCATE|BEGIN"
    "|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|PRAGMA|EXPLAIN|ANALYZE|VACUUM|COPY|LOCK"
    "|CALL|EXEC|EXECUTE|DECLARE|FETCH|CLOSE|GRANT|REVOKE|COMMENT|DO|LISTEN|NOTIFY|UNLISTEN"
    "|DESCRIBE|USE|REFRESH|REINDEX|DISCARD|PREPARE|DEALLOCATE|UPSERT|KILL"
)
#: RE2: the word that a statement begins with.
SQL_WORD = rf"(?i:\(*(?:{_WORDS})\b|--|/\*)"
#: RE2: a further line of a statement: indented, a bracket or comma, or a word of SQL.
CONTINUES = (
    rf"^(?:[ \t]+\S|[ \t]*$|[(),;]|--|/\*|(?i:(?:{_WORDS}|FROM|WHERE|AND|OR|NOT|ON|USING|AS"
    "|INTO|JOIN|LEFT|RIGHT|INNER|OUTER|FULL|CROSS|NATURAL|LATERAL|UNION|EXCEPT|INTERSECT|GROUP"
    "|ORDER|HAVING|LIMIT|OFFSET|FOR|RETURNING|WINDOW|PARTITION|CASE|WHEN|THEN|ELSE|END|IN"
    r"|EXISTS|BETWEEN|LIKE|IS|DISTINCT|BY|ASC|DESC|CONFLICT|PRIMARY|FOREIGN|UNIQUE|CONSTRAINT)\b))"
)
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
#: How far back a record's first line is looked for: no statement is longer.
_FAR = 1 << 20


def plain_text(data: bytes) -> tuple[bytes, list[Note]]:
    """Return UTF-8 with LF line ends and without colours; as many lines as before."""
    data, notes = to_utf8(data)
    if b"\x1b[" not in data:
        return data, notes
    plain = _COLOUR.sub(b"", data)
    # A last line that was nothing but a colour stays a line.
    lost = not data.endswith(b"\n") and (not plain or plain.endswith(b"\n"))
    return (plain + b" " if lost else plain), notes


@dataclass(frozen=True)
class LogLines:
    """The lines of ``data`` (UTF-8); ``starts`` has one more: where the data ends."""

    data: bytes
    starts: Ints
    text: pa.Array

    @classmethod
    def of(cls, data: bytes) -> LogLines:
        """Find the lines; ``text`` is without line ends."""
        starts = line_starts(data)
        ends = starts[1:] - 1
        if len(ends) and not data.endswith(b"\n"):
            ends[-1] += 1
        return cls(data, starts, segments(data, starts[:-1], ends))

    @property
    def count(self) -> int:
        """Return how many lines there are."""
        return len(self.starts) - 1

    def matching(self, pattern: str) -> Ints:
        """Return which lines match an RE2 pattern anywhere."""
        return np.flatnonzero(pc.match_substring_regex(self.text, pattern).to_numpy(False))  # noqa: FBT003 - its only parameter

    def containing(self, text: str) -> Ints:
        """Return which lines contain ``text``."""
        return np.flatnonzero(pc.match_substring(self.text, text).to_numpy(False))  # noqa: FBT003 - its only parameter

    def groups(self, rows: Ints, pattern: str) -> dict[str, pa.Array]:
        """Return the named groups of a pattern; null where it does not match."""
        return groups(self.text.take(pa.array(rows)), pattern)

    def ends(self, first: Ints, continues: str = CONTINUES, but: str = "") -> Ints:
        """Return behind which line each record ends: its lines but the first match ``continues``.

        ``first`` is ascending; blank lines at the end of a record are not part of it, and
        lines that match ``but`` end it.
        """
        follows = np.zeros(self.count + 1, np.bool_)
        follows[self.matching(continues)] = True
        if but:
            follows[self.matching(but)] = False
        follows[first] = False
        stops = np.flatnonzero(~follows)
        ends = stops[np.searchsorted(stops, first, side="right")]
        return self._without_blanks(first, ends)

    def _without_blanks(self, first: Ints, ends: Ints) -> Ints:
        filled = self.matching(r"\S")
        if not len(filled):
            return first + 1
        last = filled[np.maximum(np.searchsorted(filled, ends) - 1, 0)]
        return np.maximum(np.minimum(ends, last + 1), first + 1)

    def bodies(self, first: Ints, skip: Ints, ends: Ints) -> pa.Array:
        """Return the text of records but the first ``skip`` bytes."""
        stop = self.starts[ends]
        if len(stop):
            stop = np.where((stop == len(self.data)) & ~self.data.endswith(b"\n"), stop, stop - 1)
        return segments(self.data, self.starts[first] + skip, stop)


def groups(texts: pa.Array, pattern: str) -> dict[str, pa.Array]:
    """Return the named groups of an RE2 pattern; null where it does not match."""
    found = pc.extract_regex(texts, pattern)
    return dict(zip(found.type.names, found.flatten(), strict=True))


def marked_lines(first: Ints, ends: Ints, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which of ``count`` lines belong to a record."""
    edges = np.zeros(count + 1, np.int64)
    np.add.at(edges, first, 1)
    np.add.at(edges, ends, -1)
    return np.cumsum(edges)[:-1] > 0


def line_at(data: bytes, offset: int) -> int:
    """Return where the line of ``offset`` begins."""
    return data.rfind(b"\n", 0, offset) + 1


def cut_before(mark: re.Pattern[bytes]) -> Callable[[bytes], int]:
    """Return a ``cut`` in front of the last line with a mark.

    Where a megabyte has none, the end of the last line will do; less than that is not divided.
    """
    return partial(_cut_before, mark)


def _cut_before(mark: re.Pattern[bytes], data: bytes) -> int:
    size = 1 << 16
    while True:
        base = line_at(data, max(0, len(data) - size))
        last = max((found.start() for found in mark.finditer(data, base)), default=-1)
        if last >= 0:
            return line_at(data, last)
        if not base and len(data) < _FAR:
            return 0
        if not base or size >= _FAR:
            return data.rfind(b"\n") + 1
        size *= 4
