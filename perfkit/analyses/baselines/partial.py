"""A baseline of a part of the requests: small, picklable, and added up with others.

:func:`counted` counts and :func:`merge` adds up; counts and sums of merged parts are those of
the whole, wherever it was cut (sums up to the rounding of floats).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.baselines import tally
from perfkit.analyses.baselines.rows import extent
from perfkit.analyses.baselines.tally import Tally
from perfkit.analyses.baselines.timeline import PERIODS, Timeline
from perfkit.analyses.failures import NO_STATUS, OTHER_STATUS
from perfkit.sketch import sums_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.rows import Rows
    from perfkit.analyses.groups import Groups, Ordered

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["DRAWN", "Cells", "Partial", "counted", "merge", "named", "without"]

#: Routes whose course over time is kept, those with the most time: as many as are drawn.
DRAWN = 20
#: Requests to a period at least, on average: what a p95 of it needs; and no fewer periods.
_PER_PERIOD, _FEWEST = 40, 12
_STATUSES = OTHER_STATUS - NO_STATUS + 1


@dataclass(frozen=True, kw_only=True)
class Cells:
    """How many requests of a group have a status."""

    group: Ints
    status: Ints
    requests: Floats

    @classmethod
    def merged(cls, parts: Sequence[Cells], remaps: Sequence[Ints]) -> Cells:
        """Add parts up; ``remaps`` give the new number of each group, for every part."""
        group, status, (requests,) = sums_by(
            np.concatenate([r[p.group] for p, r in zip(parts, remaps, strict=True)]),
            np.concatenate([part.status for part in parts]),
            np.concatenate([part.requests for part in parts]),
        )
        return cls(group=group, status=status, requests=requests)


@dataclass(frozen=True, kw_only=True)
class Partial:
    """What is known of some requests.

    ``tallies``: by ``route``; by ``cache`` status and by ``peer``, of the requests that have
    one; ``backend`` and ``proxied``, by route: the time in the backend and the whole time as the
    proxy saw it, of the requests for which both are known. What no request knows is not there.
    ``extent`` is the first start and the last end (ns since 1970). ``drawn`` are the routes (by
    number) that the places of the timeline are; None: its requests are of all together.
    """

    tallies: Mapping[str, Tally]
    statuses: Cells
    methods: frozenset[tuple[str | None, str]]
    timeline: Timeline
    extent: tuple[int, int] | None
    drawn: Ints | None = None

    @property
    def routes(self) -> Tally:
        """The tally by route."""
        return self.tallies["route"]


def counted(found: Rows, by: Groups, *, sketch: bool) -> tuple[Partial, dict[str, Ordered]]:
    """Count rows, grouped ``by`` their route; also return the durations of every tally, in order.

    With ``sketch`` the part can be added up with others; without it the course over time is
    known by route as well.
    """
    durations = {}
    tallies = {}
    for name, rows, grouped in _groupings(found, by):
        durations[name] = grouped.ordered(rows.ms, rows.timed, rows.weight)
        tallies[name] = tally.counted(rows, grouped, durations[name], sketch=sketch)
    drawn = None if sketch else _drawn(tallies["route"])
    group, status, requests = by.crossed(found.status - NO_STATUS, _STATUSES, found.weight)
    part = Partial(
        tallies=tallies,
        statuses=Cells(group=group, status=status + NO_STATUS, requests=requests),
        methods=_methods(by, found.methods),
        timeline=Timeline.of(found) if drawn is None else _course(found, by, drawn),
        extent=extent(found),
        drawn=drawn,
    )
    return part, durations


def _groupings(found: Rows, by: Groups) -> Iterator[tuple[str, Rows, Groups]]:
    yield "route", found, by
    for name, column in (("cache", "cache_status"), ("peer", "peer")):
        if found.knows(column):
            rows = found.where(found.table[column].is_valid().to_numpy())
            yield name, rows, rows.by(column)
    behind = groups.numbers(found.table["upstream_ms"]) if found.knows("upstream_ms") else None
    known = None if behind is None else np.isfinite(behind) & found.timed
    if behind is not None and known is not None and known.any():
        rows, grouped = found.where(known), groups.Groups(by.labels, by.codes[known])
        yield "backend", replace(rows, ms=behind[known]), grouped
        yield "proxied", rows, grouped


def _drawn(routes: Tally) -> Ints:
    """Return the routes with the most time."""
    order = np.argsort(-routes.sums["total_ms"], kind="stable")
    return order[routes.sums["requests"][order] > 0][:DRAWN]


def _course(found: Rows, by: Groups, drawn: Ints) -> Timeline:
    """Return the course over time of the drawn routes, and behind them of all others."""
    place = np.full(len(by.labels), len(drawn), np.uint8)
    place[drawn] = np.arange(len(drawn))
    periods = min(max(len(found.ms) // _PER_PERIOD, _FEWEST), PERIODS)
    return Timeline.of(found, place.take(by.codes), periods=periods)


def _methods(by: Groups, methods: Groups) -> frozenset[tuple[str | None, str]]:
    width = len(methods.labels)
    if width == 1:  # none is known
        return frozenset()
    route, method, _ = by.crossed(methods.codes, width)
    pairs = zip(route.tolist(), method.tolist(), strict=True)
    named_pairs = ((by.labels[route], methods.labels[method]) for route, method in pairs)
    return frozenset((route, method) for route, method in named_pairs if method is not None)


def merge(parts: Sequence[Partial]) -> Partial:
    """Add parts (at least one, none with ``drawn`` routes) up."""
    names = dict.fromkeys(name for part in parts for name in part.tallies)
    merged = {
        name: Tally.merged([part.tallies[name] for part in parts if name in part.tallies])
        for name in names
    }
    return Partial(
        tallies={name: whole for name, (whole, _) in merged.items()},
        statuses=Cells.merged([part.statuses for part in parts], merged["route"][1]),
        methods=frozenset().union(*(part.methods for part in parts)),
        timeline=Timeline.merged([part.timeline for part in parts]),
        extent=_joined(part.extent for part in parts),
    )


def _joined(extents: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    known = [one for one in extents if one is not None]
    return (min(a for a, _ in known), max(b for _, b in known)) if known else None


def named(part: Partial, routes: Mapping[str | None, str | None]) -> Partial:
    """Return the part with other names of routes; those that get one name become one."""
    whole, remap = part.routes.named([routes[label] for label in part.routes.labels])
    by_route = {
        name: part.tallies[name].named([routes[label] for label in part.tallies[name].labels])[0]
        for name in ("backend", "proxied")
        if name in part.tallies
    }
    return replace(
        part,
        tallies={**part.tallies, **by_route, "route": whole},
        statuses=Cells.merged([part.statuses], [remap]),
        methods=frozenset((routes[route], method) for route, method in part.methods),
    )


def without(part: Partial, routes: Collection[str | None]) -> Partial:
    """Return the part without some routes; what is not counted by route is gone as well."""
    kept = [n for n, label in enumerate(part.routes.labels) if label not in routes]
    remap = np.full(len(part.routes.labels), -1, np.int64)
    remap[kept] = np.arange(len(kept))
    mine = remap[part.statuses.group] >= 0
    by_route = {"route", "backend", "proxied"} & set(part.tallies)
    return replace(
        part,
        tallies={name: part.tallies[name].without(routes) for name in by_route},
        statuses=Cells(
            group=remap[part.statuses.group[mine]],
            status=part.statuses.status[mine],
            requests=part.statuses.requests[mine],
        ),
        methods=frozenset(pair for pair in part.methods if pair[0] not in routes),
        timeline=Timeline.nothing(),
        extent=None,
    )
