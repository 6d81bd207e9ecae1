"""The shape of a statement: its tokens without values, in one canonical spelling.

Passes that are linear each: tokens become pieces (what a sign, a colon or a word means depends
on the piece before it), repeated rows and elements go (:mod:`perfkit.sql_lists`), names of
parts are folded (:mod:`perfkit.sql_names`), and the rest is printed so that cutting it again
yields the same pieces. :mod:`perfkit.fingerprint` says what the rules are.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from perfkit.sql_lists import fold_lists, fold_rows
from perfkit.sql_names import fold_names, may_be_numbered
from perfkit.sql_tokens import Dialect, pairs

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
_WORD_KINDS = dict.fromkeys(_PREFIXES.split(), "keyword")
_WORD_KINDS |= dict.fromkeys(("null", "true", "false"), "constant")
_FOLDED_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CLOSERS = {")": "(", "]": "["}

# A piece is (kind, text) of a token of the fingerprint. The kinds: ``?``, ``word``, ``keyword``,
# ``quoted``, ``cast``, ``sign`` (unary), ``slice`` (the colon in ``a[1:2]``), ``dots``,
# ``operator`` or the mark itself: ``( ) [ ] , ; . :``.
Piece = tuple[str, str]

_UNKNOWN = ("?", "?")
_MARKS = {mark: (mark, mark) for mark in "()[],;.:"}
_OPERANDS = frozenset({"?", "word", "quoted", "dots", ")", "]"})
_BOUNDS = frozenset("0123456789$")  # what a bound starts with that is no name
_EXTRACT = (("word", "extract"), _MARKS["("])
_NO_VALUE_AFTER = _OPERANDS | {"", ".", "cast"}


def shape(statement: str, dialect: Dialect = "standard") -> str:
    """Return the shape of ``statement``; the shape of a shape is itself."""
    pieces = _Pieces(dialect).read(statement)
    if may_be_numbered(statement):
        pieces = fold_names(pieces)
    return _text(fold_lists(fold_rows(pieces)))


class _Pieces:
    """Tokens in, pieces out: what a token means can depend on the piece before it."""

    def __init__(self, dialect: Dialect) -> None:
        self.pieces: list[Piece] = []
        self._dialect = dialect
        self._brackets: list[str] = []
        self._string_ends = 0  # the number of pieces up to the last string
        self._handlers = {
            "word": self._add_word,
            "operator": self._add_operator,
            "string": self._add_string,
            "number": self._add_unknown,
            "placeholder": self._add_placeholder,
            "comment": self._drop,
        }

    def read(self, statement: str) -> list[Piece]:
        """Return the pieces of ``statement``, without those semicolons that end it."""
        self._add(pairs(statement, self._dialect))
        while self.pieces and self.pieces[-1][0] == ";":
            self.pieces.pop()
        return self.pieces

    def _add(self, found: Iterable[Piece]) -> None:
        handlers, pieces = self._handlers, self.pieces
        for pair in found:
            handler = handlers.get(pair[0])
            if handler is None:
                pieces.append(pair)
            else:
                handler(pair[1])

    def _last(self) -> str:
        return self.pieces[-1][0] if self.pieces else ""

    def _drop(self, text: str) -> None:
        """Leave a comment out."""

    def _add_string(self, text: str) -> None:
        if self._string_ends != len(self.pieces) or not self.pieces:  # 'a' 'b' is one string
            self._add_unknown(text)
            self._string_ends = len(self.pieces)

    def _add_unknown(self, _text: str) -> None:
        pieces = self.pieces
        while pieces and pieces[-1][0] == "sign":
            pieces.pop()
        pieces.append(_UNKNOWN)

    def _add_placeholder(self, text: str) -> None:
        if text[0] != ":" or not self._in_slice(text):
            self._add_unknown(text)
            return
        self._add_operator(":")
        self._add(pairs(text[1:], self._dialect))

    def _in_slice(self, text: str) -> bool:
        """Whether the colon that ``text`` starts with separates bounds, as in ``a[1:2]``."""
        in_brackets = self._brackets[-1:] == ["["]
        return in_brackets and (self._last() in _OPERANDS or text[1:2] in _BOUNDS)

    def _add_word(self, text: str) -> None:
        word = text.lower() if text.isascii() else text.translate(_FOLDED_CASE)
        kind = _WORD_KINDS.get(word, "word")
        if kind == "constant" and self._is_value():
            self._add_unknown(word)
        elif kind == "keyword" and self._last() != ".":
            if word == "from" and tuple(self.pieces[-3:-1]) == _EXTRACT:
                self.pieces[-1] = _UNKNOWN  # the field is a constant to PostgreSQL
            self.pieces.append((kind, word))
        else:
            self.pieces.append(("word", word))

    def _is_value(self) -> bool:
        """Whether NULL, TRUE or FALSE is a value here, not part of IS NULL or SET NULL."""
        if self._last() in _NO_VALUE_AFTER:
            return False
        before = self.pieces[-1][1]
        if before == "not":
            earlier = self.pieces[-2] if len(self.pieces) > 1 else ("", "")
            return earlier[0] not in _NO_VALUE_AFTER and earlier[1] != "is"
        return before not in {"is", "default", "set"}

    def _add_operator(self, text: str) -> None:
        last = self._last()
        if text in _MARKS:
            if text == ":" and self._in_slice(text):
                self.pieces.append(("slice", ":"))
                return
            self._count_brackets(text)
            self.pieces.append(_MARKS[text])
        elif text in {"+", "-"} and last not in _OPERANDS:
            self.pieces.append(("sign", text))
        else:  # %% is how a driver with %s placeholders is told %
            self.pieces.append(("operator", "%" if text == "%%" else text))

    def _count_brackets(self, text: str) -> None:
        if text in "([":
            self._brackets.append(text)
        elif self._brackets and self._brackets[-1] == _CLOSERS.get(text):
            self._brackets.pop()


_KINDS = frozenset({"?", "word", "keyword", "quoted", "cast", "sign", "slice", "dots", "operator"})
_ALL = _KINDS | set("()[],;.:")
_TOUCHES_WHAT_FOLLOWS = {
    "": _ALL,  # no blank at the beginning
    "(": _ALL,
    "[": _ALL,
    ".": frozenset({"?", "word", "quoted", "operator", "sign"}),
    "cast": frozenset({"?", "word", "quoted", "keyword"}),
    "slice": frozenset({"?", "word", "quoted", "keyword"}),
}
_TOUCHES_WHAT_PRECEDES = {
    ",": _ALL,
    ";": _ALL,
    ")": _ALL,
    "]": _ALL,
    ".": _OPERANDS - {"dots"},
    "cast": _OPERANDS,
    "slice": _OPERANDS,
    "[": _OPERANDS,
    "(": frozenset({"word", "quoted"}),
}
#: Kinds of pieces, one behind the other, between which no blank stands.
_TOUCHING = {
    (before, after) for before, others in _TOUCHES_WHAT_FOLLOWS.items() for after in others
}
_TOUCHING |= {
    (before, after) for after, others in _TOUCHES_WHAT_PRECEDES.items() for before in others
}


def _text(pieces: list[Piece]) -> str:
    parts: list[str] = []
    before = ""
    for kind, text in pieces:
        if (before, kind) not in _TOUCHING or (before == "slice" and text.endswith("_?")):
            parts.append(" ")
        parts.append(text)
        before = kind
    return "".join(parts)
