"""The shape of a statement: its tokens without values, in one canonical spelling.

Three passes, each linear: tokens become pieces (what a sign, a colon or a word means depends
on the piece before it), repeated elements and rows go, and the rest is printed so that
cutting it again yields the same pieces. :mod:`perfkit.fingerprint` says what the rules are.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, NamedTuple

from perfkit.sql_tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["shape"]

# Words after which an expression or a list begins: a sign behind one belongs to the literal,
# a parenthesis behind one is no function call.
_PREFIXES = """all and as between by case check conflict default distinct div do else escape
    except exists explain filter from group having ilike in insert intersect interval into is join
    lateral like limit materialized mod not offset on or order over partition regexp return
    returning rlike select set similar table then to union update using values when where with
    within xor"""
_KEYWORDS = frozenset(_PREFIXES.split())
_SUBQUERY = frozenset({"select", "table", "values", "with"})
_FOLDED_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CLOSERS = {")": "(", "]": "["}

_LONGEST_ELEMENT = 256  # pieces; bounds the work on lists nested in lists


class Piece(NamedTuple):
    """A token of the fingerprint.

    ``kind`` is ``?``, ``word``, ``keyword``, ``quoted``, ``cast``, ``sign`` (unary), ``slice``
    (the colon in ``a[1:2]``), ``dots``, ``operator`` or the mark itself: ``( ) [ ] , ; . :``.
    """

    kind: str
    text: str


_UNKNOWN = Piece("?", "?")
_OPERANDS = frozenset({"?", "word", "quoted", "dots", ")", "]"})


def shape(statement: str) -> str:
    """Return the shape of ``statement``; the shape of a shape is itself."""
    return _text(_fold_rows(_fold_lists(_Pieces().read(statement))))


class _Pieces:
    """Tokens in, pieces out: what a token means can depend on the piece before it."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._brackets: list[str] = []
        self._after_string = False

    def read(self, statement: str) -> list[Piece]:
        """Return the pieces of ``statement``, without those semicolons that end it."""
        self._add(tokens(statement))
        while self.pieces and self.pieces[-1].kind == ";":
            self.pieces.pop()
        return self.pieces

    def _add(self, found: Iterable[Token]) -> None:
        for token in found:
            kind, text = token
            if kind in {"blank", "comment"}:
                continue
            if kind in {"string", "number", "placeholder"}:
                self._add_unknown(token)
            elif kind == "word":
                self._add_word(text.translate(_FOLDED_CASE))
            elif kind == "operator":
                self._add_operator(text)
            else:
                self.pieces.append(Piece(kind, text))
            self._after_string = kind == "string"

    def _last(self) -> str:
        return self.pieces[-1].kind if self.pieces else ""

    def _in_brackets(self) -> bool:
        return self._brackets[-1:] == ["["]

    def _in_slice(self) -> bool:
        """Whether a colon here separates the bounds of ``a[1:2]``."""
        return self._in_brackets() and self._last() in _OPERANDS

    def _add_unknown(self, token: Token) -> None:
        kind, text = token
        if text[0] == ":" and (self._in_slice() or (self._in_brackets() and text[1].isdigit())):
            self._add_operator(":")
            self._add(tokens(text[1:]))
            return
        if kind == "string" and self._after_string:
            return  # 'a' 'b' is one string
        while self._last() == "sign":
            self.pieces.pop()
        self.pieces.append(_UNKNOWN)

    def _add_word(self, word: str) -> None:
        keyword = word in _KEYWORDS and self._last() != "."
        self.pieces.append(Piece("keyword" if keyword else "word", word))

    def _add_operator(self, text: str) -> None:
        if text in "+-":
            kind = "operator" if self._last() in _OPERANDS else "sign"
        elif text == ":" and self._in_slice():
            kind = "slice"
        else:
            kind = text if text in "()[],;.:" else "operator"
            text = "%" if text == "%%" else text  # as a driver with %s placeholders is told
        self._count_brackets(text)
        self.pieces.append(Piece(kind, text))

    def _count_brackets(self, text: str) -> None:
        if text in "([":
            self._brackets.append(text)
        elif self._brackets and self._brackets[-1] == _CLOSERS.get(text):
            self._brackets.pop()


class _List:
    """A bracket that is open; of ``in (`` and ``array[`` the elements seen so far."""

    def __init__(self, opener: str, *, folds: bool, start: int) -> None:
        self.opener = opener
        self._folds = folds
        self._start = start
        self._seen: set[tuple[Piece, ...]] = set()

    def end_element(self, pieces: list[Piece]) -> None:
        """Drop the element that ends here, and the comma before it, if it repeats another."""
        if not self._folds or len(pieces) - self._start > _LONGEST_ELEMENT:
            return
        element = tuple(pieces[self._start :])
        if element in self._seen:
            del pieces[self._start - 1 :]
        elif _UNKNOWN in element:
            self._seen.add(element)

    def start_element(self, pieces: list[Piece]) -> None:
        """Note that the next element starts here."""
        self._start = len(pieces)


def _fold_lists(pieces: list[Piece]) -> list[Piece]:
    """Drop the repeated elements of ``in (...)`` and ``array[...]``."""
    folded: list[Piece] = []
    lists: list[_List] = []
    for position, piece in enumerate(pieces):
        kind = piece.kind
        closes = bool(lists) and _CLOSERS.get(kind) == lists[-1].opener
        if lists and (closes or kind == ","):
            lists[-1].end_element(folded)
        folded.append(piece)
        if closes:
            lists.pop()
        elif kind == "," and lists:
            lists[-1].start_element(folded)
        elif kind in {"(", "["}:
            lists.append(_List(kind, folds=_is_list(pieces, position), start=len(folded)))
    for unclosed in reversed(lists):
        unclosed.end_element(folded)
    return folded


def _is_list(pieces: list[Piece], position: int) -> bool:
    if position == 0:
        return False
    before = pieces[position - 1]
    if pieces[position].kind == "[":
        return before == Piece("word", "array")
    following = pieces[position + 1].text if position + 1 < len(pieces) else ""
    return before == Piece("keyword", "in") and following not in _SUBQUERY


def _fold_rows(pieces: list[Piece]) -> list[Piece]:
    """Put ``, ...`` in place of the rows of VALUES after the first."""
    ends = _ends(pieces)
    folded: list[Piece] = []
    first_rows: set[int] = set()  # where the first row of a VALUES ends
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        folded.append(piece)
        position += 1
        if piece == Piece("keyword", "values"):
            first_rows.add(_end_of_row(pieces, ends, position))
        if position in first_rows and position != _after_rows(pieces, ends, position):
            position = _after_rows(pieces, ends, position)
            folded += [Piece(",", ","), Piece("dots", "...")]
    return folded


def _ends(pieces: list[Piece]) -> dict[int, int]:
    """Map each opening parenthesis to the position behind the one that closes it."""
    ends: dict[int, int] = {}
    open_at: list[int] = []
    for position, piece in enumerate(pieces):
        if piece.kind == "(":
            open_at.append(position)
        elif piece.kind == ")" and open_at:
            ends[open_at.pop()] = position + 1
    return ends


def _end_of_row(pieces: list[Piece], ends: dict[int, int], start: int) -> int:
    """Return the position behind the row that starts at ``start``, or ``start`` if none does."""
    here = start
    if here < len(pieces) and pieces[here] == Piece("word", "row"):
        here += 1
    if here < len(pieces) and pieces[here].kind == "(":
        return ends.get(here, len(pieces))
    return start


def _after_rows(pieces: list[Piece], ends: dict[int, int], position: int) -> int:
    """Return the position behind the rows that follow, each with a comma before it."""
    while position + 1 < len(pieces) and pieces[position].kind == ",":
        dots = pieces[position + 1].kind == "dots"
        end = position + 2 if dots else _end_of_row(pieces, ends, position + 1)
        if end == position + 1:
            break
        position = end
    return position


def _text(pieces: list[Piece]) -> str:
    parts: list[str] = []
    before = Piece("(", "")  # no blank at the beginning
    for piece in pieces:
        if not _touches(before.kind, piece.kind):
            parts.append(" ")
        parts.append(piece.text)
        before = piece
    return "".join(parts)


_NAMES = frozenset({"word", "quoted"})
_TOUCHES_WHAT_FOLLOWS = {
    "(": None,
    "[": None,
    ".": frozenset({"?", "word", "quoted", "operator", "sign"}),
    "cast": frozenset({"?", "word", "quoted", "keyword"}),
    "slice": frozenset({"?", "word", "quoted", "keyword"}),
}
_TOUCHES_WHAT_PRECEDES = {
    ",": None,
    ";": None,
    ")": None,
    "]": None,
    ".": _OPERANDS - {"dots"},
    "cast": _OPERANDS,
    "slice": _OPERANDS,
    "[": _OPERANDS,
    "(": _NAMES,
}


def _touches(before: str, after: str) -> bool:
    """Whether no blank stands between two kinds of pieces."""
    for table, key, other in (
        (_TOUCHES_WHAT_FOLLOWS, before, after),
        (_TOUCHES_WHAT_PRECEDES, after, before),
    ):
        if key in table:
            others = table[key]
            if others is None or other in others:
                return True
    return False
