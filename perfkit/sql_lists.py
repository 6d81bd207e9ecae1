"""Repeated elements of ``in (...)`` and ``array[...]``, and repeated rows of VALUES, folded.

Both take and return the pieces (kind, text) of :mod:`perfkit.sql_shape`, in linear time.
"""

from __future__ import annotations

__all__ = ["fold_lists", "fold_rows"]

Piece = tuple[str, str]

_UNKNOWN = ("?", "?")
_IN = ("keyword", "in")
_ARRAY = ("word", "array")
_VALUES = ("keyword", "values")
_SUBQUERY = frozenset({"select", "table", "values", "with"})
_CLOSERS = {")": "(", "]": "["}
_LONGEST_ELEMENT = 256  # pieces; bounds the work on lists nested in lists


class _List:
    """A bracket that is open; of ``in (`` and ``array[`` the elements seen so far."""

    def __init__(self, opener: str, *, folds: bool, start: int) -> None:
        self.opener = opener
        self.folds = folds
        self._start = start
        self._seen: set[tuple[Piece, ...]] = set()

    def end_element(self, pieces: list[Piece]) -> None:
        """Drop the element that ends here, and the comma before it, if it repeats another."""
        if not self.folds or len(pieces) - self._start > _LONGEST_ELEMENT:
            return
        element = tuple(pieces[self._start :])
        if element in self._seen:
            del pieces[self._start - 1 :]
        elif _UNKNOWN in element:
            self._seen.add(element)

    def start_element(self, pieces: list[Piece]) -> None:
        """Note that the next element starts here."""
        self._start = len(pieces)


def fold_lists(pieces: list[Piece]) -> list[Piece]:
    """Drop the repeated elements of ``in (...)`` and ``array[...]``."""
    if _IN not in pieces and _ARRAY not in pieces:
        return pieces
    folded: list[Piece] = []
    lists: list[_List] = []
    for position, piece in enumerate(pieces):
        kind = piece[0]
        closes = bool(lists) and _CLOSERS.get(kind) == lists[-1].opener
        if lists and (closes or kind == ","):
            lists[-1].end_element(folded)
        folded.append(piece)
        if closes:
            lists.pop()
        elif kind == "," and lists:
            lists[-1].start_element(folded)
        elif kind in {"(", "["}:
            folds = _is_list(pieces, position) or _is_nested(pieces, position, lists)
            lists.append(_List(kind, folds=folds, start=len(folded)))
    for unclosed in reversed(lists):
        unclosed.end_element(folded)
    return folded


def _is_list(pieces: list[Piece], position: int) -> bool:
    if position == 0:
        return False
    before = pieces[position - 1]
    if pieces[position][0] == "[":
        return before == _ARRAY
    following = pieces[position + 1][1] if position + 1 < len(pieces) else ""
    return before == _IN and following not in _SUBQUERY


def _is_nested(pieces: list[Piece], position: int, lists: list[_List]) -> bool:
    """Whether an array starts here that is an element of another: ``array[[1, 2], [3, 4]]``."""
    outer = lists[-1] if lists else None
    if outer is None or not outer.folds or outer.opener != "[" or pieces[position][0] != "[":
        return False
    return pieces[position - 1][0] in {"[", ","}


def fold_rows(pieces: list[Piece]) -> list[Piece]:
    """Put ``, ...`` in place of the rows of VALUES after the first."""
    if _VALUES not in pieces:
        return pieces
    ends = _ends(pieces)
    folded: list[Piece] = []
    first_rows: set[int] = set()  # where the first row of a VALUES ends
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        folded.append(piece)
        position += 1
        if piece == _VALUES:
            first_rows.add(_end_of_row(pieces, ends, position))
        if position in first_rows and position != _after_rows(pieces, ends, position):
            position = _after_rows(pieces, ends, position)
            folded += [(",", ","), ("dots", "...")]
    return folded


def _ends(pieces: list[Piece]) -> dict[int, int]:
    """Map each opening parenthesis to the position behind the one that closes it."""
    ends: dict[int, int] = {}
    open_at: list[int] = []
    for position, piece in enumerate(pieces):
        if piece[0] == "(":
            open_at.append(position)
        elif piece[0] == ")" and open_at:
            ends[open_at.pop()] = position + 1
    return ends


def _end_of_row(pieces: list[Piece], ends: dict[int, int], start: int) -> int:
    """Return the position behind the row that starts at ``start``, or ``start`` if none does."""
    here = start
    if here < len(pieces) and pieces[here] == ("word", "row"):
        here += 1
    if here < len(pieces) and pieces[here][0] == "(":
        return ends.get(here, len(pieces))
    return start


def _after_rows(pieces: list[Piece], ends: dict[int, int], position: int) -> int:
    """Return the position behind the rows that follow, each with a comma before it."""
    while position + 1 < len(pieces) and pieces[position][0] == ",":
        dots = pieces[position + 1][0] == "dots"
        end = position + 2 if dots else _end_of_row(pieces, ends, position + 1)
        if end == position + 1:
            break
        position = end
    return position
