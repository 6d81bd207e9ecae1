"""What is slow as users see it: routes in the incident, against the rest of the recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, statistics, units
from perfkit.analyses import failures
from perfkit.analyses.diagnosis.nesting import inside_another
from perfkit.routes import routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.recording import Recording

__all__ = ["Symptom", "symptoms", "total_ms", "with_route"]


@dataclass(frozen=True)
class Symptom:
    """How one route behaves in the incident; ``*_rest`` is the same outside it (NaN: unknown).

    ``waited_ms`` leaves out requests that another request of the recording waits for.
    """

    route: str
    requests: int
    failed: int
    total_ms: float
    waited_ms: float
    p50_ms: float
    p95_ms: float
    p50_rest_ms: float = math.nan
    p95_rest_ms: float = math.nan

    @property
    def excess_ms(self) -> float:
        """Time above what the same requests took outside the incident (all, when unknown)."""
        if math.isnan(self.p50_rest_ms):
            return self.total_ms
        return max(0.0, self.total_ms - self.requests * self.p50_rest_ms)

    def say(self) -> str:
        """Describe the route in half a sentence."""
        was = ""
        if not math.isnan(self.p95_rest_ms):
            was = f" (was {units.format_ms(self.p95_rest_ms)})"
        return f"{self.route}: p95 {units.format_ms(self.p95_ms)}{was}"


def with_route(requests: pa.Table) -> pa.Table:
    """Fill an unknown route from the path, so that every request has a place to be counted."""
    route = pc.fill_null(routes(requests), "(unknown)")
    return requests.set_column(requests.schema.get_field_index("route"), "route", route)


def symptoms(inside: Recording, rest: Recording | None) -> dict[str, Symptom]:
    """Return the routes of ``inside``, most total time first."""
    before = _durations(rest) if rest is not None else {}
    found = [_symptom(route, mine, before.get(route)) for route, mine in _durations(inside).items()]
    found.sort(key=lambda symptom: -symptom.total_ms)
    return {symptom.route: symptom for symptom in found}


def total_ms(seen: Mapping[str, Symptom]) -> float:
    """Return the time of all requests; what one service waits for another counts once."""
    return sum(symptom.waited_ms for symptom in seen.values())


class _Durations(NamedTuple):
    """The requests of one route: milliseconds of each, how many failed, and the time waited."""

    ms: np.ndarray
    failed: int
    waited_ms: float


def _symptom(route: str, mine: _Durations, before: _Durations | None) -> Symptom:
    rest = before.ms if before is not None else np.array([])
    return Symptom(
        route=route,
        requests=len(mine.ms),
        failed=mine.failed,
        total_ms=float(mine.ms.sum()),
        waited_ms=mine.waited_ms,
        p50_ms=statistics.quantile(mine.ms, 0.5),
        p95_ms=statistics.quantile(mine.ms, 0.95),
        p50_rest_ms=statistics.quantile(rest, 0.5),
        p95_rest_ms=statistics.quantile(rest, 0.95),
    )


def _durations(rec: Recording) -> Mapping[str, _Durations]:
    requests = with_route(sources.primary(rec, "requests"))
    requests = requests.filter(pc.is_valid(requests["duration_ms"]))
    failed = pa.array(failures.is_failure(failures.statuses(requests["status"])))
    waited = pc.if_else(pa.array(inside_another(requests)), 0.0, requests["duration_ms"])
    grouped = (
        requests.append_column("failed", pc.cast(failed, pa.int64()))
        .append_column("waited_ms", waited)
        .group_by("route")
        .aggregate([("duration_ms", "list"), ("failed", "sum"), ("waited_ms", "sum")])
    )
    return {
        row["route"]: _Durations(
            np.asarray(row["duration_ms_list"]), row["failed_sum"], row["waited_ms_sum"]
        )
        for row in grouped.to_pylist()
    }
