r"""Lists and rows of literals made short, signs, constants, numbers made alike; the shape stays.

:func:`with_zeros` comes first: logs are full of statements that differ in their numbers only.
Where a number stands alone its digits become zeros, in a few passes over the bytes of all texts:
a digit stays a digit, so the text is cut into tokens at the same places. Most texts are equal
then, and need to be read once.

The other texts (binary arrays) have no comments. :func:`squeezed` wants every literal as `` 0 ``,
as :mod:`perfkit.sql_fold` leaves them, :func:`squeezed_long` every string as ``''``. What the
replacements rely on is what :mod:`perfkit.sql_shape` does: of the elements of ``in (...)``
those go that repeat another, of rows all but the first, and of what precedes a literal the signs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["squeezed", "squeezed_long", "with_zeros"]

_WS = r"[ \t\n\r\f\v]*"

_IN = rf"\b[iI][nN]{_WS}\({_WS}"
_ARRAY = rf"\b[aA][rR][rR][aA][yY]{_WS}\[{_WS}"
_NAMED = r"|:[A-Za-z0-9_]+|@[A-Za-z_][A-Za-z0-9_]*|%\([A-Za-z_][A-Za-z0-9_]*\)s"
_VALUE = r"(?:0|\?|%s)"
_VALUE_OR_NAME = rf"(?:0|\?|%s{_NAMED})"
_NUMBER = rf"(?:[-+]?{_WS}[0-9]+(?:\.[0-9]+)?|\$[0-9]+)"

_CONSTANT = r"(?:[nN][uU][lL][lL]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])"
_VALUES = rf"\b[vV][aA][lL][uU][eE][sS]{_WS}(?:[rR][oO][wW]{_WS})?"


def _tuple(arity: int) -> str:
    return rf"\({_WS}0{_WS}(?:,{_WS}0{_WS}){{{arity - 1}}}\)"


def _rows(inner: str) -> str:
    """Return the pattern of VALUES, its first row (group 1) and those behind it.

    ``inner`` matches what may stand in a row, one character after the other.
    """
    cell = rf"(?:{inner}|\((?:{inner})*\))*"
    row = rf"(?:[rR][oO][wW]{_WS})?\({cell}\)"
    cut = rf"{_WS},{_WS}(?:[rR][oO][wW]{_WS})?\({cell}(?:\((?:{inner})*)?\z"
    return rf"({_VALUES}\({cell}\))(?:(?:{_WS},{_WS}{row})+(?:{cut})?|{cut})"


# (texts that match this, have this replaced, by that)
_Step = tuple[bytes, bytes, bytes]


def _step(pattern: str, replacement: str, only: str = "") -> _Step:
    return (only or pattern).encode(), pattern.encode(), replacement.encode()


def _lists(opener: str, value: str, short: str, close: str = r"\)") -> list[_Step]:
    """Return the steps that leave of a list of ``value`` one, or two if the list goes on."""
    many = rf"{opener}{value}{_WS}(?:,{_WS}{value}{_WS})*"
    return [
        _step(many + close, short + close[-1]),
        _step(rf"{opener}{value}{_WS},(?:{_WS}{value}{_WS},)+", f"{short},"),
    ]


_ROWS = [_step(_rows("[^()]"), r"\1, (0)", only=rf"{_VALUES}\(")]
_SIGNS = [
    _step(rf"([=(,\[]{_WS}){_CONSTANT}\b", r"\1 0 "),
    _step(rf"([=(,<>+*\[-]{_WS})[-+]{_WS}0\b", r"\1 0 "),
    _step(r"[ \t\n\r\f\v]+0[ \t\n\r\f\v]+", " 0 "),
]
_LISTS = [
    *_lists(_IN, _VALUE_OR_NAME, "in( 0 "),
    *_lists(_ARRAY, _VALUE, "array[ 0 ", close=r"\]"),
]
_TUPLES = [
    step
    for arity in (2, 3, 4)
    for step in _lists(_IN, _tuple(arity), f"in(({' 0 ,' * (arity - 1)} 0 )")
]
# Types that drivers name behind every element.
_TYPES = "integer bigint smallint varchar text uuid date numeric"
_CASTS = [
    step
    for name in _TYPES.split()
    for step in _lists(_IN, rf"{_VALUE_OR_NAME}{_WS}::{_WS}(?i:{name})", f"in( 0 ::{name}")
]
_LONG_STEPS = [
    _step(rf"{_IN}{_NUMBER}{_WS},(?:{_WS}{_NUMBER}{_WS},)+", "in(0,"),
    # A row here holds nothing that could start a comment or a quoted name.
    _step(_rows(r"""[^()"`$/#-]|\$[0-9]|-[^()"`$/#-]"""), r"\1, (0)", only=rf"{_VALUES}\("),
]
_LONG = 512  # bytes; below it the literals are replaced sooner than the lists are found
# A constant here is part of a longer name, or the colon behind it would mean something else.
_NO_CONSTANT = rf"{_CONSTANT}[\x80-\xff:]|%\({_CONSTANT}".encode()


def squeezed(texts: Any) -> Any:
    """Return ``texts`` with short lists and rows, as a dictionary; their literals are `` 0 ``."""
    first = _where(f"{_IN}|{_ARRAY}", _LISTS, _apply(_ROWS, texts)).dictionary_encode()
    texts = first.dictionary
    short = _apply(_SIGNS, texts)
    for only, steps in (
        (f"{_IN}|{_ARRAY}", _LISTS),
        (rf"{_IN}\(", _TUPLES),
        (rf"{_IN}{_VALUE_OR_NAME}{_WS}::", _CASTS),
    ):
        short = _where(only, steps, short)
    odd = pc.match_substring_regex(texts, _NO_CONSTANT)
    last = pc.if_else(odd, texts, short).dictionary_encode()
    return pa.DictionaryArray.from_arrays(last.indices.take(first.indices), last.dictionary)


def _where(only: str, steps: list[_Step], texts: Any) -> Any:
    wanted = pc.match_substring_regex(texts, only)
    if not pc.any(wanted).as_py():
        return texts
    return pc.replace_with_mask(texts, wanted, _apply(steps, texts.filter(wanted)))


def squeezed_long(texts: Any) -> Any:
    """Return ``texts`` with short lists and rows where they are long; their strings are empty."""
    long = pc.greater(pc.binary_length(texts), _LONG)
    return pc.replace_with_mask(texts, long, _apply(_LONG_STEPS, texts.filter(long)))


def _apply(steps: list[_Step], texts: Any) -> Any:
    for only, pattern, replacement in steps:
        wanted = pc.match_substring_regex(texts, only)
        count = pc.sum(wanted).as_py() or 0
        if count == len(texts):
            texts = pc.replace_substring_regex(texts, pattern, replacement)
        elif count:
            some = pc.replace_substring_regex(texts.filter(wanted), pattern, replacement)
            texts = pc.replace_with_mask(texts, wanted, some)
    return texts


_DIGIT, _BEFORE, _BEHIND = 1, 2, 4
_LITTLE = 1 << 16


def _kinds() -> bytes:
    """Return what each byte may be: a digit, before a number, behind one."""
    kinds = np.zeros(256, np.uint8)
    kinds[list(b"0123456789")] = _DIGIT
    kinds[list(b" \t\n\r(,=<>+-*/'")] |= _BEFORE
    kinds[list(b" \t\n\r),;=<>+-*/'")] |= _BEHIND
    return kinds.tobytes()


_KINDS = _kinds()
_NAMES = '["`]'  # numbers between these are parts of names


def with_zeros(texts: Any) -> Any:
    """Return ``texts`` (a binary array without nulls) with zeros for the digits of numbers."""
    if texts.nbytes < _LITTLE:
        return texts
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    found = data.copy()
    np.copyto(found, ord("0"), where=_numbers(data, offsets))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(found)]
    zeroed = pa.Array.from_buffers(pa.binary(), len(texts), buffers)
    if not any((data == quote).any() for quote in b'"`'):
        return zeroed
    return pc.if_else(pc.match_substring_regex(texts, _NAMES), texts, zeroed)


def _numbers(data: Any, offsets: Any) -> Any:
    """Say which bytes are digits of a number that stands alone."""
    kinds = np.frombuffer(b"".join([b" ", data, b" "]).translate(_KINDS), np.uint8).copy()
    digit = kinds == _DIGIT
    edges = np.flatnonzero(digit[1:] != digit[:-1]) + 1
    kinds[offsets + 1] |= _BEHIND  # where a text ends
    alone = (kinds[edges[0::2] - 1] & _BEFORE > 0) & (kinds[edges[1::2]] & _BEHIND > 0)
    parts = np.zeros(len(edges) + 1, np.bool_)
    parts[1::2] = alone
    return np.repeat(parts, np.diff(edges, prepend=1, append=len(kinds) - 1))
