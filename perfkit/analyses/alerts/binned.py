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

from perfkit.analyses import groups
from perfkit.analyses.alerts import grid as grids
from perfkit.analyses.alerts import ordered
from perfkit.analyses.alerts.sums import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
_LEAST_MS = 1e-30  # what a float32 still tells from 0


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
    if rows.extent is None:
        return None
    grid = _grid(*rows.extent, int(rows.timed.sum()))
    sums = Sums(grid)
    levels = _Levels(grid, routes, routes.most(ROUTES), len(rows))
    for part in groups.pieces(len(rows), grid.size):
        begun = sums.add(rows, part)
        levels.add(rows.route.codes[part], begun, rows.duration_ms[part])
    route_count, route_level = levels.found()
    return Binned(
        grid=grid,
        count=sums.count[1:-1],
        known=(sums.count - sums.unknown)[1:-1],
        failed=sums.failed[1:-1],
        completed=sums.completed[1:-1],
        in_flight=sums.in_flight,
        routes=levels.chosen,
        route_count=route_count,
        route_level=route_level,
    )


def _grid(first: int, last: int, rows: int) -> Grid:
    grid = grids.finest(first, last, rows, per_bin=PER_BIN, most=BINS)
    if grid.size >= FEW_BINS:
        return grid
    return grids.finest(first, last, rows, per_bin=FEWER_PER_BIN, most=FEW_BINS)


class _Levels:
    """Counts and levels of the ``chosen`` routes by bin."""

    def __init__(self, grid: Grid, routes: Routes, chosen: Ints, rows: int) -> None:
        """Number the cells of all chosen routes; other routes are below all bins."""
        self.chosen = chosen
        self._base_ms = routes.p50_ms[chosen]
        self._shape = len(chosen), grid.size + 2
        self._first = np.full(len(routes.labels), -self._shape[1], np.int64)
        self._first[chosen] = np.arange(len(chosen)) * self._shape[1]
        self._keys = np.empty(rows, np.uint64)
        self._size = 0

    def add(self, codes: NDArray[np.int32], begun: Ints, duration_ms: Floats) -> None:
        """Take in requests; ``begun`` are their bins (:meth:`Grid.cells`)."""
        found = ordered.keys(self._first[codes] + begun, duration_ms)
        self._keys[self._size : self._size + len(found)] = found
        self._size += len(found)

    def found(self) -> tuple[Floats, Floats]:
        """Return the counts and the levels, one row per chosen route."""
        cells = ordered.sort(self._keys[: self._size], self._shape[0] * self._shape[1])
        median, count = cells.quantile(0.5), cells.counts
        base = np.repeat(self._base_ms, self._shape[1])
        usable = (count >= FEWEST) & (median > 0) & (base > _LEAST_MS)
        ratio = np.divide(median, base, out=np.ones(len(base)), where=usable)
        level = np.where(usable, np.log(ratio), np.nan)
        inside = np.s_[:, 1:-1]
        counts = count.astype(np.float64).reshape(self._shape)[inside]
        return counts, level.reshape(self._shape)[inside]
