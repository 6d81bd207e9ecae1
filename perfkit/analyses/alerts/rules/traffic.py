"""Requests that suddenly stay away although those that come are served as always."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import moments, series, spells
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["rule"]

_LENGTH = spells.LENGTH
#: A recording that ends with it: load tests slow down before they stop.
_AT_END_S = 300.0
#: Bins on both sides that a drop is compared with: one scale for short drops, one for long ones.
_SIDES = (60, 240)
#: Requests that were to be expected in a drop; fewer stay away by chance.
_EXPECTED = 100
_DEVIATIONS = 6.0
#: Latency within this factor, and failures within one in a hundred, are as before.
_STABLE = 1.25
_MORE_ERRORS = 0.01
_DAY_S = 86_400
#: Days that show what is usual at a time of day; then what lasts half a day is another kind of day.
_DAYS = 3
_LONGEST_DAY = 0.5


@dataclass(frozen=True)
class _Drop:
    low: int
    high: int
    rate: float
    usual: float
    latency: float


def rule(look: Look) -> Verdict:
    """Find spells of five bins and a minute and more with half of the requests around them missing.

    The rate must be below half of what nine of ten bins before it had, and after it; so the
    end of a burst is no drop; from three days on, rates are those over the usual one at the time
    of day. It must be six deviations below in the course of the whole
    recording (five minutes at its end), and must not have come at the same time of the day
    before or after. Bins without any request are a gap in the log to us. Latency and errors stay
    as they were: otherwise the cause is inside.
    """
    bins = look.course
    drops: list[_Drop] = []
    if bins is not None:
        drops = _drops(bins, look.limits["traffic_drop"])
    return Verdict(
        rule="traffic-drop",
        checked="requests per second against those before and after, latency and errors unchanged",
        threshold=look.limits["traffic_drop"],
        value=max((1 - d.rate / d.usual for d in drops), default=math.nan),
        alerts=[_alert(look, bins, drop) for drop in drops] if bins is not None else [],
        why="" if bins is not None else look.short,
    )


def _drops(bins: Binned, share: float) -> list[_Drop]:
    usual = _usual_day(bins)
    rate = series.rolling_median(bins.rate / usual, _LENGTH)
    runs: set[tuple[int, int]] = set()
    for side in _SIDES:
        if len(rate) >= side:
            runs.update(_low(rate, 2 * side + 1, 1 - share, spells.shortest(bins)))
    found: list[_Drop] = []
    for low, high in sorted(runs, key=lambda run: run[0] - run[1]):
        drop = _judge(bins, rate, usual, (low, high), 1 - share)
        if drop is not None and not any(d.low < high and low < d.high for d in found):
            found.append(drop)
    return sorted(found, key=lambda drop: drop.low)


def _usual_day(bins: Binned) -> Floats:
    """Return the rate that each bin usually has at its time of day; 1 below three days."""
    day = round(_DAY_S / bins.grid.seconds)
    days = -(-bins.grid.size // day)
    if bins.grid.size < _DAYS * day:
        return np.ones(bins.grid.size)
    padded = np.full(days * day, np.nan)
    padded[: bins.grid.size] = series.rolling_median(bins.rate, _LENGTH)
    by_day = padded.reshape(days, day)
    usual = np.array([series.quantile(column, 0.5) for column in by_day.T])
    return np.tile(usual, days)[: bins.grid.size]


def _low(rate: Floats, length: int, share: float, shortest: int) -> list[tuple[int, int]]:
    """Return runs below ``share`` of the local median, and by six deviations."""
    with np.errstate(invalid="ignore"):
        beside = np.log(rate / series.rolling_median(rate, length))
        middle = series.quantile(beside, 0.5)
        scale = 1.4826 * series.quantile(np.abs(beside - middle), 0.5)
        below = beside < min(math.log(share), -_DEVIATIONS * scale)
        return series.runs(below, shortest, bridge=2)


def _judge(
    bins: Binned, rate: Floats, profile: Floats, run: tuple[int, int], share: float
) -> _Drop | None:
    low, high = run
    side = max(_SIDES[0], 2 * (high - low))
    before = np.arange(max(0, low - side), max(0, low - 2))
    after = np.arange(min(high + 2, len(rate)), min(high + 2 + side, len(rate)))
    ends = len(after) < _LENGTH
    if not _lasts(bins, high - low, ends=ends) or len(before) < 2 * _LENGTH:
        return None
    inside = series.quantile(rate[low:high], 0.5)
    sides = (before,) if ends else (before, after)
    if any(inside > share * series.quantile(rate[at], 0.1) for at in sides):
        return None
    if _as_on_other_days(bins, rate, run, share, ends=ends):
        return None
    beside = np.concatenate((before, after))
    scale = series.quantile(profile[low:high], 0.5)
    usual = series.quantile(rate[beside], 0.5) * scale
    latency = _unchanged(bins, run, beside)
    if latency is None or usual * bins.grid.seconds * (high - low) < _EXPECTED:
        return None
    return _Drop(low, high, inside * scale, usual, latency)


def _lasts(bins: Binned, length: int, *, ends: bool) -> bool:
    """Say whether a drop of so many bins is long enough at the end, and no other kind of day."""
    seconds = length * bins.grid.seconds
    days = bins.grid.size * bins.grid.seconds / _DAY_S
    if ends and seconds < _AT_END_S:
        return False
    return days < _DAYS or seconds <= _LONGEST_DAY * _DAY_S


def _as_on_other_days(
    bins: Binned, rate: Floats, run: tuple[int, int], share: float, *, ends: bool
) -> bool:
    """Say whether requests stayed away at the same time of the day before or after too."""
    day = round(_DAY_S / bins.grid.seconds)
    known = False
    for low, high in ((run[0] - day, run[1] - day), (run[0] + day, run[1] + day)):
        if low < 2 * _LENGTH or low + _LENGTH > bins.grid.size:
            continue
        known = True
        before = series.quantile(rate[max(0, low - _SIDES[0]) : low - 2], 0.5)
        if series.quantile(rate[low:high], 0.5) < math.sqrt(share) * before:
            return True
    # an evening ends like this; with a day before it, that would have shown
    return ends and not known and bins.grid.size > day / 2


def _unchanged(bins: Binned, run: tuple[int, int], beside: Any) -> float | None:
    """Return the latency's ratio to that beside the run, if it and the errors are as there."""
    inside = np.arange(*run)
    rise = series.quantile(bins.level[inside], 0.5) - series.quantile(bins.level[beside], 0.5)
    rates = [float(bins.failed[w].sum() / max(bins.known[w].sum(), 1.0)) for w in (inside, beside)]
    stable = abs(rise) <= math.log(_STABLE) and abs(rates[0] - rates[1]) <= _MORE_ERRORS
    return math.exp(rise) if stable else None


def _alert(look: Look, bins: Binned, drop: _Drop) -> Alert:
    low, high = bins.grid.window(drop.low, drop.high)
    share = 1 - drop.rate / drop.usual
    finding = Finding(
        rule="traffic-drop",
        severity="warning",
        title=f"{units.format_share(share)} of the requests stay away from"
        f" {moments.said(low, high, look.rec.zone)} ({drop.rate:.3g} a second instead of"
        f" {drop.usual:.3g}); those that come take as long as always",
        evidence=[
            {
                "rate_per_s": drop.rate,
                "usual_rate_per_s": drop.usual,
                "latency_ratio": round(drop.latency, 3),
                "minutes": (high - low) / moments.SECOND / 60,
            }
        ],
        fix=Fix(
            text="What arrives is served well, so the cause is upstream: a load balancer, DNS, a"
            " certificate, a client's release, or lines missing from the log. Compare the clients"
            " before and in this time.",
            snippet=f"{moments.between(low, high, look.rec.zone)}.requests.client.value_counts()",
            language="python",
        ),
        confidence="medium",
        reference=THRESHOLDS["traffic_drop"].source,
        keys={"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))
