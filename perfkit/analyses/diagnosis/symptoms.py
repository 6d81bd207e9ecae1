"""What is slow as users see it: routes in the incident, against the rest of the recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.recording import Recording

__all__ = ["Symptom", "routes_of_traces", "symptoms", "with_route"]


@dataclass(frozen=True)
class Symptom:
    """How one route behaves in the incident; ``*_rest`` is the same outside it (NaN: unknown)."""

    route: str
    requests: int
    failed: int
    total_ms: float
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
    route = pc.coalesce(
        requests["route"].cast(pa.string()), requests["path"], pa.scalar("(unknown)")
    )
    return requests.set_column(requests.schema.get_field_index("route"), "route", route)


def symptoms(inside: Recording, rest: Recording | None) -> dict[str, Symptom]:
    """Return the routes of ``inside``, most total time first."""
    before = _durations(rest) if rest is not None else {}
    found = [
        _symptom(route, durations, failed, before.get(route))
        for route, (durations, failed) in _durations(inside).items()
    ]
    found.sort(key=lambda symptom: -symptom.total_ms)
    return {symptom.route: symptom for symptom in found}


def routes_of_traces(rec: Recording) -> pa.Table:
    """Return ``trace_id, route``: one row per trace that a request names."""
    requests = with_route(rec.arrow("requests")).select(["trace_id", "route"])
    known = requests.filter(pc.is_valid(requests["trace_id"]))
    return (
        known.group_by("trace_id")
        .aggregate([("route", "min")])
        .rename_columns(["trace_id", "route"])
    )


def _symptom(
    route: str,
    durations: np.ndarray,
    failed: int,
    before: tuple[np.ndarray, int] | None,
) -> Symptom:
    rest = before[0] if before is not None else np.array([])
    p50_rest, p95_rest = np.quantile(rest, [0.5, 0.95]) if len(rest) else (math.nan, math.nan)
    p50, p95 = np.quantile(durations, [0.5, 0.95])
    return Symptom(
        route=route,
        requests=len(durations),
        failed=failed,
        total_ms=float(durations.sum()),
        p50_ms=float(p50),
        p95_ms=float(p95),
        p50_rest_ms=float(p50_rest),
        p95_rest_ms=float(p95_rest),
    )


def _durations(rec: Recording) -> Mapping[str, tuple[np.ndarray, int]]:
    requests = with_route(sources.primary(rec, "requests"))
    requests = requests.filter(pc.is_valid(requests["duration_ms"]))
    failed = pc.fill_null(pc.greater_equal(requests["status"], 500), fill_value=False)
    grouped = (
        requests.append_column("failed", pc.cast(failed, pa.int64()))
        .group_by("route")
        .aggregate([("duration_ms", "list"), ("failed", "sum")])
    )
    return {
        row["route"]: (np.asarray(row["duration_ms_list"]), row["failed_sum"])
        for row in grouped.to_pylist()
    }
