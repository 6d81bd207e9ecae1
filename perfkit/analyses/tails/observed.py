"""The requests of one route as the analysis of the tail sees them: slow ones and the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.traces.entries import asked_for, routes
from perfkit.analyses.unknown_route import unknown_route
from perfkit.routes import routes as logged_routes
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.analyses.traces.forest import Forest

__all__ = ["FEWEST_SLOW", "PERCENTILES", "Observed", "by_route", "from_requests", "from_spans"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: So many slow requests are needed: with fewer, even what all of them share is no evidence
#: (Fisher's exact test of 10 of 10 against half of the rest gives p = 0.001, of 5 of 5 0.03).
FEWEST_SLOW = 10
#: The percentiles that are tried, the most extreme first.
PERCENTILES = (99, 95, 90)
#: Of the requests that are not slow so many are looked at; shares of 20,000 are within 0.7 %.
MOST_REST = 20_000
#: A tail is worth an explanation where it begins at 1.5 times the median of the rest (Elastic's
#: latency correlations and BubbleUp leave the choice to people) and is 10 ms longer in the mean,
#: below which a difference is hard to measure from outside.
FAR = 1.5
LEAST_MS = 10.0
_COLUMNS = ("method", "status", "service", "client", "peer", "kind")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Requests of one route.

    Attributes:
        route: what they serve.
        row: their rows in the table they are from.
        started: ns since 1970.
        duration_ms: known for all.
        weight: requests that each stands for.
        running: how many requests of any route were being served when it began.
        table: the table they are from.
        percentile: what is slow lies at or above it.
        slow: which are.
        unseen: requests that are not slow and were left out, see :data:`MOST_REST`.
    """

    route: str
    row: Ints
    started: Ints
    duration_ms: Floats
    weight: Floats
    running: Ints
    table: pa.Table
    percentile: int = 0
    slow: Flags
    unseen: int = 0

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.row)

    @property
    def threshold_ms(self) -> float:
        """The shortest duration that is slow."""
        return float(self.duration_ms[self.slow].min())

    @property
    def longer_ms(self) -> float:
        """How much longer slow requests take than the others, in the mean."""
        slow, rest = self.weight * self.slow, self.weight * ~self.slow
        lasted = self.duration_ms
        return float((lasted * slow).sum() / slow.sum() - (lasted * rest).sum() / rest.sum())

    @property
    def has_a_tail(self) -> bool:
        """Whether the slow requests are so much slower that it is worth an explanation."""
        middle = float(np.median(self.duration_ms[~self.slow]))
        far = self.threshold_ms >= FAR * middle
        return far and self.longer_ms >= LEAST_MS

    @cached_property
    def attributes(self) -> list[Mapping[str, Any]]:
        """What each request's span and process, or log line, say; names of both with values."""
        rows = self.table.take(pa.array(self.row))
        names = [name for name in _COLUMNS if name in rows.column_names]
        columns = [rows[name].cast(pa.string()).to_pylist() for name in names]
        known: dict[Any, dict[str, Any]] = {}
        found: list[Mapping[str, Any]] = []
        for values, own, process in zip(
            zip(*columns, strict=True),
            _raw(rows, "attributes"),
            _raw(rows, "resource"),
            strict=True,
        ):
            said = {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }
            found.append({**_decoded(process, known), **said, **_decoded(own, known)})
        return found


def _raw(rows: pa.Table, name: str) -> Sequence[Any]:
    if name not in rows.column_names:
        return [None] * rows.num_rows
    values: list[Any] = rows[name].to_pylist()
    return values


def _decoded(raw: Any, known: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if raw not in known:
        known[raw] = decoded(raw)
    return known[raw]


def from_spans(forest: Forest, route: str | None) -> Observed:
    """Return the requests that traces tell of (of one route: those it serves at any depth).

    Raises:
        UsageError: no request is served on the route.
    """
    rows = asked_for(forest, route, "tail")
    rows = rows[forest.timed[rows]]
    return _observed(forest.rows, rows, forest.start[rows], forest.length[rows] / 1e6)


def from_requests(requests: pa.Table, route: str | None = None) -> Observed:
    """Return logged requests (of one route); those of unknown start or duration are left out.

    Raises:
        UsageError: no request is served on the route.
    """
    known = pc.and_(requests["started_at"].is_valid(), requests["duration_ms"].is_valid())
    if route is not None:
        names = logged_routes(requests)
        mine = pc.and_(known, pc.fill_null(pc.equal(names, route), fill_value=False))
        if not pc.any(mine).as_py():
            raise unknown_route("tail", route, pc.unique(names.filter(known)).to_pylist())
        known = mine
    rows = np.flatnonzero(known.to_numpy())
    start = pc.fill_null(requests["started_at"].cast(pa.int64()), 0).to_numpy()[rows]
    lasted = groups.numbers(requests["duration_ms"])[rows]
    return _observed(requests, rows, start, lasted)


def _observed(table: pa.Table, rows: Ints, started: Ints, duration_ms: Floats) -> Observed:
    weight = np.ones(len(rows))
    if "weight" in table.column_names:
        told = groups.numbers(table["weight"])[rows]
        weight = np.where(told > 0, told, 1.0)  # unknown is NaN, which is not above
    ended = started + (duration_ms * 1e6).astype(np.int64)
    running = np.searchsorted(np.sort(started), started, "right") - np.searchsorted(
        np.sort(ended), started, "right"
    )
    return Observed(
        route="",
        row=rows,
        started=started,
        duration_ms=duration_ms,
        weight=weight,
        running=running,
        table=table,
        slow=np.zeros(len(rows), np.bool_),
    )


def by_route(
    everything: Observed, forest: Forest | None, percentile: int | None
) -> Iterator[Observed]:
    """Yield the requests of every route that has enough of them, slow ones marked.

    ``percentile``: None takes the most extreme of :data:`PERCENTILES` that leaves
    :data:`FEWEST_SLOW`, or a higher one where only the requests above that are far from the rest.
    """
    names = _routes(everything, forest)
    order = np.argsort(names.codes, kind="stable")
    ends = np.cumsum(np.bincount(names.codes, minlength=len(names.labels)))
    for label, places in zip(names.labels, np.split(order, ends[:-1]), strict=True):
        marked = _marked(everything, label or "unnamed", places, percentile)
        if marked is not None:
            yield marked


def _routes(everything: Observed, forest: Forest | None) -> groups.Groups:
    if forest is not None:
        found = routes(forest, everything.row)
        return groups.encode(pa.chunked_array([pa.array(found, pa.string())]))
    return groups.encode(logged_routes(everything.table).take(pa.array(everything.row)))


def _marked(
    everything: Observed, route: str, places: Ints, percentile: int | None
) -> Observed | None:
    """Say which requests of a route are slow; None: there are too few."""
    lasted, weight = everything.duration_ms[places], everything.weight[places]
    order = np.argsort(lasted, kind="stable")
    above = np.cumsum(weight[order][::-1])[::-1] / max(weight.sum(), 1e-300)
    for wanted in (percentile,) if percentile is not None else PERCENTILES:
        share = 1 - wanted / 100
        first = int(np.searchsorted(-above, -share * (1 + 1e-9)))
        slow = np.zeros(len(places), np.bool_)
        slow[order[first:]] = True
        if slow.sum() >= FEWEST_SLOW and (~slow).sum() >= FEWEST_SLOW:
            far = slow if percentile is not None else _far(lasted, slow)
            if far is not slow:
                wanted = int(100 * (1 - weight[far].sum() / weight.sum()))  # noqa: PLW2901 - what it became
            return _chosen(everything, route, places, far, wanted)
    return None


def _far(lasted: Floats, slow: Flags) -> Flags:
    """Leave out of the slow ones what lasts like the rest, if enough remain.

    Where one process of twelve is slow, the slowest tenth has others in it, and seems to begin
    in the midst of all requests.
    """
    far: Flags = slow & (lasted >= FAR * np.median(lasted[~slow]))
    return far if FEWEST_SLOW <= far.sum() < slow.sum() else slow


def _chosen(
    everything: Observed, route: str, places: Ints, slow: Flags, percentile: int
) -> Observed:
    """Keep all slow requests, and of the rest an even selection."""
    rest = np.flatnonzero(~slow)
    if len(rest) > MOST_REST:
        by_time = rest[np.argsort(everything.started[places[rest]], kind="stable")]
        seed = np.random.default_rng(len(rest))
        chosen = seed.choice(len(rest), MOST_REST, replace=False)
        kept = np.sort(np.concatenate([np.flatnonzero(slow), by_time[chosen]]))
    else:
        kept = np.arange(len(places))
    at = places[kept]
    return replace(
        everything,
        route=route,
        row=everything.row[at],
        started=everything.started[at],
        duration_ms=everything.duration_ms[at],
        weight=everything.weight[at],
        running=everything.running[at],
        percentile=percentile,
        slow=slow[kept],
        unseen=len(places) - len(kept),
    )
