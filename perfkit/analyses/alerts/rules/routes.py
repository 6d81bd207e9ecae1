"""Routes that are slow, fail or have a long tail, over the whole recording."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics, units
from perfkit.analyses import groups
from perfkit.analyses.alerts import intervals
from perfkit.analyses.alerts.critical import critical_routes
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Ints

__all__ = ["critical", "error_rate", "long_tail", "slow"]


def slow(look: Look) -> Verdict:
    """Judge the p95 of every route with a name; certain where its interval lies above."""
    limit, routes = look.limits["slow_p95_ms"], look.routes
    counted = _named(look) & (routes.timed >= statistics.MINIMUM_COUNT[95])
    return Verdict(
        rule="slow-route",
        checked=f"p95 of every route against {units.format_ms(limit)}",
        threshold=limit,
        value=_most(routes.p95_ms, counted),
        alerts=[_slow(look, int(place)) for place in np.flatnonzero(counted & _above(look, 95))],
        why=_too_few(counted, 95),
    )


def critical(look: Look) -> Verdict:
    """Judge the p99 of critical routes (:mod:`..critical`): its interval must lie above."""
    limit, routes = look.limits["critical_p99_ms"], look.routes
    matters = critical_routes(look)
    counted = matters & (routes.timed >= statistics.MINIMUM_COUNT[99])
    said = [_figures(look, int(place)) for place in np.flatnonzero(counted & _above(look, 99))]
    return Verdict(
        rule="critical-p99",
        checked=f"p99 of {int(matters.sum())} critical routes against {units.format_ms(limit)}",
        threshold=limit,
        value=_most(routes.p99_ms, counted),
        alerts=[_critical(look, row) for row in said if row["p99_low_ms"] > limit],
        why=_too_few(counted, 99) if matters.any() else "no critical route is known",
    )


def long_tail(look: Look) -> Verdict:
    """Judge p99 over p50: even the lower end of the one and the upper end of the other."""
    limit, routes = look.limits["tail_ratio"], look.routes
    counted = _named(look) & (routes.timed >= statistics.MINIMUM_COUNT[99])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = routes.p99_ms / routes.p50_ms
        above = counted & (ratio > limit) & (routes.p99_ms >= look.limits["tail_from_ms"])
    said = [_figures(look, int(place)) for place in np.flatnonzero(above)]
    return Verdict(
        rule="long-tail",
        checked=f"p99 of every route against {limit:g} x its p50, from"
        f" {units.format_ms(look.limits['tail_from_ms'])} on",
        threshold=limit,
        value=_most(ratio, counted),
        alerts=[_tail(look, r) for r in said if r["p99_low_ms"] > limit * r["p50_high_ms"]],
        why=_too_few(counted, 99),
    )


def error_rate(look: Look) -> Verdict:
    """Judge the share of failures of every route; certain where Wilson's interval lies above."""
    limit, routes = look.limits["error_rate"], look.routes
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = routes.failed / routes.known
        above = _named(look) & (routes.failed >= look.limits["fewest_errors"]) & (rate > limit)
    return Verdict(
        rule="error-rate",
        checked=f"failures of every route against {units.format_share(limit)},"
        f" from {look.limits['fewest_errors']:g} failures on",
        threshold=limit,
        value=_most(rate, _named(look) & (routes.known > 0)),
        alerts=[_failing(look, int(place)) for place in np.flatnonzero(above)],
        why="" if routes.known.any() else "neither status nor errors are known",
    )


def _named(look: Look) -> Any:
    return np.array([label is not None for label in look.routes.labels], np.bool_)


def _above(look: Look, percentile: int) -> Any:
    values = look.routes.p95_ms if percentile == 95 else look.routes.p99_ms  # noqa: PLR2004
    name = "slow_p95_ms" if percentile == 95 else "critical_p99_ms"  # noqa: PLR2004
    with np.errstate(invalid="ignore"):
        return values > look.limits[name]


def _most(values: Any, where: Any) -> float:
    known = values[where & np.isfinite(values)]
    return float(known.max()) if len(known) else math.nan


def _too_few(counted: Any, percentile: int) -> str:
    fewest = statistics.MINIMUM_COUNT[percentile]
    return "" if counted.any() else f"no route has {fewest} requests with a duration"


def _figures(look: Look, place: int) -> dict[str, Any]:
    """Return what is known of a route; its percentiles are those of its rows, to the last bit."""
    duration = look.rows.duration_ms[look.rows_of(place)]
    known = np.sort(duration[~np.isnan(duration)])
    of, failed = int(look.routes.known[place]), int(look.routes.failed[place])
    return {
        "place": place,
        "route": look.label(place),
        "shown": look.shown(place),
        "requests": int(look.routes.requests[place]),
        "failures": failed,
        "error_rate": failed / of if of else math.nan,
        **groups.percentiles(known),
    }


def _slow(look: Look, place: int) -> Alert:
    row, limit = _figures(look, place), look.limits["slow_p95_ms"]
    return _alert(
        look,
        "slow-route",
        row,
        f"{row['shown']} takes {units.format_ms(row['p95_ms'])} or more in 5 % of its"
        f" {row['requests']:,} requests (p50 {units.format_ms(row['p50_ms'])})",
        Fix(
            text="See where its time goes: database, calls to others, waiting for a connection,"
            " or its own code.",
            snippet=f"perfkit.diagnose({_of(row)})",
            language="python",
        ),
        limit_ms=limit,
        severity="warning",
        confidence="high" if row["p95_low_ms"] > limit else "medium",
        reference=THRESHOLDS["slow_p95_ms"].source,
    )


def _critical(look: Look, row: dict[str, Any]) -> Alert:
    limit = look.limits["critical_p99_ms"]
    return _alert(
        look,
        "critical-p99",
        row,
        f"{row['shown']}, a critical route: one request in 100 takes"
        f" {units.format_ms(row['p99_ms'])} or more, above {units.format_ms(limit)}"
        f" (p50 {units.format_ms(row['p50_ms'])})",
        Fix(
            text="Compare its slowest requests with the rest: what do they have in common?",
            snippet=f"perfkit.tail({_of(row)})",
            language="python",
        ),
        limit_ms=limit,
        severity="warning",
        confidence="high",
        reference=THRESHOLDS["critical_p99_ms"].source,
    )


def _tail(look: Look, row: dict[str, Any]) -> Alert:
    return _alert(
        look,
        "long-tail",
        row,
        f"{row['shown']}: p99 {units.format_ms(row['p99_ms'])} is"
        f" {row['p99_ms'] / row['p50_ms']:.1f} times its p50 {units.format_ms(row['p50_ms'])}",
        Fix(
            text="Compare its slowest requests with the rest: what do they have in common?",
            snippet=f"{_of(row)}.requests.nlargest(20, 'duration_ms')",
            language="python",
        ),
        limit_ms=look.limits["tail_ratio"] * row["p50_ms"],
        severity="info",
        confidence="high",
        reference=THRESHOLDS["tail_ratio"].source,
    )


def _failing(look: Look, place: int) -> Alert:
    row = _figures(look, place)
    lowest = intervals.lowest_share(row["failures"], look.routes.known[place])
    certain = bool(lowest > look.limits["error_rate"])
    return _alert(
        look,
        "error-rate",
        row,
        f"{row['shown']} fails in {units.format_share(row['error_rate'])} of its requests"
        f" ({row['failures']:,} of {row['requests']:,})",
        Fix(
            text="Look at the errors beside the failing requests before looking at latency: a"
            " failure is often fast, or as slow as a timeout.",
            snippet=f"{_of(row)}.requests.query('status >= 500')",
            language="python",
        ),
        limit_ms=None,
        severity="critical" if certain else "warning",
        confidence="high" if certain else "medium",
        reference=THRESHOLDS["error_rate"].source,
    )


def _of(row: dict[str, Any]) -> str:
    return f"rec.where(route={row['route']!r})"


def _alert(
    look: Look,
    rule: str,
    row: dict[str, Any],
    title: str,
    fix: Fix,
    *,
    limit_ms: float | None,
    **rest: Any,
) -> Alert:
    names = ["requests", "failures", "error_rate", "p50_ms"]
    names += [f"{p}_ms" for p in ("p95", "p99") if not math.isnan(row[f"{p}_low_ms"])]
    finding = Finding(
        rule=rule,
        title=title,
        evidence=[{name: row[name] for name in [*names, "max_ms"]}],
        fix=fix,
        keys={"route": row["route"]},
        **rest,
    )
    return Alert(finding=finding, when=_offending(look, row["place"], limit_ms))


def _offending(look: Look, place: int, limit_ms: float | None) -> Ints:
    """Return when requests of the route failed, or took longer than ``limit_ms``."""
    rows, mine = look.rows, look.rows_of(place)
    with np.errstate(invalid="ignore"):
        bad = rows.failed[mine] if limit_ms is None else rows.duration_ms[mine] > limit_ms
    chosen = mine[bad & rows.timed[mine]]
    return rows.start[chosen]


def all_of(look: Look) -> Iterable[Verdict]:
    """Yield the verdicts of this file."""
    for rule in (slow, critical, long_tail, error_rate):
        yield rule(look)
