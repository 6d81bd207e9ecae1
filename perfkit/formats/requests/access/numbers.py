"""Numbers in a text, read eight digits at a time: no object per value.

The arithmetic on words is known from Daniel Lemire's "Quickly parsing eight digits" (2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfkit.formats.requests.access.words import Bools, Words, filled

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.words import Text

__all__ = ["Numbers", "decimals", "integers"]

_ZEROS, _DOT = filled(ord("0")), ord(".")
_HALVES, _SIXES, _THREES = filled(0xF0), filled(6), filled(0x33)
_LOW, _PAIRS = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x00FF00FF00FF00FF)
_QUADS = np.uint64(0x0000FFFF0000FFFF)
#: So many digits are read: 10^16 is more bytes, or microseconds, than any request has.
_WIDEST = 16


class Numbers(NamedTuple):
    """Values, and which of the texts are numbers at all (values of others mean nothing)."""

    value: np.ndarray[Any, Any]
    valid: Bools


def integers(text: Text, begin: Ints, end: Ints) -> Numbers:
    """Read the digits between ``begin`` and ``end``, 1 to 16 of them."""
    width = end - begin
    valid = (width >= 1) & (width <= _WIDEST)
    value, digits = _eight(_before(text, end), np.clip(width, 0, 8))
    if bool((valid & (width > 8)).any()):  # noqa: PLR2004 - a word
        high, others = _eight(_before(text, end - 8), np.clip(width - 8, 0, 8))
        value, digits = value + high * np.int64(10**8), digits & others
    return Numbers(value, valid & digits)


def decimals(text: Text, begin: Ints, end: Ints, scale: int = 0) -> Numbers:
    """Read ``1.234`` or ``17`` times ten to the power of ``scale``, as the nearest float.

    Up to 15 digits in all, so that digits and power are exact and one division rounds.
    """
    dot, has_dot = _dots(text, begin, end)
    whole = integers(text, begin, dot)
    fits = (end - begin < _WIDEST) | (~has_dot & (scale <= 0))
    if not has_dot.any():
        return Numbers(_scaled(whole.value, np.full(len(begin), scale)), whole.valid & fits)
    behind = integers(text, dot + 1, end)
    valid = whole.valid & (behind.valid | ~has_dot) & fits
    places = np.where(valid & has_dot, end - dot - 1, 0)
    digits = whole.value * 10**places + np.where(has_dot, behind.value, 0)
    return Numbers(_scaled(digits, scale - places), valid)


def _dots(text: Text, begin: Ints, end: Ints) -> tuple[Ints, Bools]:
    """Return where the point is (the end, when there is none); most have three places."""
    third = np.maximum(end - 4, 0)
    has = (text.view[third] == _DOT) & (third >= begin)
    dot = np.where(has, third, end)
    rest = np.flatnonzero(~has & (end - begin <= _WIDEST))
    if len(rest):
        found = text.seek(begin[rest], end[rest], _DOT)
        dot[rest] = np.where(found >= 0, found, end[rest])
        has[rest] = found >= 0
    return dot, has


def _scaled(digits: Ints, power: Ints) -> np.ndarray[Any, np.dtype[np.float64]]:
    up, down = np.maximum(power, 0), np.maximum(-power, 0)
    result: np.ndarray[Any, np.dtype[np.float64]] = (digits * 10**up) / 10.0**down
    return result


def _before(text: Text, end: Ints) -> Words:
    """Return the eight bytes in front of each place, zeros in front of the text."""
    lacking = np.clip(8 - end, 0, 7).astype(np.uint64)
    return text.words(np.maximum(end - 8, 0)) << (lacking << np.uint64(3))


def _eight(word: Words, width: Ints) -> tuple[Ints, Bools]:
    """Read the last ``width`` bytes of each word as digits; also say whether they are."""
    blank = ((8 - width) * 8).astype(np.uint64)
    # a shift by a whole word is not defined: half of it, twice
    half = blank >> np.uint64(1)
    kept = ((word >> half) >> half) << half << half
    zeros = ~((~np.uint64(0) << half) << half) & _ZEROS
    word = kept | zeros
    digits = ((word & _HALVES) | (((word + _SIXES) & _HALVES) >> np.uint64(4))) == _THREES
    word = word & _LOW
    word = ((word * np.uint64(2561)) >> np.uint64(8)) & _PAIRS
    word = ((word * np.uint64(6553601)) >> np.uint64(16)) & _QUADS
    word = (word * np.uint64(42949672960001)) >> np.uint64(32)
    return word.astype(np.int64), digits
