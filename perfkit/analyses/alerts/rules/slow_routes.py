"""Routes that are slow or have a long tail, over the whole recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics, units
from perfkit.analyses.alerts.critical import critical_routes
from perfkit.analyses.alerts.rules import route_rows
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Verdict
from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.verdicts import Alert

__all__ = ["critical", "long_tail", "slow"]


def slow(look: Look) -> Verdict:
    """Judge the p95 of every route with a name; certain where its interval lies above."""
    limit, routes = look.limits["slow_p95_ms"], look.routes
    counted = route_rows.named(look) & (routes.timed >= statistics.MINIMUM_COUNT[95])
    return Verdict(
        rule="slow-route",
        checked=f"p95 of every route against {units.format_ms(limit)}",
        threshold=limit,
        value=route_rows.most(routes.p95_ms, counted),
        alerts=[_slow(look, int(place)) for place in np.flatnonzero(counted & _above(look, 95))],
        why=route_rows.too_few(counted, 95),
    )


def critical(look: Look) -> Verdict:
    """Judge the p99 of critical routes (:mod:`..critical`): its interval must lie above."""
    limit, routes = look.limits["critical_p99_ms"], look.routes
    matters = critical_routes(look)
    counted = matters & (routes.timed >= statistics.MINIMUM_COUNT[99])
    said = [
        route_rows.figures(look, int(place)) for place in np.flatnonzero(counted & _above(look, 99))
    ]
    return Verdict(
        rule="critical-p99",
        checked=f"p99 of {int(matters.sum())} critical routes against {units.format_ms(limit)}",
        threshold=limit,
        value=route_rows.most(routes.p99_ms, counted),
        alerts=[_critical(look, row) for row in said if row["p99_low_ms"] > limit],
        why=route_rows.too_few(counted, 99) if matters.any() else "no critical route is known",
    )


def long_tail(look: Look) -> Verdict:
    """Judge p99 over p50: even the lower end of the one and the upper end of the other."""
    limit, routes = look.limits["tail_ratio"], look.routes
    counted = route_rows.named(look) & (routes.timed >= statistics.MINIMUM_COUNT[99])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = routes.p99_ms / routes.p50_ms
        above = counted & (ratio > limit) & (routes.p99_ms >= look.limits["tail_from_ms"])
    said = [route_rows.figures(look, int(place)) for place in np.flatnonzero(above)]
    return Verdict(
        rule="long-tail",
        checked=f"p99 of every route against {limit:g} x its p50, from"
        f" {units.format_ms(look.limits['tail_from_ms'])} on",
        threshold=limit,
        value=route_rows.most(ratio, counted),
        alerts=[_tail(look, r) for r in said if r["p99_low_ms"] > limit * r["p50_high_ms"]],
        why=route_rows.too_few(counted, 99),
    )


def _above(look: Look, percentile: int) -> Any:
    values = look.routes.p95_ms if percentile == 95 else look.routes.p99_ms  # noqa: PLR2004
    name = "slow_p95_ms" if percentile == 95 else "critical_p99_ms"  # noqa: PLR2004
    with np.errstate(invalid="ignore"):
        return values > look.limits[name]


def _slow(look: Look, place: int) -> Alert:
    row, limit = route_rows.figures(look, place), look.limits["slow_p95_ms"]
    return route_rows.alert(
        look,
        "slow-route",
        row,
        f"{row['shown']} takes {units.format_ms(row['p95_ms'])} or more in 5 % of its"
        f" {row['requests']:,} requests (p50 {units.format_ms(row['p50_ms'])})",
        Fix(
            text="See where its time goes: database, calls to others, waiting for a connection,"
            " or its own code.",
            snippet=f"perfkit.diagnose({route_rows.cut(row)})",
            language="python",
        ),
        limit_ms=limit,
        severity="warning",
        confidence="high" if row["p95_low_ms"] > limit else "medium",
        reference=THRESHOLDS["slow_p95_ms"].source,
    )


def _critical(look: Look, row: dict[str, Any]) -> Alert:
    limit = look.limits["critical_p99_ms"]
    return route_rows.alert(
        look,
        "critical-p99",
        row,
        f"{row['shown']}, a critical route: one request in 100 takes"
        f" {units.format_ms(row['p99_ms'])} or more, above {units.format_ms(limit)}"
        f" (p50 {units.format_ms(row['p50_ms'])})",
        Fix(
            text="Compare its slowest requests with the rest: what do they have in common?",
            snippet=f"perfkit.tail({route_rows.cut(row)})",
            language="python",
        ),
        limit_ms=limit,
        severity="warning",
        confidence="high",
        reference=THRESHOLDS["critical_p99_ms"].source,
    )


def _tail(look: Look, row: dict[str, Any]) -> Alert:
    return route_rows.alert(
        look,
        "long-tail",
        row,
        f"{row['shown']}: p99 {units.format_ms(row['p99_ms'])} is"
        f" {row['p99_ms'] / row['p50_ms']:.1f} times its p50 {units.format_ms(row['p50_ms'])}",
        Fix(
            text="Compare its slowest requests with the rest: what do they have in common?",
            snippet=f"{route_rows.cut(row)}.requests.nlargest(20, 'duration_ms')",
            language="python",
        ),
        limit_ms=look.limits["tail_ratio"] * row["p50_ms"],
        severity="info",
        confidence="high",
        reference=THRESHOLDS["tail_ratio"].source,
    )
