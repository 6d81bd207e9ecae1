"""The numbers behind ``duration: ``, read from columns of bytes: a log has a million of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_records import mask_of

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Flags, Records

__all__ = ["STATEMENT", "milliseconds"]

#: What most durations have behind them.
STATEMENT = b"  statement:"
_NUMBER_BYTES = 24
#: So many digits milliseconds have before their point, few ones first.
_DIGITS = range(1, 13)
#: A number with so many digits and ``statement:`` behind it is no longer.
_HEAD_BYTES = 32
#: Milliseconds: 30 years at most, which nanoseconds can hold.
_NUMBER = r"^[0-9]{1,12}(?:\.[0-9]+)?$"


def milliseconds(records: Records, at: Ints, end: Ints) -> tuple[Any, Ints, Flags]:
    """Return the numbers between ``at`` and ``end``, and their widths (0: there is none).

    The third: which of them have ``statement:`` behind them.
    """
    ms, width, simple = np.zeros(len(at)), np.zeros(len(at), np.int64), np.zeros(len(at), np.bool_)
    heads = records.bytes_at(at, _HEAD_BYTES)
    for digits in _DIGITS:
        left = np.flatnonzero(width == 0)
        if not len(left):
            return ms, width, simple
        some = heads if len(left) == len(heads) else heads[left]
        number, fits = _thousandths(some, digits)
        fits &= at[left] + digits + len(".000 ms") <= end[left]
        simple[left] = fits & _has(some, digits + len(".000"), b" ms" + STATEMENT)
        simple[left] &= at[left] + digits + len(b".000 ms" + STATEMENT) <= end[left]
        chosen = left[fits]
        ms[chosen], width[chosen] = number[fits] / 1000, digits + len(".000")
    left = np.flatnonzero(width == 0)
    ms[left], width[left] = _odd_milliseconds(records, at[left], end[left])
    return ms, width, simple


def _thousandths(heads: Any, digits: int) -> tuple[Ints, Flags]:
    """Read ``digits`` and three decimals, as PostgreSQL writes them; say which rows have them."""
    fits = (heads[:, digits] == ord(".")) & _has(heads, digits + len(".000"), b" ms")
    number = np.zeros(len(heads), np.int64)
    for place in (*range(digits), *range(digits + 1, digits + len(".000"))):
        digit = heads[:, place] - ord("0")  # unsigned: what is no digit is above
        fits &= digit <= 9  # noqa: PLR2004 - the last digit
        number = number * 10 + digit
    return number, fits


def _has(heads: Any, place: int, word: bytes) -> Flags:
    """Say which rows of a matrix of bytes have ``word`` at ``place``."""
    kind = np.dtype((np.void, len(word)))
    found = np.ndarray((len(heads),), kind, heads, place, (heads.shape[1],))
    same: Flags = found == np.void(word)
    return same


def _odd_milliseconds(records: Records, at: Ints, end: Ints) -> tuple[Any, Ints]:
    """Return the same for numbers of whatever decimals."""
    number = segments(records.data, at, np.minimum(at + _NUMBER_BYTES, end)).cast(pa.binary())
    width = np.maximum(pc.find_substring(number, " ms").to_numpy(zero_copy_only=False), 0)
    numbers = segments(records.data, at, at + width)
    valid = pc.match_substring_regex(numbers, _NUMBER)
    ms = pc.if_else(valid, numbers, None).cast(pa.float64()).fill_null(0.0)
    return ms.to_numpy(zero_copy_only=False), np.where(mask_of(valid), width, 0)
