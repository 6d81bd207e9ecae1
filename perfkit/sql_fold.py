r"""Make many statements few, without changing the shape of any: C code before the tokeniser.

Literals become ``0``, comments go, long lists and rows become short: what is left of a hundred
thousand distinct texts is some hundred. A regular expression cannot know where a string or a
comment starts, so each attempt *guesses*: it reads the text from the left as the tokeniser
would if the text were simple, and then looks at what is left. The first place at which the
guess could have gone wrong (a quote, a dollar, the start of a comment, a literal that touches
what may belong to it) cannot have been swallowed by a match, because up to there the reading
was right; so if none is left, the whole reading was. Texts with something left are given to a
more careful attempt, and at last come back as they are.

All patterns are RE2's: linear time, ASCII's idea of ``\b``, bytes above 0x7F one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.sql_squeeze import squeezed, squeezed_long, with_zeros

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.sql_tokens import Dialect

__all__ = ["folded"]

# So many parts of one text would take a hundred megabytes.
_MANY_QUOTES = 2_000_000
_LONG = 512  # bytes; from here on cutting at the quotes in Python is quicker than RE2
_WS = r"[ \t\n\r\f\v]"

_NUMBER = (
    r"\b0[xX][0-9a-fA-F_]+\b|\b0[oO][0-7_]+\b|\b0[bB][01_]+\b|\B\$[0-9]+\b|\?[0-9]+\b"
    r"|(?:\b[0-9][0-9_]*(?:\.[0-9_]+)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9][0-9_]*)?\b"
)
_PREFIX = r"\b(?:[eEnNbBxX]|[uU]&)"
_ESCAPED = r"'(?:[^'\\]|\\.|'')*'"
_DOLLARS = r"\B\$\$[^$]*\$\$"
_NESTED = r"/\*(?:[^*/]|\*+[^*/]|/+[^*/])*(?:\*+/|\*+\z|/+\z|\z)"
_LINE = r"--[^\n\r]*"

_PLAIN = (
    r"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*(?:[ -][A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)*"
)
# What a literal must not touch, because it may be more than that literal, or less.
_TOUCHED = (
    r"(?:[\x80-\xff.:@]|_\?) 0 | 0 [\x80-\xff.]| 0 :(?:[^:]|\z)|%\([^()]* 0 "
    rf"|(?:[\x80-\xff]|[.:@]{_WS}*)(?i:in|values|array)\b|--|/\*"
)


def _bytes(pattern: str) -> bytes:
    return ("(?s)" + pattern).encode("ascii")


class Reading(NamedTuple):
    """The patterns of one way to read strings."""

    literal: bytes
    comment: bytes
    sound: bytes
    unsound: bytes  # certain to be wrong
    doubtful: bytes


def _reading(strings: str, *, dollars: str, names: str, comments: str, left: str) -> Reading:
    """Return a reading; ``left`` are characters (of a class) that must not be left over."""
    literals = f"{strings}|{dollars}" if dollars else strings
    plain = "|".join(f"{quote}{_PLAIN}{quote}" for quote in names)
    kept = "|".join(f"{quote}[^{quote}]*(?:{quote}{quote}[^{quote}]*)*{quote}?" for quote in names)
    hashes = "|#" if "#" in comments else ""
    return Reading(
        literal=_bytes(f"(?:(?:{literals}){_WS}*)+|{_NUMBER}"),
        comment=_bytes(f"({literals}|{kept})|{comments}"),
        sound=_bytes(rf"\A(?:[^$'{names}{left}]|{plain})*\z"),
        unsound=_bytes(rf"\A(?:[^${names}]|{plain})*\z"),
        doubtful=_bytes(_TOUCHED + hashes),
    )


def _standard(strings: str, left: str = "") -> Reading:
    comments = f"{_LINE}|{_NESTED}"
    return _reading(strings, dollars=_DOLLARS, names='"`', comments=comments, left=left)


# Where no backslash stands before a quote; where the text may end within a string; where a
# backslash escapes in E'...' alone; where it escapes everywhere.
_QUICK = _standard(f"(?:{_PREFIX})?'[^']*'")
_OPEN = _standard(f"(?:{_PREFIX})?'[^']*'?")
_ESCAPES = _standard(rf"\b[eE]{_ESCAPED}|(?:{_PREFIX})?'[^']*'", left=r"\\")
_BACKSLASHES = _standard(f"(?:{_PREFIX})?{_ESCAPED}", left=r"\\")
_MYSQL = _reading(
    rf"(?:\b[nNbBxX])?{_ESCAPED}|{_ESCAPED.replace(chr(39), chr(34))}",
    dollars="",
    names="`",
    comments=r"#[^\n]*|--(?:[ \t\r\f\v][^\n]*|\n|\z)"
    r"|/\*[^*]*(?:\*+[^*/][^*]*)*(?:\*+/|\*+\z|\z)",
    left=r"\"\\",
)

_UNREAD = b"$"  # no reading takes it for sound

_SPECIAL = rb"\\'|--|/\*"
_SPECIAL_MYSQL = rb"--|/\*|#"
# An E'...' that is not closed must not be taken for a '...' that is.
_OPEN_ESCAPES = _bytes(r"\b[eE]'(?:[^'\\]|\\.|'')*\\?\z")
_TRAILING = _bytes(rf"(?:/\*[^*]*\*/|{_LINE})[ \t\n\r\f\v;]*\z")
_TRAILING_MYSQL = _bytes(r"(?:/\*[^*]*\*/|(?:#|--[ \t])[^\n]*)[ \t\n\r\f\v;]*\z")


def folded(texts: Any, dialect: Dialect = "standard") -> pa.DictionaryArray:
    """Return a text of the same shape for each of ``texts`` (an array of distinct strings)."""
    alike = with_zeros(texts.cast(pa.binary())).dictionary_encode()
    few = _folded(alike.dictionary, dialect)
    return pa.DictionaryArray.from_arrays(few.indices.take(alike.indices), few.dictionary)


def _folded(texts: Any, dialect: Dialect) -> pa.DictionaryArray:
    folding = _Folding(texts)
    if dialect == "mysql":
        folding.attempt(folding.matching(_SPECIAL_MYSQL, wanted=False), _MYSQL, _literals)
        folding.attempt(folding.rest(), _MYSQL, _trailing_mysql)
        folding.attempt(folding.rest(), _MYSQL, _careful)
        return folding.result()
    folding.attempt(folding.long(), _QUICK, _cut_at_quotes)
    folding.attempt(folding.matching(_SPECIAL, wanted=False), _QUICK, _literals)
    escaped = folding.matching(rb"\\'", wanted=True)
    closed = np.setdiff1d(escaped, folding.matching(_OPEN_ESCAPES, wanted=True))
    plain = np.setdiff1d(folding.rest(), escaped, assume_unique=True)
    folding.attempt(plain, _QUICK, _trailing)
    folding.attempt(np.setdiff1d(folding.rest(), escaped, assume_unique=True), _OPEN, _careful)
    unsound = folding.attempt(closed, _ESCAPES, _careful)
    folding.attempt(unsound, _BACKSLASHES, _careful)
    return folding.result()


def _literals(texts: Any, reading: Reading) -> Any:
    return pc.replace_substring_regex(texts, reading.literal, b" 0 ")


def _trailing(texts: Any, reading: Reading) -> Any:
    return _literals(pc.replace_substring_regex(texts, _TRAILING, b""), reading)


def _trailing_mysql(texts: Any, reading: Reading) -> Any:
    return _literals(pc.replace_substring_regex(texts, _TRAILING_MYSQL, b""), reading)


def _careful(texts: Any, reading: Reading) -> Any:
    return _literals(pc.replace_substring_regex(texts, reading.comment, rb"\1 "), reading)


def _cut_at_quotes(texts: Any, reading: Reading) -> Any:
    short = pa.array([_without_strings(text) for text in texts.to_pylist()], pa.binary())
    return _literals(squeezed_long(short), reading)


def _without_strings(text: bytes) -> bytes:
    """Return ``text`` with empty strings and without the comment that ends it."""
    if b"\\" in text and b"\\'" in text:  # the search for one byte is much quicker
        return _UNREAD
    if len(text) > _MANY_QUOTES and text.count(b"'") > _MANY_QUOTES:
        return _UNREAD
    start = text.rfind(b"/*") if text.endswith(b"*/") else -1
    if start >= 0:
        text = text[:start] if text.find(b"*/", start + 2) == len(text) - 2 else _UNREAD
    parts = text.split(b"'")
    if len(parts) % 2 == 0:
        return _UNREAD
    short = b"''".join(parts[::2])
    return _UNREAD if b"$$" in short else short


class _Folding:
    """For each text the number of the folded one, as far as it is known."""

    def __init__(self, texts: Any) -> None:
        self._texts = texts
        self._codes = np.full(len(texts), -1, np.int32)
        self._values: list[Any] = []
        self._count = 0

    def rest(self) -> Any:
        """Return the positions of the texts that no attempt has read."""
        return np.flatnonzero(self._codes < 0)

    def matching(self, pattern: bytes, *, wanted: bool) -> Any:
        """Return the positions of the texts not read yet that match ``pattern``, or do not."""
        rest = self.rest()
        found = pc.match_substring_regex(self._texts.take(pa.array(rest)), pattern)
        return rest[found.to_numpy(zero_copy_only=False) == wanted]

    def attempt(
        self, positions: Any, reading: Reading, transform: Callable[[Any, Reading], Any]
    ) -> Any:
        """Keep what ``transform`` makes of the texts at ``positions`` where it read them right.

        Returns the positions where ``reading`` certainly leaves a string open or a backslash
        outside of strings.
        """
        if len(positions) == 0:
            return positions
        left = transform(self._texts.take(pa.array(positions)), reading).dictionary_encode()
        clear = pc.invert(pc.match_substring_regex(left.dictionary, reading.doubtful))
        right, wrong = (
            pc.and_(clear, pc.match_substring_regex(left.dictionary, pattern))
            .take(left.indices)
            .to_numpy(zero_copy_only=False)
            for pattern in (reading.sound, reading.unsound)
        )
        short = squeezed(left.dictionary)
        self._keep(positions[right], short.dictionary, short.indices.take(left.indices), right)
        return positions[wrong & ~right]

    def long(self) -> Any:
        """Return the positions of the long texts."""
        long = pc.greater(pc.binary_length(self._texts), _LONG)
        return np.flatnonzero(long.to_numpy(zero_copy_only=False))

    def _keep(self, positions: Any, values: Any, codes: Any, right: Any) -> None:
        self._codes[positions] = codes.to_numpy()[right] + self._count
        self._values.append(values)
        self._count += len(values)

    def result(self) -> pa.DictionaryArray:
        """Return the folded texts; those that no attempt has read as they are."""
        rest = self.rest()
        self._codes[rest] = np.arange(self._count, self._count + len(rest))
        values = pa.concat_arrays([*self._values, self._texts.take(pa.array(rest))])
        return pa.DictionaryArray.from_arrays(self._codes, values.cast(pa.string()))
