"""Did a share change on the way, and between which places? A scan that assumes little.

A series is a row of bins in time; each holds ``above`` of ``count`` samples above a reference,
for example above the series' own p95. The scan compares every stretch of bins with the rest:
a stretch that reaches the end is a step, one in the middle an episode. So counted, a quantile
needs no distribution, outliers weigh one, and bins may hold different numbers.

* The statistic of a stretch is the signed root of the binomial deviance (a likelihood ratio),
  less what its length allows for: short stretches are many (Duembgen and Spokoiny, Annals of
  Statistics 29, 2001). Its largest value is compared with :data:`CRITICAL`.
* ``strata`` are compared only with themselves: with one stratum per time of day, a daily cycle
  is no change (as in a stratified rank test; van Elteren, 1960).
* Bins vary more than sampling alone explains, and neighbours resemble each other. Both are
  measured on what the best stretch leaves over and divided out (:class:`Noise`), so that a
  change does not hide itself in its own noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["CRITICAL", "Noise", "Stretch", "confidence_set", "p_value", "scan"]

#: Simulated null distribution of the largest excess: value -> probability to be above it.
#: Independent and AR(1) series of 24 to 288 bins, the worst of them (benchmarks/change_points.py).
_NULL = ((1.5, 0.1), (1.85, 0.05), (2.6, 0.01), (3.5, 0.001), (4.3, 0.0001))
#: The excess that fewer than one stationary series in 100 reaches.
CRITICAL = 2.85
#: Less information than this (a variance of counts) is no evidence either way.
_LEAST_VARIANCE = 1.5
#: An episode has one place more than a step; where both fit equally well, it is a step.
_EPISODE = 0.4
#: Where the normal approximation stays this far below, the deviance is not looked up.
_NEAR = 0.0
#: Residuals beyond so many standard deviations are another change, or an outlier.
_CLIP = 3.5
#: Correlation of neighbours is believed up to 0.7: what looks like more is another change.
_MOST_TIED = 6.0
#: Upper 95 % point of the likelihood ratio of a change's place, P(x) = (1 - exp(-x / 2))**2
#: (Hansen, Econometrica 68, 2000, table 1).
_PLACE_95 = 7.35


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How much more than by sampling the series varies.

    ``between``: variance between bins, in units of the variance of one sample; a bin of ``n``
    samples says no more than ``n / (1 + n * between)`` independent ones do.
    ``inflation``: long-run variance over variance (1 where neighbours do not resemble) of what
    the stretch leaves over; ``tied``: at least that of the whole series, which judges whether
    there is a stretch at all (what it leaves over looks calmer than it is).
    """

    between: float = 0.0
    inflation: float = 1.0
    tied: float = 1.0

    def of_samples(self, count: float) -> float:
        """Return the variance of a sum over that of independent samples, ``count`` in a bin."""
        return (1 + count * self.between) * self.inflation


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The stretch of bins ``start`` to ``end`` (exclusive) that differs most from the rest.

    ``excess`` is what :data:`CRITICAL` judges; ``sign`` is +1 where more samples are above.
    """

    start: int
    end: int
    excess: float
    sign: int
    noise: Noise

    @property
    def found(self) -> bool:
        """Say whether a stationary series would hardly ever show such a stretch."""
        return self.excess > CRITICAL


@dataclass(frozen=True)
class _Bins:
    """Counts, and the share above that is expected in each bin's stratum."""

    above: Floats
    count: Floats
    strata: Ints

    @property
    def share(self) -> Floats:
        above = np.bincount(self.strata, self.above)
        return (above / np.maximum(np.bincount(self.strata, self.count), 1e-300))[self.strata]

    def shrunk(self, between: float) -> _Bins:
        """Return bins of as many independent samples as they are worth."""
        worth = 1 / (1 + self.count * between)
        return _Bins(self.above * worth, self.count * worth, self.strata)


def scan(above: Floats, count: Floats, strata: Ints | None = None) -> Stretch | None:
    """Return the stretch that differs most, or None where nothing can be told.

    Args:
        above: samples above the reference in each bin, in order of time.
        count: samples in each bin, more than 0.
        strata: number (from 0) of each bin's stratum; without it all bins are compared.

    Example:
        >>> found = scan(np.repeat([2.0, 8.0], 20), np.full(40, 10.0))
        >>> found.start, found.end, found.found
        (0, 20, True)
    """
    codes = np.zeros(len(above), np.int64) if strata is None else strata
    bins = _Bins(np.asarray(above, np.float64), np.asarray(count, np.float64), codes)
    raw = _best(bins, Noise())
    if raw is None or raw.excess <= CRITICAL:  # noise only lowers it
        return raw
    between = _between(bins, raw)
    shrunk = bins.shrunk(between)
    again = _best(shrunk, Noise())
    if again is None:
        return None
    inflation = min(_inflation(_left_over(shrunk, again)), _MOST_TIED)
    tied = min(_of_process(_left_over(shrunk, None)), _MOST_TIED)
    noise = Noise(between=between, inflation=inflation, tied=max(tied, inflation))
    return _best(shrunk, noise)


def p_value(excess: float) -> float:
    """Return how often a stationary series shows an excess this large somewhere (at most 1).

    Between simulated points the logarithm is linear; beyond the last it goes on like that.
    """
    points = np.array(_NULL)
    log = np.log(points[:, 1])
    if excess > points[-1, 0]:
        slope = (log[-1] - log[-2]) / (points[-1, 0] - points[-2, 0])
        return float(math.exp(max(log[-1] + slope * (excess - points[-1, 0]), -700.0)))
    if excess < points[0, 0]:
        return float(min(1.0, math.exp(log[0] + 3 * (points[0, 0] - excess))))
    return float(math.exp(np.interp(excess, points[:, 0], log)))


def _best(bins: _Bins, noise: Noise) -> Stretch | None:
    share = bins.share
    variances = bins.count * share * (1 - share)
    total = float(variances.sum())
    more = _inside(bins.above - bins.count * share)
    variance = _variance(variances, bins.strata)
    told = variance > _LEAST_VARIANCE
    if not told.any():
        return None
    safe = np.where(told, variance, 1.0)
    allowed = np.sqrt(2 * np.log(math.e * np.maximum(total / (4 * safe), 1.0)))
    size = np.abs(more) / np.sqrt(safe)
    near = told & (size - allowed > _NEAR)  # elsewhere the exact figure matters to nobody
    if near.any():
        size[near] = _root_deviance(bins, variances, safe, near)
    value = size / math.sqrt(noise.tied) - allowed
    value[1:, :-1] -= _EPISODE
    value[~told] = -np.inf
    start, end = (int(place) for place in np.unravel_index(int(value.argmax()), value.shape))
    sign = 1 if more[start, end] > 0 else -1
    most = float(value[start, end])
    return Stretch(start=start, end=end + 1, excess=most, sign=sign, noise=noise)


def _inside(values: Floats) -> Floats:
    """Return the sums of all stretches: row = first bin, column = last bin; 0 below."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.triu(sums[None, 1:] - sums[:-1, None])


def _variance(variances: Floats, strata: Ints) -> Floats:
    """Return the variance of every stretch's sum, given the sums of all strata.

    Adding a bin of variance v to a stretch adds v less (v**2 + 2 v w) / V, where w is what its
    stratum has in the stretch already, and V all it has.
    """
    whole = np.bincount(strata, variances)
    hot = np.zeros((len(strata), len(whole)))
    hot[np.arange(len(strata)), strata] = variances
    before = np.cumsum(hot, axis=0) - hot
    own = before[np.arange(len(strata)), strata]
    there = own[None, :] - before[:, strata]
    part = variances / np.maximum(whole[strata], 1e-300)
    step = variances - part * (variances + 2 * there)
    return np.asarray(np.cumsum(np.triu(step), axis=1))


def _root_deviance(bins: _Bins, variances: Floats, variance: Floats, near: Flags) -> Floats:
    """Return the signless root of the binomial deviance of the stretches ``near`` and the rest.

    With several strata the two sides are no independent samples: the deviance is scaled to the
    ``variance`` that the stretch has.
    """
    sums = bins.above, bins.count, bins.count * bins.share, variances
    inside = [_inside(values)[near] for values in sums]
    outside = [values.sum() - part for values, part in zip(sums, inside, strict=True)]
    deviance = _departure(*inside[:3]) + _departure(*outside[:3])
    scale = inside[3] * outside[3] / (variances.sum() * variance[near])
    return np.asarray(np.sqrt(np.maximum(deviance * scale, 0.0)))


def _departure(above: Floats, count: Floats, expected: Floats) -> Floats:
    return 2 * (_x_log(above, expected) + _x_log(count - above, count - expected))


def _x_log(seen: Floats, expected: Floats) -> Floats:
    known = (seen > 1e-9) & (expected > 1e-9)  # noqa: PLR2004 - sums that are 0 but for rounding
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=known)
    return np.asarray(seen * np.log(ratio))


def _left_over(bins: _Bins, found: Stretch | None) -> Floats:
    """Return the residuals (variance 1 if sampling were all) that the stretch leaves over."""
    share = bins.share
    variances = np.maximum(bins.count * share * (1 - share), 1e-12)
    whole = np.bincount(bins.strata, variances)[bins.strata]
    inside = np.zeros(len(variances))
    if found is None:
        return np.asarray((bins.above - bins.count * share) / np.sqrt(variances))
    inside[found.start : found.end] = 1.0
    within = np.bincount(bins.strata, variances * inside)[bins.strata]
    regressor = variances * (inside - within / whole)
    more = bins.above - bins.count * share
    slope = more[inside > 0].sum() / max(regressor[inside > 0].sum(), 1e-12)
    return np.asarray((more - slope * regressor) / np.sqrt(variances))


def _between(bins: _Bins, found: Stretch) -> float:
    """Return the variance between bins beyond sampling, by moments; 0 if there is none."""
    left = _left_over(bins, found)
    freedom = max(len(left) - int(bins.strata.max()) - 2, 1)
    clipped = _clipped(left)
    extra = float(clipped @ clipped) - freedom
    return max(0.0, extra / freedom * len(left) / float(bins.count.sum()))


def _inflation(left: Floats) -> float:
    """Return the long-run variance over the variance, at least 1.

    The larger of two estimates: of an AR(1) process, and Bartlett's from several lags, which
    AR(1) with sampling noise on top needs.
    """
    lags = max(2, round(1.5 * len(left) ** (1 / 3)))
    weights = 1 - np.arange(1, lags + 1) / (lags + 1)
    return max(1.0, _of_process(left), 1 + 2 * float(weights @ _autocorrelations(left, lags)))


def _of_process(left: Floats) -> float:
    """Return the inflation of an AR(1) process, its correlation corrected for its bias.

    The bias is (1 + 3 r) / n (Marriott and Pope, Biometrika 41, 1954).
    """
    first = float(_autocorrelations(left, 1)[0])
    first = min(first + (1 + 3 * max(first, 0.0)) / len(left), 0.95)
    return max(1.0, (1 + first) / (1 - first))


def _autocorrelations(left: Floats, lags: int) -> Floats:
    clipped = _clipped(left)
    variance = max(float(clipped @ clipped), 1e-12)  # the stretch may leave nothing over
    products = [float(clipped[lag:] @ clipped[:-lag]) for lag in range(1, lags + 1)]
    return np.array(products) / variance


def _clipped(left: Floats) -> Floats:
    scale = max(1.0, 1.4826 * float(np.median(np.abs(left))))
    return np.asarray(np.clip(left, -_CLIP * scale, _CLIP * scale))


def confidence_set(gain: Floats) -> tuple[int, int]:
    """Return the first and last place that a change may have, by its log-likelihoods.

    Args:
        gain: log-likelihood of a change at each place, noise divided out.
    """
    near = np.flatnonzero(2 * (gain.max() - gain) <= _PLACE_95)
    return int(near[0]), int(near[-1])
