"""The exclusive time of requests, added up by route, category and service."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses import groups
from perfkit.analyses.breakdowns.exclusive import exclusive
from perfkit.analyses.breakdowns.kinds import SUSPECTS, Kinds
from perfkit.analyses.traces.entries import routes
from perfkit.analyses.traces.nested import nest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["ALL", "Spent", "column"]

ALL = "all requests"


def column(suspect: str) -> str:
    """Return the column of a suspect: ``own_code_ms``, mean per request."""
    return f"{suspect.replace(' ', '_')}_ms"


_PARTS = pa.schema(
    [
        ("route", pa.string()),
        ("category", pa.string()),
        ("service", pa.string()),
        ("self_ms", pa.float64()),
        ("share", pa.float64()),
        ("mean_ms", pa.float64()),
        ("requests", pa.int64()),
        ("suspect", pa.string()),
    ]
)
_SUSPECTS = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        ("mean_ms", pa.float64()),
        *((column(name), pa.float64()) for name in SUSPECTS),
        ("coverage_share", pa.float64()),
    ]
)


class Spent:
    """Requests and what their wall time was spent on; totals count sampling weights."""

    def __init__(self, forest: Forest, entries: Ints) -> None:
        """Share the wall time of ``entries`` (rows, none inside another) among their spans."""
        self.route = routes(forest, entries)
        self.nested = nest(forest, entries)
        self.entries = entries
        self.kinds = Kinds(forest, self.nested)
        self.services = groups.encode(forest.rows["service"])
        self.rows: Ints = np.flatnonzero(self.nested.kept)
        weight = np.nan_to_num(groups.numbers(forest.rows["weight"].take(entries)), nan=1.0)
        self.weight = np.where(weight > 0, weight, 1.0)
        place = np.full(len(forest), -1)
        place[entries] = np.arange(len(entries))
        self.request: Ints = place[self.nested.entry[self.rows]]
        shared = exclusive(self.nested)
        self.ms = shared.ns[self.rows] / 1e6 * self.weight[self.request]
        self.parallel_ms = shared.parallel[self.rows] / 1e6 * self.weight[self.request]
        self.request_ms = self.nested.length[entries] / 1e6 * self.weight

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.entries)

    @property
    def wall_ms(self) -> float:
        """Wall time of all requests."""
        return float(self.request_ms.sum())

    @property
    def coverage(self) -> float:
        """Share of the wall time in which a child span ran."""
        return 1 - float(self.ms[self._own].sum()) / self.wall_ms if self.wall_ms else math.nan

    @property
    def parallel_share(self) -> float:
        """Share of the wall time in which several spans ran at once."""
        return float(self.parallel_ms.sum()) / self.wall_ms if self.wall_ms else math.nan

    @cached_property
    def _own(self) -> Any:
        return self.nested.parent[self.rows] < 0

    @cached_property
    def labels(self) -> list[str]:
        """The routes, sorted."""
        return sorted(set(self.route))

    @cached_property
    def code(self) -> Ints:
        """Index into ``labels`` of each request."""
        place = {label: number for number, label in enumerate(self.labels)}
        return np.array([place[route] for route in self.route], np.int64)

    @cached_property
    def by_time(self) -> list[str]:
        """The routes, those with the most wall time first."""
        total = np.bincount(self.code, weights=self.request_ms)
        return [self.labels[place] for place in np.argsort(-total, kind="stable").tolist()]

    def table(self, *, by_route: bool) -> pa.Table:
        """Return one row per category and service (and route), the most time first."""
        code = self.code if by_route else np.zeros(len(self), np.int64)
        sizes = (len(self.kinds.categories), len(self.services.labels), len(SUSPECTS))
        parts = (
            self.kinds.category[self.rows],
            self.services.codes[self.rows].astype(np.int64),
            self.kinds.suspect[self.rows],
        )
        key = code[self.request]
        for size, part in zip(sizes, parts, strict=True):
            key = key * size + part
        keys, group = np.unique(key, return_inverse=True)
        total = np.bincount(group, weights=self.ms, minlength=len(keys))
        wall, count = self._of_route(code)
        requests = _distinct(group, self.request, len(self))
        rows = []
        for place, one in enumerate(keys.tolist()):
            rest, suspect = divmod(one, sizes[2])
            rest, service = divmod(rest, sizes[1])
            route, category = divmod(rest, sizes[0])
            rows.append(
                {
                    "route": self.labels[route] if by_route else None,
                    "category": self.kinds.categories[category],
                    "service": self.services.labels[service],
                    "self_ms": float(total[place]),
                    "share": _ratio(total[place], wall[route]),
                    "mean_ms": _ratio(total[place], count[route]),
                    "requests": int(requests[place]),
                    "suspect": SUSPECTS[suspect],
                }
            )
        rank = {route: place for place, route in enumerate(self.by_time)}
        rows.sort(key=lambda row: (rank.get(row["route"], 0), -row["self_ms"], _texts(row)))
        table = pa.Table.from_pylist([row for row in rows if row["self_ms"] > 0], _PARTS)
        return table if by_route else table.drop_columns(["route"])

    def suspects(self) -> pa.Table:
        """Return what each suspect takes per request, in all and on the routes with most time.

        A single route is all requests: it has one row.
        """
        place = {label: number for number, label in enumerate(self.labels)}
        chosen = [(ALL, np.ones(len(self), np.bool_))] if len(self.labels) > 1 else []
        chosen += [(route, self.code == place[route]) for route in self.by_time[:_MOST]]
        rows = [self._suspects(route, requests) for route, requests in chosen]
        return pa.Table.from_pylist(rows, _SUSPECTS)

    def _suspects(self, route: str, requests: Flags) -> dict[str, Any]:
        mine = requests[self.request]
        wall, count = float(self.request_ms[requests].sum()), float(self.weight[requests].sum())
        suspect, ms = self.kinds.suspect[self.rows][mine], self.ms[mine]
        total = np.bincount(suspect, weights=ms, minlength=len(SUSPECTS))
        own = float(self.ms[mine & self._own].sum())
        return {
            "route": route,
            "requests": int(requests.sum()),
            "mean_ms": wall / count,
            "coverage_share": _ratio(wall - own, wall),
            **{column(name): float(of) / count for name, of in zip(SUSPECTS, total, strict=True)},
        }

    def _of_route(self, code: Ints) -> tuple[list[float], list[float]]:
        """Return wall time (ms) and number of the requests of each route, with weights."""
        return (
            np.bincount(code, weights=self.request_ms).tolist(),
            np.bincount(code, weights=self.weight).tolist(),
        )


_MOST = 50  # routes of the section


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / whole if whole else None


def _distinct(group: Ints, request: Ints, requests: int) -> Ints:
    """Return how many requests each group has."""
    pairs = np.unique(group * max(requests, 1) + request)
    return np.bincount(pairs // max(requests, 1))


def _texts(row: dict[str, Any]) -> Sequence[str]:
    return row["category"], row["service"] or ""
