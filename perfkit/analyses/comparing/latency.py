"""The shift of one key and of its quantiles, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics
from perfkit.statistics.bootstrap import quantile_shifts
from perfkit.statistics.runs import ENOUGH, between_runs, enough, run_shift
from perfkit.statistics.shift import Shift, pair_quantiles, shift
from perfkit.statistics.student import two_sided

if TYPE_CHECKING:
    from perfkit.analyses.comparing.samples import Samples

__all__ = ["COMPARED_FROM", "PERCENTILES", "Latency", "Quantile", "latency"]

PERCENTILES = (50, 90, 95, 99)
#: Samples a side below which a percentile is not compared. The interval of one p99 exists from
#: 368 on; comparisons of two were simulated to be worth something from 1,000 on only (an interval
#: then reaches from the true p98.3 to p99.7; power for +10 % is 0.3).
COMPARED_FROM = {p: statistics.MINIMUM_COUNT[p] for p in PERCENTILES} | {99: 1000}


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """One percentile: both samples' own in ms; the shift is in logarithms, NaN if too few."""

    before_ms: float
    after_ms: float
    shift: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p_value: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How the latency of one key changed, in natural logarithms; NaN where too few samples."""

    counts: tuple[int, int]
    shift: Shift
    tau: float
    drift: float
    by_runs: bool
    quantiles: dict[int, Quantile]


def latency(samples: Samples) -> Latency:
    """Compare the durations of one key."""
    if not samples.enough:
        return Latency(
            counts=samples.counts,
            shift=_unsure(samples),
            tau=math.nan,
            drift=math.nan,
            by_runs=False,
            quantiles={p: Quantile(before_ms=b, after_ms=a) for p, (b, a) in _own(samples).items()},
        )
    by_runs = enough(len(samples.before), len(samples.after))
    old, new = samples.logs
    if by_runs:
        found, drift = run_shift(old, new, tau=samples.tau)
    else:
        found, drift = shift(np.concatenate(old), np.concatenate(new), tau=samples.tau), math.nan
    return Latency(
        counts=samples.counts,
        shift=found,
        tau=samples.tau,
        drift=drift,
        by_runs=by_runs,
        quantiles=_quantiles(samples),
    )


def _unsure(samples: Samples) -> Shift:
    """Return the shift of too few samples: a number without an interval."""
    value = math.nan
    if min(samples.counts):
        before, after = (np.sort(samples.log(side)) for side in samples.pooled)
        (value,) = pair_quantiles(before, after, (0.5,))
    return Shift(
        value=value, low=math.nan, high=math.nan, p_value=math.nan, error=math.nan, freedom=math.nan
    )


def _own(samples: Samples) -> dict[int, tuple[float, float]]:
    """Return each percentile of the samples in ms, before and after."""
    shares = [p / 100 for p in PERCENTILES]
    old, new = (
        np.quantile(side, shares).tolist() if side.size else [math.nan] * len(shares)
        for side in samples.pooled
    )
    return dict(zip(PERCENTILES, zip(old, new, strict=True), strict=True))


def _quantiles(samples: Samples) -> dict[int, Quantile]:
    own = _own(samples)
    found = {p: Quantile(before_ms=old, after_ms=new) for p, (old, new) in own.items()}
    supported = [p for p in PERCENTILES if min(samples.counts) >= COMPARED_FROM[p]]
    logs = {p: samples.log(np.array(own[p])) for p in supported}
    values = {p: float(new - old) for p, (old, new) in logs.items()}
    for p, (low, high, p_value) in _intervals(samples, values).items():
        found[p] = replace(
            found[p],
            shift=values[p],
            low=min(low, values[p]),
            high=max(high, values[p]),
            p_value=p_value,
        )
    return found


def _intervals(samples: Samples, values: dict[int, float]) -> dict[int, tuple[float, float, float]]:
    """Return low, high and p-value of each percentile's shift."""
    if not values:
        return {}
    if min(map(len, samples.logs)) >= ENOUGH:
        return _between_runs(samples, list(values))
    before, after = map(np.concatenate, samples.logs)
    shifts = quantile_shifts(before, after, [p / 100 for p in values], tau=samples.tau)
    return {
        p: (low, high, _p_value(value, error, samples, p))
        for (p, value), (low, high, error) in zip(values.items(), shifts, strict=True)
    }


def _between_runs(
    samples: Samples, percentiles: list[int]
) -> dict[int, tuple[float, float, float]]:
    shares = [p / 100 for p in percentiles]
    before, after = (
        np.array([np.quantile(run, shares) for run in side]).T for side in samples.logs
    )
    found = map(between_runs, before, after)
    return {p: (s.low, s.high, s.p_value) for p, s in zip(percentiles, found, strict=True)}


def _p_value(value: float, error: float, samples: Samples, percentile: int) -> float:
    """Return the p-value of a shift by its bootstrapped error.

    The samples beyond the percentile are those that tell of it: their number, without what
    dependence takes off, are the degrees of freedom.
    """
    beyond = min(samples.counts) * min(percentile, 100 - percentile) / 100
    freedom = max(2 * beyond / samples.tau - 2, 1.0)
    return two_sided(value / error, freedom) if error else float(value == 0)
