"""Requests by time: counted once, read by all rules.

Latency has no unit here: the *level* of a route in a bin is the logarithm of its median there
over its median in the whole recording, so that routes can be compared and a change in the mix
of routes is no change in latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.alerts import grid as grids
from perfkit.analyses.alerts import ordered

if TYPE_CHECKING:
    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.per_route import Routes
    from perfkit.analyses.alerts.rows import Floats, Ints, Rows

__all__ = ["Binned", "bin_requests"]

#: Requests a bin has on average: a median of 20 is known to about 10 %. Five routes then have
#: as many each, unless so few bins would be left that changes could not be seen.
PER_BIN, FEWER_PER_BIN = 100, 20
BINS, FEW_BINS = 3000, 120
#: Routes looked at one by one, by requests; more would share too few requests.
ROUTES = 12
#: Requests of a route in a bin that have a median worth looking at.
FEWEST = 5


@dataclass(frozen=True)
class Binned:
    """One column per bin.

    ``count``, ``known``, ``failed``: requests started; ``completed``: requests ended;
    ``in_flight``: requests under way, on average; ``route_count`` and ``route_level``: one row
    per place in ``routes`` (see the module), NaN below five requests.
    """

    grid: Grid
    count: Floats
    known: Floats
    failed: Floats
    completed: Floats
    in_flight: Floats
    routes: Ints
    route_count: Floats
    route_level: Floats

    @cached_property
    def rate(self) -> Floats:
        """Requests per second; NaN in bins without any: the log may have a gap there."""
        return np.where(self.count > 0, self.count / self.grid.seconds, np.nan)

    @cached_property
    def level(self) -> Floats:
        """Return the mean level of all routes in a bin, each by its number of requests."""
        known = ~np.isnan(self.route_level)
        weights = np.where(known, self.route_count, 0.0)
        total = weights.sum(axis=0)
        summed = (np.where(known, self.route_level, 0.0) * weights).sum(axis=0)
        level: Floats = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
        return level


def bin_requests(rows: Rows, routes: Routes) -> Binned | None:
    """Return the requests by time; None where no two of them have different times."""
    times = rows.start if rows.timed.all() else rows.start[rows.timed]
    ends = grids.extent(times)
    if ends is None:
        return None
    grid = _grid(*ends, len(times))
    places = grid.places(rows.start)
    count = grid.count(places)
    chosen = routes.most(ROUTES)
    route_count, level = _levels(rows, routes, grid, places, chosen)
    finished = rows.start + np.nan_to_num(rows.duration_ms * 1e6).astype(np.int64)
    return Binned(
        grid=grid,
        count=count,
        known=grid.count(places, rows.known),
        failed=grid.count(places, rows.failed),
        completed=grid.count(grid.places(finished), rows.timed),
        in_flight=_in_flight(grid, rows.start[rows.timed], finished[rows.timed]),
        routes=chosen,
        route_count=route_count,
        route_level=level,
    )


def _grid(first: int, last: int, rows: int) -> Grid:
    grid = grids.finest(first, last, rows, per_bin=PER_BIN, most=BINS)
    if grid.size >= FEW_BINS:
        return grid
    return grids.finest(first, last, rows, per_bin=FEWER_PER_BIN, most=FEW_BINS)


def _levels(
    rows: Rows, routes: Routes, grid: Grid, places: Ints, chosen: Ints
) -> tuple[Floats, Floats]:
    """Return counts and levels of the chosen routes, one row each."""
    rank = np.full(len(routes.labels), -1, np.int64)
    rank[chosen] = np.arange(len(chosen))
    of = rank[rows.route.codes]
    cells = np.where((places >= 0) & (of >= 0), of * grid.size + places, -1)
    size = len(chosen) * grid.size
    sorted_ms = ordered.sort(cells, rows.duration_ms, size)
    median, count = sorted_ms.quantile(0.5), sorted_ms.counts
    base = np.repeat(routes.p50_ms[chosen], grid.size)
    usable = (count >= FEWEST) & (median > 0) & (base > 0)
    ratio = np.divide(median, base, out=np.ones(size), where=usable)
    level = np.where(usable, np.log(ratio), np.nan)
    shape = (len(chosen), grid.size)
    return count.astype(np.float64).reshape(shape), level.reshape(shape)


def _in_flight(grid: Grid, start: Ints, end: Ints) -> Floats:
    """Return how many requests were under way on average in every bin."""
    edges = _elapsed(grid, start) - _elapsed(grid, end)
    return np.diff(edges)


def _elapsed(grid: Grid, times: Ints) -> Floats:
    """Return at every edge of the grid the time since all earlier ``times``, in bins."""
    offset = np.maximum((times - grid.start) / grid.width, 0.0)
    offset = offset[offset < grid.size]
    place = offset.astype(np.int64)
    count = np.cumsum(np.bincount(place, minlength=grid.size))
    total = np.cumsum(np.bincount(place, weights=offset, minlength=grid.size))
    edges = np.arange(1, grid.size + 1)
    return np.concatenate(([0.0], count * edges - total))
