"""One judgement per route and objective."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit.analyses.slos import verdicts
from perfkit.analyses.slos.behind import Behind
from perfkit.analyses.slos.course import course, first_broken, periods_of
from perfkit.analyses.slos.measured import measured
from perfkit.analyses.slos.windows import alerts, covered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.slos.asked import Asked
    from perfkit.analyses.slos.behind import Blamed
    from perfkit.analyses.slos.course import Course
    from perfkit.analyses.slos.measured import Measured
    from perfkit.analyses.slos.seen import Sample, Seen
    from perfkit.analyses.slos.windows import Alert, Window
    from perfkit.budget import Objective

__all__ = ["Detail", "Judged", "Judgement", "judge"]

#: Of so many broken budgets it is looked up who is behind them: as many as anyone reads.
_EXPLAINED = 20


@dataclass(frozen=True, kw_only=True)
class Detail:
    """A broken budget over time, the alerts it would have raised, and who is behind it.

    ``first`` is the time (ns) from which it is surely broken; it and ``course`` are None where
    requests have no time.
    """

    course: Course | None = None
    first: int | None = None
    alerts: tuple[Alert, ...] = ()
    blamed: tuple[Blamed, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Whether a route (None: requests without one) keeps an objective.

    ``found`` is None where nothing is known of its requests, such as a status. ``whole``: it is
    about all requests, whatever their route; ``stated``: the numbers are a load tool's.
    """

    route: str | None
    objective: Objective
    found: Measured | None
    verdict: str
    detail: Detail = Detail()
    whole: bool = False
    stated: bool = False

    @property
    def broken(self) -> bool:
        """Whether the budget is broken."""
        return self.verdict == verdicts.BROKEN

    @property
    def allowed(self) -> int:
        """How many requests may be over the limit, 0 where they are not known."""
        if self.found is None or self.stated:
            return 0
        # what is allowed is a decimal fraction, which may round downwards
        return math.floor(self.found.requests * self.objective.allowed + 1e-6)

    @property
    def to_blame(self) -> int:
        """How many requests are over the limit beyond those that may, as far as they are known."""
        if self.found is None or self.stated:
            return 0
        return max(0, round(self.found.over) - self.allowed)

    @property
    def too_few(self) -> bool:
        """Whether its percentile is one of too few requests to be told."""
        if self.found is None or self.stated or not self.objective.quantile:
            return False
        return math.isnan(self.found.low)

    @property
    def burn_rate(self) -> float:
        """The share over the limit by the share that may be; NaN where none may."""
        if self.found is None or not self.objective.allowed or not self.found.requests:
            return math.nan
        return self.found.over / self.found.requests / self.objective.allowed

    @cached_property
    def more_requests(self) -> int | None:
        """How many more requests would tell, where it cannot be said."""
        if self.found is None or self.verdict != verdicts.UNSURE or self.stated:
            return None
        return verdicts.more_requests(self.found, self.objective)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """All routes, most requests to blame first; ``overall``: all requests together.

    ``grid`` has the periods that were looked at, None without times, ``windows`` those of alerts.
    """

    routes: list[Judged]
    overall: list[Judged]
    grid: Grid | None
    windows: tuple[Window, ...]


def judge(seen: Seen, asked: Asked) -> Judgement:
    """Judge every route by what it has to keep, and all together by what all have to."""
    asked.check([seen.labels[route] for route in seen.present])
    grid = periods_of(seen)
    windows = covered(grid.size * grid.seconds) if grid is not None else ()
    every = sorted(_each(seen, asked), key=lambda pair: _order(pair[0]))
    look = _Look(seen=seen, grid=grid, windows=windows, behind=Behind(seen))
    routes = [
        look.detailed(one, route, explained=n < _EXPLAINED) for n, (one, route) in enumerate(every)
    ]
    overall = [] if asked.named or asked.only is not None else _overall(seen, asked)
    return Judgement(
        routes=routes,
        overall=[look.detailed(one, None, explained=False) for one in overall],
        grid=grid,
        windows=windows,
    )


def _each(seen: Seen, asked: Asked) -> Iterator[tuple[Judged, int]]:
    for objective, places in asked.pairs(seen.labels).items():
        for route in places:
            if route in seen.present:
                yield _judged(seen.of(route, objective), objective, seen.labels[route]), route


def _overall(seen: Seen, asked: Asked) -> list[Judged]:
    if not seen.present:
        return []
    return [_judged(seen.of(None, one), one, None, whole=True) for one in asked.others]


def _judged(
    sample: Sample, objective: Objective, route: str | None, *, whole: bool = False
) -> Judged:
    if not len(sample.place):
        return Judged(
            route=route, objective=objective, found=None, verdict=verdicts.UNSURE, whole=whole
        )
    found = measured(sample, objective)
    said = verdicts.verdict(found, objective)
    return Judged(route=route, objective=objective, found=found, verdict=said, whole=whole)


def _order(one: Judged) -> tuple[bool, int, float, str, str]:
    requests = 0.0 if one.found is None else one.found.requests
    return not one.broken, -one.to_blame, -requests, one.route or "", str(one.objective)


@dataclass(frozen=True, kw_only=True)
class _Look:
    """Looks closer at what is broken."""

    seen: Seen
    grid: Grid | None
    windows: tuple[Window, ...]
    behind: Behind

    def detailed(self, one: Judged, route: int | None, *, explained: bool) -> Judged:
        if not one.broken:
            return one
        sample = self.seen.of(route, one.objective)
        allowed = one.objective.allowed
        blamed = self.behind.blamed(sample, allowed) if explained else []
        over_time = None if self.grid is None else course(self.seen, sample, self.grid, allowed)
        detail = Detail(
            course=over_time,
            first=None if over_time is None else first_broken(over_time),
            alerts=tuple(alerts(over_time, self.windows)) if over_time and allowed else (),
            blamed=tuple(blamed),
        )
        return replace(one, detail=detail)
