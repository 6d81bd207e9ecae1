"""Spells in which latency is raised although the throughput is what it was at other times.

A route's level (its median over its usual median, as a logarithm; :mod:`.binned`) is smoothed over
five bins and freed from its trend with the load (Theil and Sen). It is raised where it exceeds
its lower quartile by the threshold and by six deviations, for five bins and a minute at least. A
spell counts only beside *comparable* bins outside of it, in which as many requests were served at
the usual latency: otherwise load may be the cause, and the question is that of saturation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.alerts import series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["DEVIATIONS", "LENGTH", "Spell", "comparable", "find", "raised_runs", "shortest"]

#: Bins that a median smooths over, and that a spell lasts at least.
LENGTH = 5
#: Bins follow each other closely and are many; six deviations leave room for both.
DEVIATIONS = 6.0
#: As much throughput as in the spell: from a little less to a third more.
_BAND = (0.9, 1.34)
#: Caches are cold for some seconds after a restart: a spell lasts a minute, in a short recording
#: this part of it.
_LEAST_S = 60.0
_LEAST_SHARE = 0.05
#: Share of a route's bins that must have a level.
_KNOWN = 0.5


@dataclass(frozen=True)
class Spell:
    """Bins ``low`` to ``high`` (exclusive).

    One element per route that could be judged: ``routes`` (rows of the bins' ``route_level``),
    ``ratio`` (median latency over that of the comparable bins), ``raised`` (beyond what those
    bins ever show). ``saves_ms`` is the mean excess of a request, ``requests`` of how many.
    """

    low: int
    high: int
    comparables: int
    routes: NDArray[Any]
    ratio: Floats
    raised: NDArray[Any]
    saves_ms: float
    requests: int

    @property
    def worst(self) -> int:
        """The index, among the judged, of the route that rose most."""
        return int(np.argmax(np.where(self.raised, self.ratio, 0.0)))


def find(bins: Binned, ratio: float, base_ms: Floats) -> list[Spell]:
    """Return the spells with a route whose latency rose ``ratio``-fold, earliest first.

    ``base_ms`` is the usual median of every route, in ms.
    """
    flags = np.zeros(bins.route_level.shape, np.bool_)
    load = np.log(bins.rate)
    for row, level in enumerate(bins.route_level):
        if np.isfinite(level).mean() >= _KNOWN:
            for low, high in raised_runs(level, load, math.log(ratio)):
                flags[row, low:high] = True
    anywhere: NDArray[Any] = np.asarray(flags.any(axis=0))
    runs = series.runs(anywhere, shortest(bins), LENGTH)
    judged = (_judge(bins, anywhere, run, ratio, base_ms) for run in runs)
    return [spell for spell in judged if spell is not None]


def shortest(bins: Binned) -> int:
    """Return how many bins a spell lasts at least: five, and a minute or 5 % of the time."""
    least = min(_LEAST_S, _LEAST_SHARE * bins.grid.size * bins.grid.seconds)
    return max(LENGTH, math.ceil(least / bins.grid.seconds))


def raised_runs(values: Floats, load: Floats, least: float) -> list[tuple[int, int]]:
    """Return the runs in which ``values`` are raised by ``least`` and by six deviations."""
    smooth = series.rolling_median(values, LENGTH)
    slope = series.load_slope(smooth, load)
    free = smooth - slope * series.rolling_median(load, LENGTH)
    quartile, deviation = series.usual(free)
    limit = quartile + max(least, DEVIATIONS * deviation)
    with np.errstate(invalid="ignore"):
        return series.runs(free > limit, LENGTH, bridge=1)


def comparable(bins: Binned, outside: NDArray[Any], low: int, high: int) -> NDArray[Any]:
    """Return the bins of ``outside`` with as much throughput as those from ``low`` to ``high``."""
    rate = series.rolling_median(bins.rate, LENGTH)
    usual = series.quantile(bins.rate[low:high], 0.5)  # smoothing would flatten a short burst
    with np.errstate(invalid="ignore"):
        near = (rate >= _BAND[0] * usual) & (rate <= _BAND[1] * usual)
    return np.flatnonzero(near & outside)


def _judge(
    bins: Binned, anywhere: NDArray[Any], run: tuple[int, int], ratio: float, base_ms: Floats
) -> Spell | None:
    low, high = run
    alike = comparable(bins, ~anywhere, low, high)
    if len(alike) < max(LENGTH, (high - low) // 2):
        return None
    inside, other = bins.route_level[:, low:high], bins.route_level[:, alike]
    routes = np.flatnonzero(
        (np.isfinite(inside).sum(axis=1) >= LENGTH) & (np.isfinite(other).sum(axis=1) >= LENGTH)
    )
    if not len(routes):
        return None
    rise = np.array([_median(inside[r]) - _median(other[r]) for r in routes])
    raised = np.array([_median(inside[r]) > series.quantile(other[r], 0.9) for r in routes])
    raised &= rise > math.log(1 + (ratio - 1) / 2)
    if not (raised & (rise >= math.log(ratio))).any():
        return None
    saves, requests = _excess(bins, routes[raised], run, alike, base_ms)
    return Spell(low, high, len(alike), routes, np.exp(rise), raised, saves, requests)


def _excess(
    bins: Binned, routes: NDArray[Any], run: tuple[int, int], alike: NDArray[Any], base_ms: Floats
) -> tuple[float, int]:
    """Return the mean excess over the usual median (ms) of requests of ``routes``, and of how many.

    It is the median's excess, for each request of a bin: a lower bound where tails are long.
    """
    low, high = run
    total, requests = 0.0, 0.0
    for route in routes:
        level, count = bins.route_level[route, low:high], bins.route_count[route, low:high]
        more = np.exp(level) - math.exp(_median(bins.route_level[route, alike]))
        total += float(np.nansum(more * count)) * float(base_ms[bins.routes[route]])
        requests += float(count[np.isfinite(level)].sum())
    return (total / requests, int(requests)) if requests else (0.0, 0)


def _median(values: Floats) -> float:
    return series.quantile(values, 0.5)
