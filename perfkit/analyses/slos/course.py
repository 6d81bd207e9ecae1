"""A budget over time: the periods in which most requests were over it, and the first of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.alerts.grid import SECOND, Grid, extent
from perfkit.statistics.binomial import chance_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.slos.seen import Sample, Seen

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Course", "course", "first_broken", "periods_of", "worst"]

#: Lengths of periods in s; each divides a minute, and these the windows of alerts.
_STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60)
#: Beyond two days in minutes there is more to look at than to see: five minutes then.
_MINUTES, _LONG_S = 2880, 300
_MOST = 100_000  # periods: half a year of five minutes
#: To a recording below an hour: what the shortest window of alerts is of it.
_SHORT = 72
_FEWEST = 24
_CHANCE = 0.01  # that a stretch looks broken by chance, over all periods


@dataclass(frozen=True, kw_only=True)
class Course:
    """Requests per period of a grid, and how many of them count against the budget.

    ``allowed`` is the share (0 to 1) that may.
    """

    grid: Grid
    requests: Floats
    over: Floats
    allowed: float

    @property
    def seconds(self) -> float:
        """The length of a period in s."""
        return self.grid.seconds

    @cached_property
    def ends(self) -> Ints:
        """When every period ends (ns)."""
        return self.grid.start + self.grid.width * np.arange(1, self.grid.size + 1)

    @property
    def excess(self) -> Floats:
        """Requests beyond what the period's share of the budget allows."""
        return self.over - self.allowed * self.requests

    def joined(self, periods: int) -> Course:
        """Return the course in periods so many times as long; the last one may be short."""
        starts = np.arange(0, self.grid.size, periods)
        return Course(
            grid=Grid(self.grid.start, self.grid.width * periods, len(starts)),
            requests=np.add.reduceat(self.requests, starts),
            over=np.add.reduceat(self.over, starts),
            allowed=self.allowed,
        )


def periods_of(seen: Seen) -> Grid | None:
    """Return the periods over the times of all requests; None where they have no two times."""
    dated = seen.dated
    ends = extent(seen.rows.ns if dated.all() else seen.rows.ns[dated])
    if ends is None:
        return None
    first, last = ends
    width = round(_step((last - first) / SECOND) * SECOND)
    start = first // width * width
    return Grid(start, width, (last - start) // width + 1)


def _step(seconds: float) -> float:
    if seconds > _MINUTES * 60:
        return max(_LONG_S, seconds / _MOST)
    fits = [step for step in _STEPS_S if step * _SHORT <= seconds]
    return fits[-1] if fits else _STEPS_S[0]


def course(seen: Seen, sample: Sample, grid: Grid, allowed: float) -> Course:
    """Count a sample per period."""
    places = grid.places(seen.rows.ns[sample.place])
    return Course(
        grid=grid,
        requests=grid.count(places, weights=sample.weight),
        over=grid.count(places, sample.over, weights=sample.weight),
        allowed=allowed,
    )


def worst(whole: Course, most: int) -> tuple[Course, Ints]:
    """Return the course in minutes, and the places of those with most requests too many.

    A recording of less than 24 minutes is divided by 24 instead.
    """
    each = min(60.0, whole.grid.size * whole.seconds / _FEWEST)
    minutes = whole.joined(max(1, math.ceil(each / whole.seconds)))
    order = np.argsort(-minutes.excess, kind="stable")[:most]
    return minutes, order[minutes.excess[order] > 0]


def first_broken(whole: Course) -> int:
    """Return the time (ns) since which more requests were over the limit than are allowed.

    The requests too many are added up, from 0 again whenever there are none (CUSUM: Page,
    Biometrika 41 (1954) 100); it is where the first sum begins that is no chance (1 % over all
    periods). Without one it is the beginning of the course.
    """
    requests, over, excess = (
        np.concatenate(([0.0], np.cumsum(counts)))
        for counts in (whole.requests, whole.over, whole.excess)
    )
    lowest = np.minimum.accumulate(excess)
    begin = np.maximum.accumulate(np.where(excess == lowest, np.arange(len(excess)), 0))
    likely = chance_bound(over - over[begin], requests - requests[begin], whole.allowed)
    sure = np.flatnonzero(likely * whole.grid.size < _CHANCE)
    return whole.grid.at(int(begin[sure[0]]) if len(sure) else 0)
