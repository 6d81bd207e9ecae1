"""Statements that become slower and slower: Mann-Kendall says whether, Theil-Sen how fast.

Mann, Econometrica 13, 1945; Kendall, Rank Correlation Methods, 1975; Theil, 1950, and Sen,
Journal of the American Statistical Association 63, 1968. A step (a plan that changed, a deploy)
is no growth, and what becomes slower as it is called more often is load.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.analyses.digests.rules.seen import Seen

    Floats = NDArray[np.float64]

__all__ = ["growing", "mann_kendall", "theil_sen"]

#: The normal approximation of Mann and Kendall's test holds from 10 values on (Kendall 1975).
PERIODS = 12
_MOST_PERIODS = 60
#: Calls in a period, below which its mean is a matter of chance.
CALLS = 10
#: Twenty statements are tested: at 1 in 20,000 each, one run in a thousand raises a false alarm.
Z = 3.9
#: Growth that matters: half as slow again, and at least as much as a person could notice.
GROWTH = 0.5
GROWTH_MS = 1.0
_TESTED = 20


def growing(seen: Seen) -> Iterator[Finding]:
    """Find statements whose mean duration rises steadily over the log."""
    for row in seen.rows[:_TESTED]:
        times, mean, calls = _course(seen, row["group"])
        if len(mean) < PERIODS or mann_kendall(mean) < Z or mann_kendall(calls) >= Z:
            continue
        slope = theil_sen(times, mean)
        level = float(np.median(mean - slope * times))
        first, last = level + slope * times[0], level + slope * times[-1]
        grown = last - first
        steady = not _is_step(mean, level + slope * times)
        if first > 0 and grown >= max(GROWTH * first, GROWTH_MS) and steady:
            yield _finding(row, first, last, float(times[-1] - times[0]))


def _course(seen: Seen, group: int) -> tuple[Floats, Floats, Floats]:
    """Return minutes, mean duration and calls of a statement, in at most 60 periods."""
    cells = seen.part.minutes
    mine = cells.group == group
    period, calls, total = cells.period[mine], cells.calls[mine], cells.total_ms[mine]
    if not len(period):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    wide = math.ceil((int(period[-1]) - int(period[0]) + 1) / _MOST_PERIODS)
    place = (period - period[0]) // wide
    count: Floats = np.bincount(place, calls).astype(np.float64)
    enough = count >= CALLS
    mean = np.bincount(place, total)[enough] / count[enough]
    times: Floats = (np.flatnonzero(enough) * wide * cells.width).astype(np.float64)
    return times, mean.astype(np.float64), count[enough]


def mann_kendall(values: Floats) -> float:
    """Return the statistic Z of the test: large if later values tend to be larger."""
    n = len(values)
    signs = np.sign(values[None, :] - values[:, None])
    score = float(np.triu(signs, 1).sum())
    _, ties = np.unique(values, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    return (score - math.copysign(1, score)) / math.sqrt(variance) if score and variance else 0.0


def theil_sen(times: Floats, values: Floats) -> float:
    """Return the median of the slopes between all pairs of points."""
    low, high = np.triu_indices(len(times), 1)
    return float(np.median((values[high] - values[low]) / (times[high] - times[low])))


def _is_step(values: Floats, line: Floats) -> bool:
    """Say whether one step fits the values as well as the line."""
    apart = ((values - line) ** 2).sum()
    steps = (
        ((values[:at] - values[:at].mean()) ** 2).sum()
        + ((values[at:] - values[at:].mean()) ** 2).sum()
        for at in range(1, len(values))
    )
    return bool(min(steps) <= apart)


def _finding(row: dict[str, Any], first: float, last: float, minutes: float) -> Finding:
    return Finding(
        rule="growing-statement",
        severity="warning",
        title=f"{shown(row['fingerprint'])} becomes slower: from {units.format_ms(first)} to"
        f" {units.format_ms(last)} on average within {units.format_ms(minutes * 60_000)}",
        evidence=[
            {
                "mean_ms at first": first,
                "mean_ms at last": last,
                "per_hour_ms": (last - first) / minutes * 60,
                "calls": row["calls"],
            }
        ],
        fix=Fix(
            text="Something it reads grows: a table without an index for it, dead rows that are"
            " not vacuumed, a queue that is never emptied. Compare its plans early and late.",
            snippet="select relname, n_live_tup, n_dead_tup, last_autovacuum, seq_scan\n"
            "from pg_stat_user_tables order by n_dead_tup desc limit 10;",
            language="sql",
        ),
        confidence="medium",
        reference=f"Mann-Kendall Z of at least {Z}, slope by Theil and Sen",
        keys={"fingerprint_id": row["fingerprint_id"]},
    )
