"""Divide lines into the fields of a template: nearly all at once, a few one by one.

Whoever reads all at once takes lines where quotes are as many as in the template, none is escaped,
and the first byte of each separator that is met begins that separator. What is left has a regular
expression, which divides alike and costs linear time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.formats.lines import find_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.template import Field, Template
    from perfkit.formats.requests.access.words import Bools, Text

__all__ = ["Divided", "divided", "divided_singly"]

_QUOTE = b'"'
#: So many lines one by one, before their places go from objects into an array.
_BLOCK = 4096
_ISO = len("2026-11-20T10:00:00")


@dataclass(frozen=True)
class Divided:
    """Where the fields are: ``begin`` and ``end`` have a row per field, a column per line.

    ``rows`` are the lines (ascending from 0), ``misfits`` those that do not fit.
    """

    rows: Ints
    begin: Ints
    end: Ints
    misfits: Ints


def divided(template: Template, text: Text, *, plainly: bool = True) -> Divided:
    """Divide every line; ``plainly=False`` does so one by one, with the same result."""
    plain = _plain(template, text) if plainly else _nothing(len(template.fields))
    left = np.ones(len(text), np.bool_)
    left[plain.rows] = False
    rest = np.flatnonzero(left)
    if not len(rest):
        return plain
    single = divided_singly(template, text, rest)
    rows = np.concatenate([plain.rows, single.rows])
    order = np.argsort(rows, kind="stable")
    begin, end = (
        np.concatenate([getattr(plain, edge), getattr(single, edge)], axis=1)[:, order]
        for edge in ("begin", "end")
    )
    return Divided(rows[order], begin, end, single.misfits)


def _nothing(count: int) -> Divided:
    none = np.zeros(0, np.int64)
    return Divided(none, np.zeros((count, 0), np.int64), np.zeros((count, 0), np.int64), none)


def divided_singly(template: Template, text: Text, rows: Ints) -> Divided:
    """Divide lines one by one; NULs before a line are what a log rotated by copying leaves."""
    blocks = [rows[at : at + _BLOCK] for at in range(0, len(rows), _BLOCK)]
    found = [_block(template, text, block) for block in blocks]
    if not found:
        return _nothing(len(template.fields))
    fits, places = (np.concatenate(part) for part in zip(*found, strict=True))
    misfits = np.setdiff1d(rows, fits, assume_unique=True)
    return Divided(fits, places[:, :, 0].T.copy(), places[:, :, 1].T.copy(), misfits)


def _block(template: Template, text: Text, rows: Ints) -> tuple[Ints, Ints]:
    """Return the lines that fit, and where their fields are: line, field, edge."""
    fits: list[int] = []
    spans: list[Sequence[tuple[int, int]]] = []
    shifts: list[int] = []
    match = template.line.match
    for row in rows.tolist():
        line = text.line(row)
        bare = line.lstrip(b"\0")
        if found := match(bare):
            fits.append(row)
            spans.append(found.regs[1:])
            shifts.append(int(text.start[row]) + len(line) - len(bare))
    places = np.array(spans, np.int64).reshape(len(fits), len(template.fields), 2)
    return np.array(fits, np.int64), places + np.array(shifts, np.int64)[:, None, None]


def _plain(template: Template, text: Text) -> Divided:
    quotes = find_all(text.data, _QUOTE)
    edges = np.searchsorted(quotes, np.append(text.start, len(text.data)))
    rows = _quoted_plainly(template, text, quotes, edges)
    if not len(rows):
        return _nothing(len(template.fields))
    cursor = _Cursor(text, rows, quotes, edges[:-1][rows])
    cursor.skip(template.texts[0])
    last = len(template.fields) - 1
    begin, end = (
        np.empty((last + 1, len(rows)), np.int64),
        np.empty((last + 1, len(rows)), np.int64),
    )
    for place, field in enumerate(template.fields):
        begin[place] = cursor.at
        behind, beyond = (*template.texts, b"")[place + 1 : place + 3]
        end[place] = cursor.field(field, behind, beyond, last=place == last)
        cursor.skip(behind, seen=place < last and len(behind) == 1 and not field.width)
    fine = cursor.fits & (cursor.at == text.end[rows])
    if fine.all():
        return Divided(rows, begin, end, rows[:0])
    return Divided(rows[fine], begin[:, fine], end[:, fine], rows[:0])


def _quoted_plainly(template: Template, text: Text, quotes: Ints, edges: Ints) -> Ints:
    """Return the lines that have as many quotes as the template, none of them escaped."""
    wanted = sum(literal.count(_QUOTE) for literal in template.texts)
    if not wanted:
        return np.flatnonzero(text.view[text.start] != 0)
    fine = np.diff(edges) == wanted
    if b"\\" in text.data:
        escaped = quotes[text.view[quotes - 1] == ord("\\")]
        fine[np.searchsorted(text.start, escaped, side="right") - 1] = False
    return np.flatnonzero(fine & (text.view[text.start] != 0))


class _Cursor:
    """A place in each line, and whether the line fits so far."""

    def __init__(self, text: Text, rows: Ints, quotes: Ints, first: Ints) -> None:
        """Stand at the beginning of the lines; ``first`` is each one's first quote."""
        self.at = text.start[rows]
        self.fits: Bools = np.ones(len(rows), np.bool_)
        self._text, self._end = text, text.end[rows]
        self._quotes, self._next = quotes, first

    def field(self, field: Field, behind: bytes, beyond: bytes, *, last: bool) -> Ints:
        """Go to the end of a field, which ``behind`` follows, and return it.

        Where that is nothing a path follows, and then ``beyond``.
        """
        if last:
            self._go(self._end - len(behind))
        elif _QUOTE in behind:
            self._go(self._quotes[self._next] - behind.index(_QUOTE))
        elif field.width:
            self._go(self.at + field.width)
        else:
            begin = self.at
            self._seek(field, (behind or b"/")[:1])
            if not behind and beyond:
                self.fits &= self._text.seek(begin, self.at, beyond[0]) < 0
        return self.at

    def skip(self, literal: bytes, *, seen: bool = False) -> None:
        """Go behind a literal, which must stand here, unless it was ``seen`` here already."""
        if literal:
            if not seen:
                self.fits &= self._text.has(self.at, literal)
            self.at = self.at + len(literal)
            self.fits &= self.at <= self._end
            self.at = np.minimum(self.at, self._end)
            self._next = self._next + literal.count(_QUOTE)

    def _go(self, place: Ints) -> None:
        self.fits &= (place >= self.at) & (place <= self._end)
        self.at = np.where(self.fits, place, self.at)

    def _seek(self, field: Field, behind: bytes) -> None:
        begin = self.at
        self._go(self._text.seek(begin, self._end, behind[0]))
        if field.several:
            self._refuse_several()
        elif field.may_hold(behind.decode("latin-1")):
            self.fits[:] = False
        elif field.unit == "iso" and behind == b" ":
            self._refuse_halves(begin)

    def _refuse_halves(self, begin: Ints) -> None:
        """Leave ``2026-11-20 10:00:00`` and ``...T10:00:00 +0100`` to the regular expression."""
        sign = self._text.view[self.at + 1]
        digit = self._text.view[self.at + 2]
        zone = ((sign == ord("+")) | (sign == ord("-"))) & (digit >= ord("0")) & (digit <= ord("9"))
        self.fits &= (self.at - begin >= _ISO) & ~zone

    def _refuse_several(self) -> None:
        """Leave values with blanks in them (``0.1, 0.2 : 0.3``) to the regular expression."""
        view = self._text.view
        comma = view[np.maximum(self.at - 1, 0)] == ord(",")
        colon = self._text.has(self.at, b" : ")
        self.fits &= ~(comma | colon)
