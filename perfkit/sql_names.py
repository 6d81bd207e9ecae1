"""Digits in names that number the parts of one thing: partitions, shards, sessions' objects.

A name is folded only where it certainly names a table, an index, a partition or a schema:
after ``from``, ``join``, ``into``, ``update``, ``table`` and the like, or before a dot; such a
name is then folded wherever else it stands in the statement. What looks like a part is

* a run of three digits or more behind an underscore (``t_286``, ``pg_toast_16384``), a letter
  of ``p y m w q d`` before it allowed, and what is left of a date behind it (``log_2024_01_31``,
  ``orders_y2024m05``, ``m_2024w05``);
* a ``p`` and digits behind an underscore (``orders_p0``), the way hash partitions are named;
* digits behind a word for a part: ``shard_3``, ``x_part7``, ``pg_temp_3``, ``_hyper_1_23_chunk``.

Not folded: shorter numbers (``users_1``, ``address2``), numbers that belong to a word
(``sha256``, ``v2024``) or to a standard (``iso_3166``), and columns (``latency_p95``).

Names of savepoints, cursors and prepared statements, which drivers number, lose every number
behind an underscore, and inside quotes every number.
"""

from __future__ import annotations

import re

__all__ = ["fold_names", "may_be_numbered"]

_PART = re.compile(
    r"""(?:(?<=[^\W_])_(?:p\d+|[pymwqd]?\d{3,}(?:[ymwqdh]\d{1,2})*)
        | (?P<word>_(?:part|partition|shard|chunk|bucket|temp|hyper)|\b(?:part|shard)(?=_))_?\d+)
        (?:_[mwqdhp]?\d+)*(?=_|["`]?\Z)""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
# Names in which the number says which standard, algorithm or code is meant.
_STANDARD = re.compile(
    r"(?:\b|_)(?:iso|rfc|din|en|ieee|ean|upc|epsg|srid|icd|utf|cp|latin|sha|aes|crc|http)_?\Z",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"[A-Za-z_][0-9]")
_NUMBER = re.compile(r"(?<=_)[0-9]+(?=_|\Z)")
_ANY_NUMBER = re.compile(r"[0-9]+")

_NAMES = frozenset({"word", "quoted"})
_TABLE_FOLLOWS = """analyze cluster copy from index into join of partition reindex table truncate
    update vacuum"""
_BEFORE_TABLE = frozenset(_TABLE_FOLLOWS.split())
_FILLERS = "concurrently exists freeze full if lateral materialized not only verbose view"
_BETWEEN = frozenset(_FILLERS.split())
# Verbs of statements that end with the name of a session's object, or have it behind them.
_ENDING_IN_NAME = "close deallocate fetch move release rollback savepoint"
_NAME_LAST = frozenset(_ENDING_IN_NAME.split())
_NAME_SECOND = frozenset({"declare", "execute", "prepare"})


def may_be_numbered(statement: str) -> bool:
    """Whether some name in ``statement`` might have to be folded (a quick test)."""
    return _NUMBERED.search(statement) is not None


def fold_names(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return ``pieces`` (kind, text) with the numbers in names of parts as ``?``."""
    if not pieces:
        return pieces
    folded = {name: _fold(name) for name in _tables(pieces)}
    pieces = [
        (kind, folded.get(text, text)) if kind in _NAMES else (kind, text) for kind, text in pieces
    ]
    verb = pieces[0][1]
    at = len(pieces) - 1 if verb in _NAME_LAST else 1
    if verb in _NAME_LAST | _NAME_SECOND and 0 < at < len(pieces) and pieces[at][0] in _NAMES:
        kind, text = pieces[at]
        number = _NUMBER if kind == "word" else _ANY_NUMBER
        pieces[at] = (kind, number.sub("?", _fold(text)))
    return pieces


def _fold(name: str) -> str:
    return _PART.sub(_part, name)


def _part(match: re.Match[str]) -> str:
    if _STANDARD.search(match.string, 0, match.start()):
        return match.group()
    return f"{match['word'] or ''}_?"


class _Position:
    """Whether the next name is one of a table."""

    def __init__(self) -> None:
        self.expected = False
        self._listed = False  # after a comma comes another
        self._queries = [True]  # of the open parentheses: whether a query is inside

    def pass_over(self, before: str, kind: str, text: str) -> None:
        """Note the piece ``text``, before which stands the text ``before``."""
        self._count(text)
        if text in _BEFORE_TABLE and before != "." and self._is_clause(before, text):
            self.expected, self._listed = True, False
        elif kind in _NAMES and text not in _BETWEEN:
            self._listed = self._listed or self.expected
            self.expected = False
        elif text == ",":
            self.expected = self._listed
        elif text in {"(", "["} or (kind == "keyword" and text not in {"as", *_BETWEEN}):
            self.expected, self._listed = self.expected and text == "(", False
        elif text != "." and kind not in {"keyword", *_NAMES}:
            self.expected = self._listed = False

    def _count(self, text: str) -> None:
        if text == "(":
            self._queries.append(False)
        elif text == ")" and len(self._queries) > 1:
            self._queries.pop()
        elif text in {"select", "delete"}:
            self._queries[-1] = True

    def _is_clause(self, before: str, text: str) -> bool:
        """Whether ``text`` is not the ``from`` of ``extract(x from y)``, to name one."""
        return (before, text) not in _NO_TABLE and (text != "from" or self._queries[-1])


# Words that are followed by a column instead: x is distinct from y, on duplicate key update z.
_NO_TABLE = frozenset({("distinct", "from"), ("key", "update")})


def _tables(pieces: list[tuple[str, str]]) -> set[str]:
    """Return the names in ``pieces`` that are names of tables, schemas or aliases of tables."""
    found: set[str] = set()
    position = _Position()
    before, named = "", False
    following = [*pieces[1:], ("", "")]
    for (kind, text), (_, after) in zip(pieces, following, strict=True):
        goes_on = before == "." and named
        if kind in _NAMES and text not in _BETWEEN:
            named = position.expected or goes_on
            if named or after == ".":
                found.add(text)
        position.pass_over(before, kind, text)
        before = text
    return found
