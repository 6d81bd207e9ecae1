"""The critical paths of many requests: what holds how much of them, per endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses import groups
from perfkit.analyses.critical_paths.percentiles import near
from perfkit.statistics import MINIMUM_COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.critical_paths.operations import Operation
    from perfkit.analyses.critical_paths.paths import Paths
    from perfkit.span_ids import Flags, Ints

__all__ = ["Endpoints", "Held"]

SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("operation", pa.string()),
        ("category", pa.string()),
        ("at_p50_ms", pa.float64()),
        ("at_p50_share", pa.float64()),
        ("at_p99_ms", pa.float64()),
        ("at_p99_share", pa.float64()),
        ("path_ms", pa.float64()),
        ("share", pa.float64()),
        ("requests", pa.int64()),
        ("requests_of_route", pa.int64()),
        ("service", pa.string()),
        ("peer", pa.string()),
        ("fingerprint_id", pa.string()),
    ]
)
ROUTES = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        *(
            (f"{name}{end}_ms", pa.float64())
            for name in ("p50", "p99")
            for end in ("", "_low", "_high")
        ),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one operation holds of the critical paths of one endpoint; means per request."""

    route: str
    operation: int
    known: Operation
    at_p50_ms: float
    at_p50_share: float
    at_p99_ms: float
    at_p99_share: float
    path_ms: float
    share: float
    requests: int  # with it on their path
    requests_at_p99: int  # of those near p99
    own: bool  # it is the request's own span: code without spans

    def row(self, requests: int) -> dict[str, Any]:
        """Return it as a row of the table; ``requests`` are all of the route."""
        names = set(SCHEMA.names)
        same = {name: value for name, value in vars(self).items() if name in names}
        known = {name: value for name, value in vars(self.known).items() if name in names}
        return known | same | {"operation": self.known.name, "requests_of_route": requests}


class Endpoints:
    """Paths by endpoint (the route of the request)."""

    def __init__(self, paths: Paths) -> None:
        """Group the requests of ``paths``."""
        self.paths = paths
        self.routes, self.code = _numbered(paths.route)
        self.at = {
            percentile: near(percentile, paths.duration_ns, self.code, paths.weight)
            for percentile in (50, 99)
        }

    @cached_property
    def counts(self) -> Ints:
        """Requests of each route."""
        return np.bincount(self.code, minlength=len(self.routes))

    @cached_property
    def held(self) -> list[Held]:
        """What operations hold, the routes with the most time first."""
        paths = self.paths
        request, operation, ms = _shares(paths)
        many = max(len(paths.operations.known), 1)
        keys, group = np.unique(self.code[request] * many + operation, return_inverse=True)
        requests = np.bincount(group, minlength=len(keys))
        near_p99 = np.bincount(group[self.at[99][request]], minlength=len(keys))
        everywhere = np.ones(len(paths), np.bool_)
        means = [
            self._mean(keys // many, group, request, ms, where)
            for where in (self.at[50], self.at[99], everywhere)
        ]
        own = {(route, op) for route, op in zip(self.code, self._own(), strict=True)}
        found = [
            Held(
                route=self.routes[key // many],
                operation=key % many,
                known=paths.operations.known[key % many],
                at_p50_ms=means[0][0][place],
                at_p50_share=means[0][1][place],
                at_p99_ms=means[1][0][place],
                at_p99_share=means[1][1][place],
                path_ms=means[2][0][place],
                share=means[2][1][place],
                requests=int(requests[place]),
                requests_at_p99=int(near_p99[place]),
                own=(key // many, key % many) in own,
            )
            for place, key in enumerate(keys.tolist())
        ]
        rank = {route: place for place, route in enumerate(self.by_time)}
        return sorted(found, key=lambda one: (rank[one.route], -one.at_p99_ms, one.known.name))

    @cached_property
    def by_time(self) -> list[str]:
        """The routes, those that take the most time in all first."""
        total = np.bincount(self.code, weights=self.paths.weight * self.paths.duration_ns)
        return [self.routes[place] for place in np.argsort(-total, kind="stable").tolist()]

    def _own(self) -> Ints:
        return self.paths.operations.code[self.paths.entries]

    def _mean(
        self, route: Ints, group: Ints, request: Ints, ms: Any, where: Flags
    ) -> tuple[list[float], list[float]]:
        """Return per group the weighted mean over the requests ``where``, and its share."""
        weight = np.where(where, self.paths.weight, 0.0)
        total = np.bincount(self.code, weights=weight)
        wall = np.bincount(self.code, weights=weight * self.paths.duration_ns) / 1e6
        held = np.bincount(group, weights=ms * weight[request], minlength=len(route))
        with np.errstate(invalid="ignore"):
            share = np.where(wall[route] > 0, held / wall[route], np.nan)
        return (held / total[route]).tolist(), share.tolist()

    def table(self) -> pa.Table:
        """Return one row per route and operation."""
        count = dict(zip(self.routes, self.counts.tolist(), strict=True))
        return pa.Table.from_pylist([one.row(count[one.route]) for one in self.held], SCHEMA)

    def durations(self) -> pa.Table:
        """Return one row per route: requests and the percentiles of their durations."""
        by = dict(zip(self.routes, range(len(self.routes)), strict=True))
        rows = []
        for route in self.by_time:
            ordered = np.sort(self.paths.duration_ns[self.code == by[route]]) / 1e6
            known = groups.percentiles(ordered, ("p50", "p99"))
            rows.append({"route": route, "requests": len(ordered), **known})
        return pa.Table.from_pylist(rows, ROUTES)

    def slowest(self, route: str) -> str:
        """Return what to call the requests near p99: where it is a guess, by their number."""
        place = self.routes.index(route)
        requests = int(self.counts[place])
        if requests >= MINIMUM_COUNT[99]:
            return "at p99"
        chosen = int((self.at[99] & (self.code == place)).sum())
        return f"in the slowest {chosen:,} of {requests:,} requests"

    def caveats(self) -> list[str]:
        """Say where requests are too few for their percentiles."""
        few = self.counts < MINIMUM_COUNT[99]
        if not few.any():
            return []
        least = int(self.counts.min())
        return [
            (
                f"{int(few.sum()):,} of {len(self.routes):,} routes have fewer than"
                f" {MINIMUM_COUNT[99]} requests (the fewest: {least:,}): their p99 is that of the"
                " slowest few."
            )
        ]


def _numbered(texts: Sequence[str]) -> tuple[list[str], Ints]:
    labels = sorted(set(texts))
    place = {label: number for number, label in enumerate(labels)}
    return labels, np.array([place[text] for text in texts], np.int64)


def _shares(paths: Paths) -> tuple[Ints, Ints, Any]:
    """Return request, operation and ms of everything that is on a path."""
    rows = np.flatnonzero(paths.order.path_ns > 0)
    many = max(len(paths.operations.known), 1)
    keys, group = np.unique(
        paths.request[rows] * many + paths.operations.code[rows], return_inverse=True
    )
    ms = np.bincount(group, weights=paths.order.path_ns[rows], minlength=len(keys)) / 1e6
    return keys // many, keys % many, ms
