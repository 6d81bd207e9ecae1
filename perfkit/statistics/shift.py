"""By how much one sample lies above another: the Hodges-Lehmann shift, its interval, its test.

The shift is the median of all differences between an ``after`` and a ``before`` sample (Hodges
and Lehmann, Annals of Mathematical Statistics 34 (1963) 598), the interval is every shift that
the Mann-Whitney test does not reject (Hollander, Wolfe and Chicken, Nonparametric Statistical
Methods, 3rd ed., section 4.3). Of logarithms it is a ratio: "12 % slower".

Dependence between neighbours widens both by the square root of tau
(:mod:`perfkit.statistics.autocorrelation`); the t distribution with as many degrees of freedom
as there are independent samples stands for the normal one, because tau is an estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.statistics.student import two_sided, upper_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["Shift", "pair_quantiles", "shift"]

#: So many pairs are formed at once: a sort of them takes less than a bisection.
_ALL_PAIRS = 1 << 14
_MOST_VALUES = 20_000  # of a side, for the pairs: beyond that its quantiles stand for it
_LEAST_FREEDOM = 2.0
_STEPS = 200  # a bisection of doubles needs fewer


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far ``after`` lies above ``before``, in the unit of the samples.

    ``low`` and ``high`` enclose the true shift with 95 % confidence, ``p_value`` is that of no
    shift, ``error`` the standard error, ``freedom`` its degrees of freedom.
    """

    value: float
    low: float
    high: float
    p_value: float
    error: float
    freedom: float


def shift(
    before: ArrayLike, after: ArrayLike, *, tau: float = 1.0, confidence: float = 0.95
) -> Shift:
    """Compare two samples (known and finite, any order, one value or more each).

    Args:
        before: shape (n,), such as logarithms of milliseconds.
        after: shape (m,), in the same unit.
        tau: integrated autocorrelation time of both, in the order of time.
        confidence: of the interval, 0 to 1.

    Example:
        >>> found = shift([1.0, 2.0, 3.0], [3.0, 4.0, 5.0])
        >>> found.value
        2.0
    """
    x, y = np.sort(np.asarray(before, np.float64)), np.sort(np.asarray(after, np.float64))
    freedom = max((x.size + y.size) / tau - 2, _LEAST_FREEDOM)
    spread = math.sqrt((x.size + y.size + 1) / (12 * x.size * y.size) * tau)
    reach = upper_quantile(round((1 - confidence) / 2, 12), _rounded(freedom)) * spread
    low, value, high = pair_quantiles(x, y, (0.5 - reach, 0.5, 0.5 + reach))
    return Shift(
        value=value,
        low=low,
        high=high,
        p_value=_p_value(x, y, tau, freedom),
        error=(high - low) / (2 * reach / spread),
        freedom=freedom,
    )


def _rounded(freedom: float) -> float:
    """Return degrees of freedom to two digits: quantiles are looked up, and differ by less."""
    return float(f"{freedom:.2g}")


def _p_value(x: Floats, y: Floats, tau: float, freedom: float) -> float:
    """Return the two-sided p-value of Mann and Whitney, ties corrected, continuity as well."""
    larger = float(np.searchsorted(x, y, "left").sum() + np.searchsorted(x, y, "right").sum()) / 2
    pairs, count = float(x.size) * y.size, x.size + y.size
    variance = pairs / 12 * (count + 1 - _ties(x, y) / (count * (count - 1))) * tau
    distance = max(0.0, abs(larger - pairs / 2) - 0.5)
    return two_sided(distance / math.sqrt(variance), freedom) if variance > 0 else 1.0


def _ties(x: Floats, y: Floats) -> float:
    """Return the sum of t**3 - t over the values that occur t times in both together."""
    both = np.sort(np.concatenate((x, y)))
    edges = np.flatnonzero(np.diff(both)) + 1
    times = np.diff(np.concatenate(([0], edges, [both.size]))).astype(np.float64)
    return float((times**3 - times).sum())


def pair_quantiles(x: Floats, y: Floats, places: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles (0 to 1, outside: the ends) of all ``y - x``, both sorted.

    Few pairs are formed; of many the quantile is bracketed in O(n log n) per step until few
    are left: 20,000 a side would be 3 GB of pairs. Between two pairs it is the middle of both,
    so that exchanging the sides turns the sign and nothing else.
    """
    x, y = _thinned(x), _thinned(y)
    pairs = x.size * y.size
    every = np.sort(np.subtract.outer(y, x), axis=None) if pairs <= _ALL_PAIRS else None
    wanted = [_ranks(place, pairs) for place in places]
    if every is not None:
        return tuple(float(every[low] + every[high]) / 2 for low, high in wanted)
    return tuple(_middle(x, y, low, high) for low, high in wanted)


def _thinned(ordered: Floats) -> Floats:
    """Return evenly spaced quantiles of a long sample; they err by 1 in 40,000 pairs."""
    if ordered.size <= _MOST_VALUES:
        return ordered
    places = (np.arange(_MOST_VALUES) + 0.5) * ordered.size / _MOST_VALUES
    return ordered[places.astype(np.int64)]


def _ranks(place: float, pairs: int) -> tuple[int, int]:
    """Return the two ranks (from 0) around a quantile; of an interval's ends the outer one."""
    if place == 0.5:  # noqa: PLR2004 - the median
        return (pairs - 1) // 2, pairs // 2
    outer = math.floor(place * pairs) if place < 0.5 else math.ceil(place * pairs) - 1  # noqa: PLR2004
    rank = min(max(outer, 0), pairs - 1)
    return rank, rank


def _middle(x: Floats, y: Floats, low: int, high: int) -> float:
    below, at, found = _bracketed(x, y, low)
    first = _within(found, low - below, at)
    if high == low:
        return first
    if high - below < found.size:
        return (first + float(found[high - below])) / 2
    below, at, found = _bracketed(x, y, high)
    return (first + _within(found, high - below, at)) / 2


def _within(found: Floats, rank: int, at: float) -> float:
    return float(found[rank]) if found.size else at


def _bracketed(x: Floats, y: Floats, rank: int) -> tuple[int, float, Floats]:
    """Return the pairs around a rank, sorted, and how many lie below them.

    Where very many pairs are equal there is nothing left to divide: no pairs, but their value.
    """
    # counts compare x with y - d: rounding must not lose the first or the last pair
    margin = 4 * float(np.spacing(max(abs(x[0]), abs(x[-1]), abs(y[0]), abs(y[-1]))))
    low, high = float(y[0] - x[-1]) - margin, float(y[-1] - x[0]) + margin
    below, upto = 0, x.size * y.size  # pairs < low, pairs <= high
    for _ in range(_STEPS):
        middle = low + (high - low) / 2
        if upto - below <= _ALL_PAIRS or not low < middle < high:
            break
        count = _count(x, y, middle)
        if count > rank:
            high, upto = middle, count
        else:
            low, below = middle, count
    if upto - below > _ALL_PAIRS:
        return below, low + (high - low) / 2, np.empty(0)
    return below, low, _pairs(x, y, low, high)


def _count(x: Floats, y: Floats, most: float) -> int:
    """Return how many differences are at most ``most``."""
    return x.size * y.size - int(np.searchsorted(x, y - most, "left").sum())


def _pairs(x: Floats, y: Floats, low: float, high: float) -> Floats:
    """Return the differences above ``low`` up to ``high``, sorted."""
    begin: Any = np.searchsorted(x, y - high, "left")
    each: Any = np.searchsorted(x, y - low, "left") - begin
    start = np.repeat(begin - np.cumsum(each) + each, each)
    return np.sort(np.repeat(y, each) - x[start + np.arange(int(each.sum()))])
