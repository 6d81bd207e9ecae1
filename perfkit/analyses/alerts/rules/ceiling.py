"""Throughput that stays flat while more and more requests are under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import moments, series
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["all_of"]

#: Bins at the ceiling, and below it.
_FEWEST = 10
#: Throughput within this of the ceiling is at it.
_FLAT = 0.15
#: Below the knee the throughput must have followed the concurrency by this factor.
_FOLLOWED = 1.5
#: Fewer requests under way queue for nothing.
_IN_FLIGHT = 4.0
#: Up to this multiple of the requests at the knee none of them queues.
_QUEUE = 1.25
#: Latency at the ceiling over that at the knee: it is what a queue makes of concurrency.
_SLOWER = 1.5


@dataclass(frozen=True)
class _Ceiling:
    """``at``: the bins at the ceiling; rates per s; ``knee``: requests under way there."""

    at: Any
    rate: float
    knee: float
    in_flight: float
    slower: float


def all_of(look: Look) -> Iterable[Verdict]:
    """Yield ``blocking-work`` and ``throughput-ceiling``.

    By Little's law the requests under way are rate times latency. Below the knee the rate follows
    them; at the ceiling it stays within 15 % while twice as many are under way, so that latency
    alone grows. Ten bins at least on each side, four requests under way, and the median latency
    1.5-fold: a single endless download is no queue. If the CPU is known to be below 70 % then,
    requests block one another without computing: that is ``blocking-work``.
    """
    bins = look.course
    found = None if bins is None else _ceiling(bins, look.limits["ceiling_ratio"])
    cpu = float("nan") if found is None or look.cpu is None else _median(look.cpu[found.at])
    idle = cpu < look.limits["busy_cpu"]
    why = look.short if bins is None else _why(bins)
    no_cpu = "" if look.cpu is not None else "no readings of CPU in metrics"
    for rule, mine in (("blocking-work", idle), ("throughput-ceiling", not idle)):
        chosen = found if mine else None
        yield Verdict(
            rule=rule,
            checked=_CHECKED[rule],
            threshold=look.limits["ceiling_ratio"],
            value=float("nan") if chosen is None else chosen.in_flight / chosen.knee,
            alerts=[] if chosen is None else [_alert(look, rule, chosen, cpu)],
            why=why or (no_cpu if rule == "blocking-work" else ""),
        )


_CHECKED = {
    "blocking-work": "requests under way at the ceiling over those at its knee, CPU below 70 %",
    "throughput-ceiling": "requests under way at the ceiling over those at its knee",
}


def _why(bins: Binned) -> str:
    return "" if bins.in_flight.max() > 0 else "no durations: what was under way is not known"


def _ceiling(bins: Binned, ratio: float) -> _Ceiling | None:
    rate = series.rolling_median(bins.completed / bins.grid.seconds, 3)
    under_way = series.rolling_median(bins.in_flight, 3)
    top = series.quantile(rate, 0.95)
    with np.errstate(invalid="ignore"):
        full = rate >= (1 - _FLAT) * top
        below = (rate < (1 - _FLAT) * top) & (rate > 0)
    if min(full.sum(), below.sum()) < _FEWEST:
        return None
    knee = _knee(rate, under_way, below, top)
    at = full & (under_way >= ratio * knee)
    found = _Ceiling(at, _median(rate[at]), knee, _median(under_way[at]), _slower(bins, at, below))
    return found if _convincing(found, rate, under_way, full, below) else None


def _knee(rate: Floats, under_way: Floats, below: Any, top: float) -> float:
    """Return how many requests would be under way at the ceiling at the usual latency."""
    seconds = series.quantile(under_way[below] / rate[below], 0.5)
    return float(top * seconds)


def _slower(bins: Binned, at: Any, below: Any) -> float:
    return float(np.exp(_median(bins.level[at]) - _median(bins.level[below])))


def _convincing(found: _Ceiling, rate: Floats, under_way: Floats, full: Any, below: Any) -> bool:
    """Say whether this is a ceiling, not a slow spell at the usual throughput."""
    queued = int(found.at.sum())
    served = int((full & (under_way < _QUEUE * found.knee)).sum())
    followed = found.rate / max(series.quantile(rate[below], 0.1), 1e-9)
    return (
        queued >= _FEWEST
        and served <= queued // 2  # as much served without a queue: then it is no ceiling
        and found.in_flight >= _IN_FLIGHT
        and found.slower >= _SLOWER
        and followed >= _FOLLOWED
        and series.quantile(under_way[below], 0.1) * _FOLLOWED <= found.knee
    )


def _median(values: Floats) -> float:
    return series.quantile(values, 0.5)


def _alert(look: Look, rule: str, found: _Ceiling, cpu: float) -> Alert:
    bins = look.course
    assert bins is not None
    places = np.flatnonzero(found.at)
    low, high = bins.grid.window(int(places[0]), int(places[-1]) + 1)
    used = "" if np.isnan(cpu) else f", CPU at {units.format_share(cpu)}"
    fix = _blocking(look, low, high) if rule == "blocking-work" else _capacity(look, low, high, cpu)
    finding = Finding(
        rule=rule,
        severity="critical",
        title=f"Throughput stops at {found.rate:.3g} requests a second while"
        f" {found.in_flight:.3g} are under way ({found.knee:.2g} would do at the usual"
        f" latency): latency is {found.slower:.1f} times as high{used}",
        evidence=[
            {
                "ceiling_per_s": found.rate,
                "in_flight": found.in_flight,
                "knee": found.knee,
                "latency_ratio": found.slower,
                "cpu": None if np.isnan(cpu) else cpu,
                "bins": len(places),
                "bin_s": bins.grid.seconds,
            }
        ],
        saves_ms=(found.in_flight - found.knee) / found.rate * 1e3,
        saves_basis="per request at the ceiling (Little's law: what is queued over the rate)",
        saves_times=float(bins.count[found.at].sum()),
        fix=fix,
        confidence="medium",
        reference=THRESHOLDS["ceiling_ratio"].source,
        keys={"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))


def _blocking(look: Look, low: int, high: int) -> Fix:
    part = moments.between(low, high, look.rec.zone)
    return Fix(
        text="The CPU is not what is full: requests wait for each other. A blocking call on the"
        " event loop, a pool that is too small or a lock would each look like this.",
        snippet=f"part = {part}\nperfkit.event_loop(part)\nperfkit.pool(part)",
        language="python",
    )


def _capacity(look: Look, low: int, high: int, cpu: float) -> Fix:
    part = moments.between(low, high, look.rec.zone)
    why = (
        "Without readings of the CPU it is open what is full: load the host's metrics beside it."
        if np.isnan(cpu)
        else "The CPU is full: make the costliest route cheaper, or add cores and workers."
    )
    return Fix(
        text=f"{why} Refuse early (503 with Retry-After) what would only queue.",
        snippet=f"part = {part}\nperfkit.baseline(part)\nperfkit.pool(part)",
        language="python",
    )
