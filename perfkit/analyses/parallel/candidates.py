"""Groups of calls that could overlap: where, how sure, how much a request would gain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics
from perfkit.analyses import groups
from perfkit.analyses.parallel import gain
from perfkit.analyses.parallel.evidence import ENOUGH, Level, Pairs, pairs
from perfkit.analyses.parallel.matrix import Matrix, matrix
from perfkit.analyses.parallel.schedule import Schedule, schedule
from perfkit.analyses.parallel.sites import LEAST_MS, LEAST_REQUESTS, LEAST_SHARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.parallel.operations import Operation
    from perfkit.analyses.parallel.sites import Site
    from perfkit.analyses.parallel.steps import Steps
    from perfkit.span_ids import Flags, Ints

__all__ = ["Candidate", "candidate"]

#: Calls that overlap in most requests are concurrent already; where they do not, the next one
#: had to wait for a free connection or thread.
_HABIT = 0.5
#: Of so many requests of a route, what hardly any does is the exception.
_ENOUGH_REQUESTS, _RARE = 20, 0.01
#: The less certain level counts when it promises so much more.
_MORE = 1.5
#: Less than that of a call's time is not worth being overlapped with another.
_SHORT_NS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Operations of one place that run one after another, and need not at a certain level.

    Attributes:
        matrix: all calls of the place.
        pairs: the evidence.
        level: the weakest evidence that the saving stands on.
        columns: the operations that would overlap, in order of time.
        schedule: now and at best.
        lines: requests (rows of the matrix) that gain something.
        owners: the row of the request that each belongs to, once each.
        gains_ms: what each request in ``owners`` gains.
    """

    matrix: Matrix
    pairs: Pairs
    level: Level
    columns: Sequence[int]
    schedule: Schedule
    lines: Ints
    owners: Ints
    gains_ms: NDArray[np.float64]

    @property
    def operations(self) -> list[Operation]:
        """What is called, in order of time."""
        return [self.matrix.operations[column] for column in self.columns]

    @property
    def site(self) -> Site:
        """The place."""
        return self.matrix.site

    @property
    def requests(self) -> int:
        """Requests that were seen to gain something."""
        return len(self.owners)

    @cached_property
    def times(self) -> float:
        """Requests that these stand for: with the weights of sampled ones, and those skipped."""
        forest = self.matrix.steps.forest
        weight = groups.numbers(forest.rows["weight"].take(self.owners))
        return float(np.nan_to_num(weight, nan=1.0).sum()) * self.site.every

    @cached_property
    def saves_ms(self) -> float:
        """Median per request."""
        return float(np.median(self.gains_ms))

    @cached_property
    def interval_ms(self) -> tuple[float, float]:
        """95 % interval of the median; NaN below six requests."""
        return statistics.quantile_interval(self.gains_ms, 0.5)

    @cached_property
    def share(self) -> float:
        """Median share of the request."""
        length = self.matrix.steps.forest.length[self.owners] / 1e6
        return float(np.median(self.gains_ms / np.maximum(length, 1e-6)))

    @property
    def sequential_ms(self) -> float:
        """Time of a request in which one of the calls runs, in the median."""
        return self._of_requests(self.schedule.now)

    @property
    def longest_ms(self) -> float:
        """Time of the longest chain of calls that need each other, likewise."""
        return self._of_requests(self.schedule.best)

    def _of_requests(self, ns: Ints) -> float:
        owner = self.matrix.steps.forest.owner[self.site.containers[self.lines]]
        _, place = np.unique(owner, return_inverse=True)
        return float(np.median(np.bincount(place, weights=ns[self.lines]))) / 1e6

    @property
    def times_each(self) -> int:
        """How often a request comes along the place, on average."""
        return round(len(self.lines) / max(len(self.owners), 1))

    @property
    def typical(self) -> int:
        """The row of the matrix that is nearest to the medians of saving and of what it takes."""
        calls, lines = self.matrix, self.lines
        start = np.where(calls.present, calls.start, np.iinfo(np.int64).max)[lines]
        extent = (calls.end[lines] - start.min(axis=1, keepdims=True)).max(axis=1)
        saved = self.schedule.saved[lines]
        off = sum(np.abs(one / max(float(np.median(one)), 1.0) - 1) for one in (saved, extent))
        return int(lines[np.argmin(off)])


def candidate(steps: Steps, site: Site) -> Candidate | None:
    """Return what could overlap at a place, at the level that promises most; None: nothing."""
    calls = matrix(steps, site)
    if calls.row.shape[1] < 2:  # noqa: PLR2004 - a call overlaps another
        return None
    found = pairs(calls)
    levels = (Level.SWAPPED, Level.LIKELY, Level.POSSIBLE)
    at = {level: _at(calls, found, level) for level in levels if (found.level >= level).any()}
    proven, likely = at.get(Level.SWAPPED), at.get(Level.LIKELY)
    if proven and not (likely and likely.saves_ms > _MORE * proven.saves_ms):
        return proven
    return likely or at.get(Level.POSSIBLE)


def _at(calls: Matrix, found: Pairs, least: Level) -> Candidate | None:
    apart = found.apart(least)
    plan = schedule(calls, apart)
    lines = np.flatnonzero((plan.saved > 0) & calls.usable)
    if len(lines) < LEAST_REQUESTS:
        return None
    owners, gains = _by_request(calls, lines, plan.saved[lines])
    columns = _columns(calls, lines, apart)
    if len(owners) < LEAST_REQUESTS or not columns:
        return None
    chosen = Candidate(
        matrix=calls,
        pairs=found,
        level=_weakest(found, columns, least),
        columns=columns,
        schedule=plan,
        lines=lines,
        owners=owners,
        gains_ms=gains / 1e6,
    )
    return chosen if _worth_it(chosen) else None


def _by_request(calls: Matrix, lines: Ints, saved: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """Return the requests that gain something, and how much each does, in ns."""
    forest = calls.steps.forest
    rows = calls.site.containers[lines]
    gained = gain.at_owner(forest, rows, saved)
    owners, place = np.unique(forest.owner[rows], return_inverse=True)
    total = np.minimum(np.bincount(place, weights=gained), forest.length[owners])
    return owners[total > 0], total[total > 0]


def _columns(calls: Matrix, lines: Ints, apart: Flags) -> list[int]:
    """Return the operations that could overlap another one and are worth it, in order of time."""
    here = calls.present[lines]
    start, length, segment = (
        values[lines] for values in (calls.start, calls.length, calls.segment)
    )
    chosen = []
    for a, b in np.argwhere(np.triu(apart)).tolist():
        both = here[:, a] & here[:, b] & (segment[:, a] == segment[:, b])
        shorter = np.minimum(length[both, a], length[both, b])
        often = np.count_nonzero(both) >= max(LEAST_REQUESTS, _HABIT * len(lines))
        if often and np.median(shorter) >= _SHORT_NS:
            chosen += [a, b]
    order = {column: float(np.median(start[here[:, column], column])) for column in set(chosen)}
    return sorted(order, key=lambda column: (order[column], column))


def _weakest(found: Pairs, columns: Sequence[int], least: Level) -> Level:
    levels = found.level[np.ix_(columns, columns)]
    return Level(int(levels[levels >= least].min()))


def _worth_it(chosen: Candidate) -> bool:
    """Say whether enough requests gain enough, and the code does not overlap the calls already."""
    if chosen.saves_ms < LEAST_MS or chosen.share < LEAST_SHARE:
        return False
    if chosen.level == Level.LIKELY and chosen.requests < ENOUGH:
        return False
    total = len(chosen.matrix.site.containers)
    rare = total >= _ENOUGH_REQUESTS and len(chosen.lines) <= max(1, _RARE * total)
    return not rare and _a_habit(chosen)


def _a_habit(chosen: Candidate) -> bool:
    """Say whether the calls follow each other in most requests, at the time when they do.

    A deployment may have brought it: what was before and after does not count.
    """
    calls, lines = chosen.matrix, chosen.lines
    both = np.count_nonzero(calls.present[:, chosen.columns], axis=1) > 1
    low, high = np.quantile(lines, [0.1, 0.9], method="nearest")  # rows are in time order
    during = np.zeros(len(both), np.bool_)
    during[low : high + 1] = True
    within = (lines >= low) & (lines <= high)
    return bool(np.count_nonzero(within) >= _HABIT * np.count_nonzero(both & during))
