"""Several runs a side: is the change larger than what one run differs from the next?

Runs of one and the same program differ by a few per cent (another machine, another cache,
another neighbour). Requests of one run share that, so that no number of them averages it out:
with 2 % of drift 13 of 100 equal pairs of runs look different. The unit is then the run. Where
each run lies is its Hodges-Lehmann shift against all requests together, which varies less than
its median; a t test compares the two sides' runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.shift import Shift, shift
from perfkit.statistics.student import two_sided, upper_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["ENOUGH", "between_runs", "drift", "enough", "located", "run_shift"]

#: Runs of a side that tell how runs differ; two would need a change of four standard errors.
ENOUGH = 3


@dataclass(frozen=True, kw_only=True)
class Located:
    """Where each run lies (unit of the samples), and the standard error of that."""

    places: Floats
    errors: Floats


def enough(before: int, after: int) -> bool:
    """Say whether so many runs a side tell how runs differ: three of one, one of the other."""
    return max(before, after) >= ENOUGH and min(before, after) > 0


def located(runs: Sequence[ArrayLike], pooled: ArrayLike, tau: float) -> Located:
    """Return the shift of every run against the pooled samples, each known and not empty."""
    found = [shift(pooled, run, tau=tau) for run in runs]
    places, errors = ([getattr(one, name) for one in found] for name in ("value", "error"))
    return Located(places=np.array(places), errors=np.array(errors))


def drift(runs: Located) -> float:
    """Return the standard deviation between runs, without what their samples' spread adds.

    NaN of fewer than three runs.
    """
    if runs.places.size < ENOUGH:
        return math.nan
    surplus = runs.places.var(ddof=1) - float((runs.errors**2).mean())
    return math.sqrt(max(0.0, float(surplus)))


def run_shift(
    before: Sequence[ArrayLike], after: Sequence[ArrayLike], *, tau: float = 1.0
) -> tuple[Shift, float]:
    """Return the shift between two sides of several runs, and the drift of those before.

    A side of one or two runs does not tell how precisely they lie: the change must then be
    larger than the runs' spread and than that of the samples (the larger p-value, both intervals).

    Args:
        before: samples of every run, none empty; :func:`enough` of them.
        after: likewise, in the same unit.
        tau: integrated autocorrelation time within runs.
    """
    old, new = (np.concatenate([np.asarray(run, np.float64) for run in s]) for s in (before, after))
    pooled = np.concatenate((old, new))
    first, then = located(before, pooled, tau), located(after, pooled, tau)
    found = between_runs(first.places, then.places)
    if min(len(before), len(after)) < ENOUGH:
        found = _wider(found, shift(old, new, tau=tau))
    return found, drift(first)


def between_runs(before: Floats, after: Floats) -> Shift:
    """Return the difference of the means of two sides' runs, by a t test.

    The variances are pooled where the sides have equally many runs (which the test then does not
    mind to be unequal) or one has too few to tell its own; otherwise Welch's test
    (Biometrika 34 (1947) 28).
    """
    value = float(after.mean() - before.mean())
    squares = [float(((side - side.mean()) ** 2).sum()) for side in (before, after)]
    counts = [before.size, after.size]
    if counts[0] == counts[1] or min(counts) < ENOUGH:
        freedom = float(sum(counts) - 2)
        variance = sum(squares) / freedom * (1 / counts[0] + 1 / counts[1])
    else:
        parts = [s / (n - 1) / n for s, n in zip(squares, counts, strict=True)]
        variance = sum(parts)
        spread = sum(part**2 / (n - 1) for part, n in zip(parts, counts, strict=True))
        freedom = variance**2 / spread if spread else float(sum(counts) - 2)
    error = math.sqrt(variance)
    reach = upper_quantile(0.025, float(f"{freedom:.3g}")) * error
    p_value = two_sided(value / error, freedom) if error else float(value == 0)
    return Shift(
        value=value,
        low=value - reach,
        high=value + reach,
        p_value=p_value,
        error=error,
        freedom=freedom,
    )


def _wider(runs: Shift, samples: Shift) -> Shift:
    return Shift(
        value=runs.value,
        low=min(runs.low, runs.value - (samples.value - samples.low)),
        high=max(runs.high, runs.value + (samples.high - samples.value)),
        p_value=max(runs.p_value, samples.p_value),
        error=max(runs.error, samples.error),
        freedom=runs.freedom,
    )
