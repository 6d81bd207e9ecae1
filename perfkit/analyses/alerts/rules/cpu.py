"""CPU use that rises although no more requests come."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

_RISE = 1.5
#: Readings come once a minute: a rise lasts five of them.
_LEAST_S = 300.0
_Rise = tuple[int, int, float, float]


def rule(look: Look) -> Verdict:
    """Find spells in which the CPU is used by 20 points and half more than at equal throughput.

    At least five bins and five minutes, beside bins outside of it in which as many requests
    were served; six deviations above what is usual.
    """
    bins, cpu = look.course, look.cpu
    why = look.short if bins is None else "" if cpu is not None else "no readings of CPU in metrics"
    limit = look.limits["cpu_rise"]
    found = [] if bins is None or cpu is None else _rises(bins, cpu, limit)
    return Verdict(
        rule="cpu-without-traffic",
        checked="CPU use against that of bins with equal throughput",
        threshold=limit,
        value=max((used - usual for _, _, used, usual in found), default=float("nan")),
        alerts=[] if bins is None else [_alert(look, bins, rise) for rise in found],
        why=why,
    )


def _rises(bins: Binned, cpu: Floats, limit: float) -> list[_Rise]:
    runs = spells.raised_runs(cpu, np.log(bins.rate), limit)
    outside = np.ones(len(cpu), np.bool_)
    for low, high in runs:
        outside[low:high] = False
    found = []
    for low, high in runs:
        alike = spells.comparable(bins, outside, low, high)
        if len(alike) < max(spells.LENGTH, (high - low) // 2):
            continue
        used, usual = (series.quantile(values, 0.5) for values in (cpu[low:high], cpu[alike]))
        long = (high - low) * bins.grid.seconds >= _LEAST_S
        if long and used - usual >= limit and used >= _RISE * usual:
            found.append((low, high, used, usual))
    return found


def _alert(look: Look, bins: Binned, rise: _Rise) -> Alert:
    low, high = bins.grid.window(rise[0], rise[1])
    used, usual = rise[2], rise[3]
    part = moments.between(low, high, look.rec.zone)
    finding = Finding(
        rule="cpu-without-traffic",
        severity="warning",
        title=f"CPU use is {units.format_share(used)} instead of {units.format_share(usual)} from"
        f" {moments.said(low, high, look.rec.zone)}, with no more requests than usual",
        evidence=[{"cpu": used, "usual_cpu": usual, "minutes": (high - low) / 6e10}],
        fix=Fix(
            text="Something beside the requests computes: a scheduled job, garbage collection, a"
            " retry loop, a neighbour on the same host. See which events and statements fall into"
            " this time.",
            snippet=f"part = {part}\npart.events\nperfkit.digest(part)",
            language="python",
        ),
        confidence="medium",
        reference=THRESHOLDS["cpu_rise"].source,
        keys={"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))
