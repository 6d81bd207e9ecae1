"""Hours with fewer requests than the same hour of the week before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import grid as grids
from perfkit.analyses.alerts import moments, series
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["rule"]

_HOUR_S = 3600
_WEEK = 168
_DAY_S = 86_400
#: Requests in the hour of the week before that can be compared.
_FEWEST = 100
#: Consecutive hours; one alone may be a customer's holiday.
_HOURS = 2
_DEVIATIONS = 4.0
_COUNTING = 3.0
#: A holiday moves up as often as down: as large a rise elsewhere says that weeks just differ.
_MIRROR = 1.0


@dataclass(frozen=True)
class _Fall:
    low: int
    high: int
    requests: float
    before: float


def rule(look: Look) -> Verdict:
    """Compare every hour with the same one a week before: 20 % less, for two hours and more.

    Needs eight days and 100 requests in the hour. The fall must also exceed four deviations of
    all hours' ratios around their median (by the median of absolute deviations) and three of
    what counts of that size vary by, and an equal
    rise must not have occurred: where weeks differ as much in both directions, a fall says
    nothing. Hours without any request are gaps in the log.
    """
    needed = look.limits["week_days"]
    why = "" if look.seconds >= needed * _DAY_S else _too_short(look, needed)
    falls: list[_Fall] = []
    if not why and look.extent is not None:
        grid = grids.whole(*look.extent, _HOUR_S)
        (count,) = grid.counts(look.rows.start, look.rows.timed)
        falls = _falls(count, look.limits["week_drop"])
        return _verdict(look, [_alert(look, grid, fall) for fall in falls], falls, "")
    return _verdict(look, [], falls, why)


def _too_short(look: Look, needed: float) -> str:
    return f"{look.seconds / _DAY_S:.1f} days recorded, {needed:g} are needed"


def _verdict(look: Look, alerts: list[Alert], falls: list[_Fall], why: str) -> Verdict:
    return Verdict(
        rule="week-drop",
        checked="requests per hour against the same hour of the week before",
        threshold=look.limits["week_drop"],
        value=max((1 - fall.requests / fall.before for fall in falls), default=math.nan),
        alerts=alerts,
        why=why,
    )


def _falls(count: Floats, share: float) -> list[_Fall]:
    before, now = count[:-_WEEK], count[_WEEK:]
    usable = (before >= _FEWEST) & (now > 0)
    ratio = np.full(len(now), np.nan)
    ratio[usable] = np.log(now[usable] / before[usable])
    middle = series.quantile(ratio, 0.5)
    scale = 1.4826 * series.quantile(np.abs(ratio - middle), 0.5)
    counting = np.full(len(now), np.nan)  # two Poisson counts differ by chance
    counting[usable] = np.sqrt(1 / now[usable] + 1 / before[usable])
    limit = np.maximum(max(-math.log(1 - share), _DEVIATIONS * scale), _COUNTING * counting)
    with np.errstate(invalid="ignore"):
        down, up = (series.runs(sign * ratio > limit, _HOURS) for sign in (-1, 1))
    rises = max((high - low for low, high in up), default=0)
    return [
        _Fall(low, high, float(now[low:high].sum()), float(before[low:high].sum()))
        for low, high in down
        if high - low > _MIRROR * rises
    ]


def _alert(look: Look, grid: Grid, fall: _Fall) -> Alert:
    low, high = grid.window(fall.low + _WEEK, fall.high + _WEEK)
    week = _WEEK * _HOUR_S * moments.SECOND
    zone = look.rec.zone
    share = 1 - fall.requests / fall.before
    finding = Finding(
        rule="week-drop",
        severity="warning",
        title=f"{units.format_share(share)} fewer requests than in the same hours of the week"
        f" before, from {moments.said(low, high, zone)} ({fall.requests:,.0f} instead of"
        f" {fall.before:,.0f})",
        evidence=[
            {
                "hours": fall.high - fall.low,
                "requests": int(fall.requests),
                "week_before": int(fall.before),
            }
        ],
        fix=Fix(
            text="See who stays away (a client, a region, a route) and whether a holiday explains"
            " it; then whether the service was reachable.",
            snippet=f"perfkit.compare({moments.between(low - week, high - week, zone)},\n"
            f"                {moments.between(low, high, zone)})",
            language="python",
        ),
        confidence="medium",
        reference=THRESHOLDS["week_drop"].source,
        keys={"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))
