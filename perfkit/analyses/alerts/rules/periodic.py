"""Slow requests that come at equal distances: a scheduler, a cache or a collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.alerts import grid as grids
from perfkit.analyses.alerts import moments, spikes
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Flags, Floats
    from perfkit.analyses.alerts.spikes import Period

__all__ = ["rule"]

_PER_BIN = 10.0
_MOST = 100_000
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300)
_FEWEST_BINS = 60
#: Two periods that differ by less are one.
_SAME = 0.02
#: What usually has a period of so many seconds.
_USUAL = {
    10: "a metrics scrape or a heartbeat",
    15: "a metrics scrape (Prometheus' usual interval) or a heartbeat",
    30: "a health check, a metrics scrape or a cache that expires",
    60: "cron, a scrape, or a cache that lives for a minute",
    120: "a scheduled job or a cache that lives for two minutes",
    300: "cron, a cache that lives for five minutes, or PostgreSQL's checkpoint_timeout",
    600: "a scheduled job or a cache that lives for ten minutes",
    900: "a scheduled job, or a token or cache that lives for a quarter of an hour",
    1800: "a scheduled job, or a cache or session that lives for half an hour",
    3600: "cron (hourly), a cache or token that lives for an hour, or rotated logs",
    21_600: "a scheduled job",
    43_200: "a scheduled job",
    86_400: "a nightly job: a backup, a report, rotated logs, a vacuum",
}


def rule(look: Look) -> Verdict:
    """Find spikes at equal distances (:mod:`..spikes`); at least 60 bins and five cycles."""
    grid, why = _grid(look)
    slow = None if grid is None else _slow(look)
    period = None if grid is None or slow is None else _period(look, grid, slow)
    alerts = []
    if grid is not None and slow is not None and period is not None:
        alerts = [_alert(look, grid, period, _excess(look, grid, period, slow))]
    return Verdict(
        rule="periodic-spikes",
        checked=f"requests above {look.limits['spike_ratio']:g} x their route's p50, folded at"
        " every usual period",
        threshold=look.limits["spike_ratio"],
        value=float("nan") if period is None or grid is None else period.length * grid.seconds,
        alerts=alerts,
        why=why,
    )


def _grid(look: Look) -> tuple[Grid | None, str]:
    if look.extent is None:
        return None, look.short
    timed = int(look.rows.timed.sum())
    grid = grids.finest(*look.extent, timed, per_bin=_PER_BIN, most=_MOST, steps=_STEPS)
    enough = grid.size >= _FEWEST_BINS and timed >= _PER_BIN / 2 * grid.size
    return (grid, "") if enough else (None, look.short if timed else "no request has a time")


def _slow(look: Look) -> Flags:
    """Say which requests take a multiple of their route's median."""
    rows, limit = look.rows, look.limits["spike_ratio"] * look.routes.p50_ms
    slow = np.empty(len(rows), np.bool_)
    for part in groups.pieces(len(rows)):
        np.greater(rows.duration_ms[part], limit[rows.route.codes[part]], out=slow[part])
    return slow


def _period(look: Look, grid: Grid, slow: Flags) -> Period | None:
    count, often = grid.counts(look.rows.start, look.rows.measured, slow)
    return spikes.found(spikes.onsets(count, often), grid.size, grid.seconds)


def _excess(look: Look, grid: Grid, period: Period, slow: Flags) -> Floats:
    """Return by how much (ms) the slow requests in the spikes exceed their route's median."""
    at = np.flatnonzero(slow)
    at = at[np.isin(grid.places(look.rows.start[at]), period.places)]
    lost: Floats = look.rows.duration_ms[at] - look.routes.p50_ms[look.rows.route.codes[at]]
    return lost


def _alert(look: Look, grid: Grid, period: Period, lost: Floats) -> Alert:
    excess = float(lost.mean())
    seconds = _rounded(period.length * grid.seconds)
    usual = _USUAL.get(round(seconds), "a cache that expires, garbage collection, or a timer")
    when = _clock(look, grid, period, seconds)
    last = grid.at(int(period.places[-1]))
    margin = max(grid.width, 10 * moments.SECOND)
    part = moments.between(last - margin, last + 2 * margin, look.rec.zone)
    finding = Finding(
        rule="periodic-spikes",
        severity="warning",
        title=f"Requests are slow every {units.format_ms(seconds * 1e3)}{when}"
        f" ({period.hits} of {period.cycles} times): {usual} has this period",
        evidence=[
            {
                "period_s": seconds,
                "spikes": period.hits,
                "cycles": period.cycles,
                "chance": period.chance,
                "mean_excess_ms": excess,
            }
        ],
        saves_ms=excess,
        saves_basis="per slow request in a spike (over its route's median)",
        saves_times=float(len(lost)),
        fix=Fix(
            text=f"Find what runs then: {usual}. Move it, spread it (a random delay, caches that"
            " expire at different times), or take it out of the request's process.",
            snippet=f"part = {part}  # around the last one\npart.events\nperfkit.digest(part)",
            language="python",
        ),
        confidence="high" if period.hits >= 2 * _CLEAR else "medium",
        reference=THRESHOLDS["spike_ratio"].source,
    )
    return Alert(finding=finding)


_CLEAR = 5


def _rounded(seconds: float) -> float:
    """Return the usual period that this one is, or the period."""
    near = min(_USUAL, key=lambda usual: abs(usual - seconds))
    return float(near) if abs(near - seconds) <= _SAME * near else round(seconds, 1)


def _clock(look: Look, grid: Grid, period: Period, seconds: float) -> str:
    """Return at which time of the hour or the day it is, where clocks show it."""
    at = moments.local(grid.at(int(np.median(period.places[:1]))), look.rec.zone)
    if seconds == 86_400:  # noqa: PLR2004 - a day
        return f" at about {at:%H:%M}"
    if seconds == 3600:  # noqa: PLR2004 - an hour
        return f" at about :{at:%M}"
    return ""
