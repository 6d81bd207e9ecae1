"""One statement normaliser for every source: client, server log, pg_stat_statements, trace.

The fingerprint of a statement is its text without comments and excess blanks, lower-cased
outside quotes (ASCII letters only, as PostgreSQL folds them), where

* literals, the signs before them and placeholders (``$1 ? %s %(name)s :name @p1``) are ``?``;
  NULL, TRUE, FALSE, casts and quoted identifiers stay;
* of the elements of ``in (...)`` and ``array[...]`` those that repeat an earlier one are
  gone: ``in (?)``, whether one value was listed or 2,000;
* the rows of VALUES after the first are ``, ...``;
* a ``;`` at the end is gone.

It is not a parser: any text, truncated or no SQL at all, has a fingerprint, in linear time,
and the fingerprint of a fingerprint is itself. ``"..."`` is an identifier, as the standard has
it, although MySQL may read a string.
"""

from __future__ import annotations

import hashlib
import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.sql_tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["fingerprint", "fingerprint_id", "fingerprint_many"]

# Words after which an expression or a list begins: a sign behind one belongs to the literal,
# a parenthesis behind one is no function call.
_KEYWORDS = frozenset(
    """all and as between by case check conflict default distinct div do else escape except
    exists explain filter from group having ilike in insert intersect interval into is
    join lateral like limit materialized mod not offset on or order over partition regexp return
    returning rlike select set similar table then to union update using values when where with
    within xor""".split()
)
_SUBQUERY = frozenset({"select", "table", "values", "with"})
_FOLDED_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CLOSERS = {")": "(", "]": "["}

_LONGEST_CACHED = 8192  # characters; 4,096 such texts are at most some 100 MB
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


def fingerprint(statement: str) -> str:
    """Return the fingerprint of ``statement``.

    Example:
        >>> fingerprint("SELECT *  FROM t WHERE a IN (1,2) AND b = -1.5 -- why")
        'select * from t where a in (?) and b = ?'
    """
    if len(statement) > _LONGEST_CACHED:
        return _fingerprint(statement)
    return _cached_fingerprint(statement)


def fingerprint_id(fingerprint_text: str) -> str:
    """Return the id of a fingerprint: 16 hexadecimal digits of its BLAKE2b hash."""
    data = fingerprint_text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def fingerprint_many(
    statements: pa.Array | pa.ChunkedArray | Sequence[str | None],
) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Return the fingerprints and their ids, one per statement; null stays null.

    Each distinct text is normalised once. Both results are dictionaries with int32 indices
    (the type of ``fingerprint`` and ``fingerprint_id`` in the tables).
    """
    if not isinstance(statements, pa.Array | pa.ChunkedArray):
        statements = pa.array(statements, pa.string())
    encoded = _encoded(statements)
    texts = encoded.dictionary.to_pylist()
    distinct = pa.array(
        [None if text is None else fingerprint(text) for text in texts], pa.string()
    ).dictionary_encode()
    indices = pc.take(distinct.indices, encoded.indices)
    ids = pa.array([fingerprint_id(text) for text in distinct.dictionary.to_pylist()], pa.string())
    return (
        pa.DictionaryArray.from_arrays(indices, distinct.dictionary),
        pa.DictionaryArray.from_arrays(indices, ids),
    )


def _encoded(statements: Any) -> Any:
    """Return one DictionaryArray; only the indices of several chunks are copied together."""
    if not pa.types.is_dictionary(statements.type):
        statements = statements.dictionary_encode()
    if isinstance(statements, pa.ChunkedArray):
        return statements.unify_dictionaries().combine_chunks()
    return statements


def _fingerprint(statement: str) -> str:
    return _text(_fold_rows(_fold_lists(_Pieces().read(statement))))


_cached_fingerprint = lru_cache(maxsize=4096)(_fingerprint)


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

    def _in_slice(self) -> bool:
        """Whether a colon here separates the bounds of ``a[1:2]``."""
        return bool(self._brackets) and self._brackets[-1] == "[" and self._last() in _OPERANDS

    def _add_unknown(self, token: Token) -> None:
        kind, text = token
        if text[0] == ":" and self._brackets and self._brackets[-1] == "[":
            if self._last() in _OPERANDS or text[1].isdigit():
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

    def end_element(self, pieces: list[Piece], *, start: int = 0) -> None:
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
