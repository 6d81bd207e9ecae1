"""Chrome's microseconds (numbers with fractions, or texts) as exact nanoseconds.

Sixteen digits before the point, as microseconds since 1970 have, leave a float64 a quarter of a
microsecond: such times are read from their digits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["UNKNOWN", "exact_ns", "is_lossy", "nanoseconds", "numbers"]

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Stands for a time or a duration that is not there or cannot be read.
UNKNOWN = np.iinfo(np.int64).min

#: From here on neighbouring float64 are more than a nanosecond apart.
_COARSE = 2.0**43
#: Until 2112: the sum of two such times in nanoseconds still fits the table's type.
_LARGEST = 4.5e15


def numbers(values: Sequence[Any]) -> Floats:
    """Return values as float64, NaN where they are no numbers."""
    try:
        return np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.array([_number(value) for value in values], np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def is_lossy(values: Sequence[Any], read: Floats) -> bool:
    """Say whether float64 lost digits of some of the values."""
    coarse = np.flatnonzero(np.abs(read) >= _COARSE).tolist()
    return any(not isinstance(values[place], int) for place in coarse)


def nanoseconds(microseconds: Floats) -> Ints:
    """Return whole nanoseconds, :data:`UNKNOWN` for NaN and what is too large."""
    known = np.abs(microseconds) <= _LARGEST  # False for NaN
    values = np.where(known, microseconds, 0.0)
    whole = np.floor(values)
    result: Ints = whole.astype(np.int64) * 1000
    result += np.rint((values - whole) * 1000).astype(np.int64)
    result[~known] = UNKNOWN
    return result


def exact_ns(texts: Sequence[Any]) -> Ints:
    """Return whole nanoseconds of (raw) JSON numbers, or texts with numbers, digit by digit."""
    return np.array([_exact(bytes(text)) for text in texts], np.int64)


def _exact(text: bytes) -> int:
    try:
        value = Decimal(text.strip(b'"').decode("ascii", "replace"))
    except InvalidOperation:
        return UNKNOWN
    # of NaN and infinity comparisons are false or an error; a huge exponent costs memory
    if not value.is_finite() or value.adjusted() > 16 or abs(value) > _LARGEST:  # noqa: PLR2004 - digits of _LARGEST
        return UNKNOWN
    return int((value * 1000).to_integral_value())
