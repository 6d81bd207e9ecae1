"""The requests in the order of their routes, and in each in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.routes import routes

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.rows import Rows
    from perfkit.budget import Objective

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["Sample", "Seen", "seen"]

#: Logs are written when a request ends: lines so much out of order are in order here.
_LATE_NS = 60_000_000_000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The requests of one route that tell about one objective, in the order of time.

    ``place`` is where each is in the table; ``ms`` its duration (NaN where only its failure is
    asked for); ``over``: it counts against the budget; ``weight``: for how many it stands, None
    where each does for itself.
    """

    place: Ints
    ms: Floats
    over: Flags
    weight: Floats | None

    @cached_property
    def requests(self) -> float:
        """How many requests these are."""
        return float(len(self.place) if self.weight is None else self.weight.sum())

    @cached_property
    def broken(self) -> float:
        """How many of them count against the budget."""
        return self.summed(self.over)

    @property
    def worth(self) -> float:
        """As how many independent ones they count (Kish, Survey Sampling, 1965, section 8.2)."""
        if self.weight is None or not len(self.weight):
            return float(len(self.place))
        relative = self.weight / self.weight.max()
        return float(relative.sum() ** 2 / (relative**2).sum())

    def summed(self, chosen: Flags) -> float:
        """Return how many requests the chosen ones are."""
        if self.weight is None:
            return float(np.count_nonzero(chosen))
        return float(self.weight[chosen].sum())

    def beyond_ms(self, limit: float) -> float:
        """Return the time over the limit of all that are over it."""
        beyond = self.ms[self.over] - limit
        return float((beyond if self.weight is None else beyond * self.weight[self.over]).sum())


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All requests: ``order`` are their places, by route and then by time.

    ``by_time`` are their places by time alone, None where they are in that order.
    """

    rows: Rows
    labels: list[str | None]
    by_time: Ints | None
    order: Ints
    starts: Ints

    @cached_property
    def present(self) -> frozenset[int]:
        """The routes (by number) that have requests."""
        return frozenset(np.flatnonzero(np.diff(self.starts)).tolist())

    @property
    def dated(self) -> Flags:
        """Which requests have a time."""
        dated: Flags = self.rows.ns != UNKNOWN_TIME
        return dated

    def of(self, route: int | None, objective: Objective) -> Sample:
        """Return what tells about an objective on a route (by number; None: on all)."""
        place = self._places(route)
        known = self.rows.timed if objective.timed else self.rows.judged
        if not known.all():
            place = place[known[place]]
        ms = self.rows.ms[place]
        weight = self.rows.weight
        return Sample(
            place=place,
            ms=ms,
            over=_over(ms, objective) if objective.timed else self.rows.failed[place],
            weight=None if weight is None else weight[place],
        )

    def _places(self, route: int | None) -> Ints:
        if route is None:
            return np.arange(len(self.order)) if self.by_time is None else self.by_time
        return self.order[self.starts[route] : self.starts[route + 1]]


def _over(ms: Floats, objective: Objective) -> Flags:
    over: Flags = ms > objective.limit if objective.inclusive else ms >= objective.limit
    return over


def seen(requests: pa.Table) -> Seen:
    """Read the table of requests; the route of those without one is that of their path."""
    found = rows(requests)
    route = requests["route"]
    by = groups.encode(routes(requests) if route.null_count else route)
    counts = by.count()
    by_time = _by_time(found.ns)
    return Seen(
        rows=found,
        labels=by.labels,
        by_time=by_time,
        order=_by_route(by.codes, by_time),
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
    )


def _by_time(ns: Ints) -> Ints | None:
    """Return the places in the order of time; None where they are."""
    late = np.maximum.accumulate(ns) - ns if len(ns) else ns
    return np.argsort(ns, kind="stable") if (late > _LATE_NS).any() else None


def _by_route(codes: NDArray[np.int32], by_time: Ints | None) -> Ints:
    if by_time is None:
        return groups.order(codes)
    return by_time[groups.order(codes[by_time])]
