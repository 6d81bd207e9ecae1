"""What was measured against an objective: requests over the limit, the percentile, intervals.

Intervals assume no distribution (:mod:`perfkit.statistics.quantiles`,
:mod:`perfkit.statistics.binomial`) and count requests for what they are worth: neighbours in time
resemble each other, so that a thousand of them may tell as much as a hundred independent ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics
from perfkit.statistics.autocorrelation import autocorrelation_time
from perfkit.statistics.binomial import exact_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.slos.seen import Sample
    from perfkit.budget import Objective

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Measured", "dependence", "measured"]

#: Batches of requests whose dependence is looked at; within a batch their spread tells it.
_BATCHES = 1024
#: Batches of a stretch at least, and stretches at most.
_STRETCH, _STRETCHES = 64, 8
_NAN = math.nan


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The measure of an objective with its 95 % interval; ms for durations, else a share failed.

    ``requests`` tell about it, ``over`` of them count against it, by ``beyond_ms`` in all;
    ``worth`` independent ones would tell as much. The ends of the interval of a percentile are
    NaN below the count that it needs; ``share_low`` and ``share_high``, between which the share
    over the limit is, are always known.
    """

    requests: float
    over: float
    worth: float
    beyond_ms: float
    value: float
    low: float
    high: float
    share_low: float
    share_high: float


def measured(sample: Sample, objective: Objective) -> Measured:
    """Measure a sample (of at least one request) against an objective."""
    value = _value(sample, objective)
    marked = sample.over if objective.quantile is None else sample.ms > value
    worth = max(1.0, sample.worth / dependence(marked))
    hits = round(sample.broken / sample.requests * worth)
    share_low, share_high = exact_interval(min(hits, int(worth)), int(worth))
    low, high = share_low, share_high
    if objective.timed:
        low, high = _interval(sample, objective, int(worth))
    return Measured(
        requests=sample.requests,
        over=sample.broken,
        worth=worth,
        beyond_ms=sample.beyond_ms(objective.limit) if objective.timed else _NAN,
        value=value,
        low=low,
        high=high,
        share_low=share_low,
        share_high=share_high,
    )


def dependence(marked: Flags) -> float:
    """Return how many requests in a row tell as much as one independent one; at least 1.

    That is by how much the variance of the share of marked requests is above that of independent
    ones: the variance of the shares of batches, times the autocorrelation time of the batches
    (batch means: Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3). It is the median
    of several stretches, each about its own mean, and at most the square root of the count: an
    hour in which everything fails is what a budget is about, no chance that neighbours share.

    Example:
        >>> dependence(np.array([False, True] * 500))
        1.0
    """
    if marked.all() or not marked.any():
        return 1.0
    size = -(-len(marked) // _BATCHES)
    batches = marked[: len(marked) // size * size].reshape(-1, size).mean(axis=1)
    stretches = np.array_split(batches, min(max(len(batches) // _STRETCH, 1), _STRETCHES))
    times = [_time(part, size) for part in stretches if 0 < part.mean() < 1]
    return min(max(1.0, float(np.median(times))), math.sqrt(len(marked))) if times else 1.0


def _time(batches: Floats, size: int) -> float:
    if size == 1:
        return autocorrelation_time(batches)
    share = batches.mean()
    within = batches.var() * size / (share * (1 - share))
    return float(within) * autocorrelation_time(batches)


def _value(sample: Sample, objective: Objective) -> float:
    if not objective.timed:
        return sample.broken / sample.requests
    if objective.quantile is None:
        return float(sample.ms.max())
    if sample.weight is None:
        return float(np.quantile(sample.ms, objective.quantile))
    return _reached(sample.ms, sample.weight, objective.quantile)


def _reached(ms: Floats, weight: Floats, share: float) -> float:
    """Return the first duration at which this share of the weight is reached."""
    order = np.argsort(ms, kind="stable")
    behind = np.cumsum(weight[order])
    place = int(np.searchsorted(behind, share * behind[-1] * (1 - 1e-12)))
    return float(ms[order[min(place, len(order) - 1)]])


def _interval(sample: Sample, objective: Objective, worth: int) -> tuple[float, float]:
    """Return the two durations between which the percentile is, as of ``worth`` requests."""
    ranks = None
    if objective.quantile is not None:
        ranks = statistics.interval_ranks(worth, objective.quantile)
    if ranks is None:
        return _NAN, _NAN
    below, above = ((rank + 1) / worth for rank in ranks)
    if sample.weight is not None:
        low, high = (_reached(sample.ms, sample.weight, share) for share in (below, above))
        return low, high
    count = len(sample.ms)
    places = [max(int(below * count) - 1, 0), min(math.ceil(above * count), count) - 1]
    low, high = np.partition(sample.ms, places)[places].tolist()
    return low, high
