"""Latency that grows from day to day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.alerts import moments, series
from perfkit.analyses.alerts.rules import route_rows
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["daily", "rule", "trend"]

_DAY_NS = 86_400 * moments.SECOND
_HOURS = 24
#: Concordant minus discordant pairs of days over all pairs (Kendall's tau).
_TAU = 0.8
#: One day's step must not make up most of the growth: that is a change, not a trend.
_STEP = 0.6
#: Hours of a day that must be known.
_KNOWN = 12
_STATEMENT_ROWS = 200


@dataclass(frozen=True)
class _Trend:
    route: int
    per_day: float
    total: float
    days: int


def rule(look: Look) -> Verdict:
    """Find routes whose median latency grows by 2 % a day and 20 % in all.

    At least five whole days. Days are compared hour by hour, so the daily cycle plays no part:
    the growth per day is the median over all pairs of days and hours (Theil and Sen, seasonal
    as in Hirsch and Slack). Nearly all pairs of days must agree (Kendall's tau 0.8), and no single
    step may make up 60 % of the growth: that is a change point.
    """
    bins, needed = look.course, look.limits["growth_days"]
    why = "" if look.seconds >= needed * 86_400 else f"{look.seconds / 86_400:.1f} days recorded"
    found = [] if bins is None or why else _trends(look, bins)
    return Verdict(
        rule="gradual-growth",
        checked="median latency of every route by day, hour against hour",
        threshold=look.limits["growth_per_day"],
        value=max((one.per_day for one in found), default=math.nan),
        alerts=[_alert(look, found)] if found else [],
        why=why or ("" if bins is not None else look.short),
    )


def _trends(look: Look, bins: Binned) -> list[_Trend]:
    found = []
    for row, route in enumerate(bins.routes.tolist()):
        per_day, total, clear = trend(daily(bins, bins.route_level[row]))
        if (
            clear
            and per_day >= math.log1p(look.limits["growth_per_day"])
            and (total >= math.log1p(look.limits["growth_total"]))
        ):
            days = bins.grid.size * bins.grid.width / _DAY_NS
            found.append(_Trend(route, math.expm1(per_day), math.expm1(total), int(days)))
    return sorted(found, key=lambda one: -one.per_day)


def daily(bins: Binned, level: Floats) -> Floats:
    """Return a level by day (row) and hour (column); days are whole, the last ends the grid."""
    hour = (bins.grid.end - 1 - bins.grid.start - np.arange(bins.grid.size) * bins.grid.width) // (
        _DAY_NS // _HOURS
    )
    days = int((bins.grid.end - bins.grid.start) // _DAY_NS)
    known = ~np.isnan(level) & (hour < days * _HOURS)
    total = np.bincount(hour[known], weights=level[known], minlength=days * _HOURS)
    count = np.bincount(hour[known], minlength=days * _HOURS)
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    table: Floats = mean.reshape(days, _HOURS)
    return table[::-1, ::-1]


def trend(by_day: Floats) -> tuple[float, float, bool]:
    """Return the growth per day and in all (as logarithms), and whether it is a clear trend."""
    days = np.flatnonzero(np.isfinite(by_day).sum(axis=1) >= _KNOWN)
    if len(days) < 2:  # noqa: PLR2004 - a trend has two ends
        return 0.0, 0.0, False
    first, second = np.triu_indices(len(days), 1)
    rise = by_day[days[second]] - by_day[days[first]]
    gap = (days[second] - days[first])[:, None]
    per_day = series.quantile((rise / gap).ravel(), 0.5)
    signs = np.sign([series.quantile(pair, 0.5) for pair in rise])
    total = per_day * float(days[-1] - days[0])
    steps = [series.quantile(step, 0.5) for step in np.diff(by_day[days], axis=0)]
    largest = float(np.nanmax(steps))
    clear = bool(np.nanmean(signs) >= _TAU and largest < _STEP * total)
    return per_day, total, clear


def _alert(look: Look, found: list[_Trend]) -> Alert:
    worst = found[0]
    name = look.label(worst.route)
    assert look.course is not None
    data = _rows_examined(look)
    traffic = _traffic(look.course)
    shown = look.shown(worst.route)
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    doubled = math.log(2) / math.log1p(worst.per_day)
    grown = f"; rows examined per statement grow by {units.format_share(data)}" if data > 0 else ""
    finding = Finding(
        rule="gradual-growth",
        severity="warning",
        title=f"{shown}{others} takes {units.format_share(worst.per_day)} longer every day,"
        f" {units.format_share(worst.total)} in {worst.days} days: it doubles in"
        f" {doubled:.0f} days{grown}",
        evidence=[
            {
                "route": look.label(one.route),
                "growth_per_day": one.per_day,
                "growth_total": one.total,
                "rows_examined_per_day": data or None,
                "requests_per_day": traffic,
            }
            for one in found
        ],
        fix=_fix(name, data, traffic, worst.per_day),
        confidence="high" if data > 0 else "medium",
        reference=THRESHOLDS["growth_per_day"].source,
        keys={"route": name} if len(found) == 1 else {},
    )
    return Alert(finding=finding)


def _fix(name: str, data: float, traffic: float, latency: float) -> Fix:
    if data <= 0 and traffic > latency / 2:
        text = "The requests per day grow as well: capacity is being used up."
    elif data > 0:
        text = "It reads more rows every day: an index or a limit is missing, and data grow."
    else:
        text = "What grows with the data (a scan without an index, a list without a limit) does so."
    return Fix(
        text=f"{text} Look at the statements behind the route, and at their plans.",
        snippet=f"perfkit.digest(rec{route_rows.where(name)})\nperfkit.since_when(rec)",
        language="python",
    )


def _traffic(bins: Binned) -> float:
    """Return the growth of requests per day, as a share."""
    per_day, _, _ = trend(daily(bins, np.log(np.where(bins.count > 0, bins.count, np.nan))))
    return math.expm1(per_day) if math.isfinite(per_day) else 0.0


def _rows_examined(look: Look) -> float:
    """Return the growth per day of the rows a statement examines; 0 where nothing is known."""
    queries = look.rec.arrow("queries", ["started_at", "rows_examined"])
    rows = groups.numbers(queries["rows_examined"])
    at: Ints = queries["started_at"].cast(pa.int64()).fill_null(0).to_numpy()
    known = (rows > 0) & (at > 0)
    day = at[known] // _DAY_NS
    medians = [
        (one, math.log(float(np.median(rows[known][day == one]))))
        for one, count in zip(*np.unique(day, return_counts=True), strict=True)
        if count >= _STATEMENT_ROWS
    ]
    slopes = [(b - a) / (j - i) for i, a in medians for j, b in medians if j > i]
    return math.expm1(float(np.median(slopes))) if slopes else 0.0
