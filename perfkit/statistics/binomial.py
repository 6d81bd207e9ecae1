"""Shares of few hits, exactly: where they may lie, and how surely they are above a limit."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["chance_bound", "exact_interval", "upper_tail"]

_TAIL = 0.025  # of either side: 95 % between
#: Hits and misses from which Wilson's interval is the same to a hundredth of its width.
_MANY = 10_000
_STEPS = 40  # halvings: to twelve digits


@lru_cache(maxsize=4096)
def exact_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Clopper and Pearson, Biometrika 26 (1934) 404).

    Its ends are the shares with which so many hits or more (so many or fewer) come about in 2.5 %
    of cases. Never less than 95 %, however few the hits, unlike Wilson's, which is returned from
    10,000 hits and misses on. NaN without samples.

    Example:
        >>> [round(end, 4) for end in exact_interval(1, 10)]
        [0.0025, 0.445]
    """
    if count <= 0:
        return math.nan, math.nan
    if min(hits, count - hits) >= _MANY:
        return wilson_interval(hits, count)
    low = _solved(hits, count) if hits else 0.0
    high = 1 - _solved(count - hits, count) if hits < count else 1.0
    return low, high


def _solved(hits: int, count: int) -> float:
    """Return the share with which ``hits`` or more come about in 2.5 % of cases."""
    low, high = 0.0, hits / count
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if upper_tail(hits, count, middle) > _TAIL:
            high = middle
        else:
            low = middle
    return low


def upper_tail(hits: int, count: int, share: float) -> float:
    """Return the probability of ``hits`` or more of ``count``, each with probability ``share``.

    The terms are summed from the side on which they fall.

    Example:
        >>> round(upper_tail(2, 2, 0.05), 6)
        0.0025
    """
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0 or hits > count:
        return 0.0
    if hits > count * share:
        return _falling(hits, count, share)
    return 1 - _falling(count - hits + 1, count, 1 - share)


def _falling(hits: int, count: int, share: float) -> float:
    """Sum the terms from ``hits``, at or above the mean, until the rest is nothing."""
    first = (
        math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
        + hits * math.log(share) + (count - hits) * math.log1p(-share)
    )  # fmt: skip
    reach = 60 + math.ceil(12 * math.sqrt(count * share * (1 - share)))
    places = np.arange(hits, min(count, hits + reach), dtype=np.float64)
    ratios = (count - places) / (places + 1) * (share / (1 - share))
    return min(1.0, math.exp(first) * (1 + float(np.cumprod(ratios).sum())))


def chance_bound(hits: ArrayLike, count: ArrayLike, share: float) -> Floats:
    """Return upper bounds of the probabilities of ``hits`` or more of ``count``; 1 of none.

    Chernoff's (Annals of Mathematical Statistics 23 (1952) 493), exact where all are hits.

    Args:
        hits: of each, up to its ``count``; not only whole numbers.
        count: how many in all.
        share: the probability of a hit, above 0.
    """
    few, many = np.asarray(hits, np.float64), np.asarray(count, np.float64)
    observed = np.divide(few, many, out=np.zeros(np.broadcast(few, many).shape), where=many > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = observed * np.log(observed / share)
        apart += np.where(observed < 1, (1 - observed) * np.log((1 - observed) / (1 - share)), 0.0)
    bound: Floats = np.where(observed > share, np.exp(-many * apart), 1.0)
    return bound
