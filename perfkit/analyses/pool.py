"""Do requests wait for pooled connections, and what holds the connections meanwhile?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import statistics, units
from perfkit.analyses.pools import contention as contended
from perfkit.analyses.pools import holders, series, starvation
from perfkit.analyses.pools.starvation import Figures
from perfkit.analyses.pools.usage import usages
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.pools.usage import Usage
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["pool"]

#: Fewer checkouts than this say little about a pool.
FEW = 20

_SCHEMA = pa.schema(
    [
        ("pool", pa.string()),
        ("size", pa.int64()),
        ("checkouts", pa.int64()),
        ("utilisation", pa.float64()),
        *((f"p{p}_wait_ms", pa.float64()) for p in (50, 95, 99)),
        ("max_wait_ms", pa.float64()),
        ("timeouts", pa.int64()),
        ("mean_wait_ms", pa.float64()),
        ("p50_hold_ms", pa.float64()),
        ("p95_hold_ms", pa.float64()),
        ("mean_hold_ms", pa.float64()),
        ("mean_in_use", pa.float64()),
        ("idle_hold_share", pa.float64()),
        *((f"p{p}_wait_{end}_ms", pa.float64()) for p in (50, 95, 99) for end in ("low", "high")),
    ]
)


def pool(data: Any) -> Result:
    """Find starved connection pools and who holds the connections.

    Args:
        data: a Recording with ``checkouts`` or ``pool_samples`` (better: both, and ``spans``
            to name what a connection is held for), or one of these two tables. Where neither
            is there, spans of pools tell the waits.

    Returns:
        A Result, one row per pool: ``pool, size, checkouts, utilisation`` (mean share of
        the size in use), ``p50_wait_ms ... max_wait_ms, timeouts``, holds, ``mean_in_use``
        (Little's law: rate x mean hold) and ``idle_hold_share`` (held, yet the database had
        nothing to do). ``series``: ``stacks`` (who holds), ``state`` (in use and waiting
        over time), ``waits``.

    Raises:
        UsageError: ``data`` is neither a Recording nor a table.

    Example:
        >>> with perfkit.watch_pool(engine) as watch:   # doctest: +SKIP
        ...     run_the_load()
        >>> perfkit.pool(watch.recording)               # doctest: +SKIP
    """
    sampled = "in_use" in getattr(data, "column_names", getattr(data, "columns", ()))
    rec = as_recording(data, "pool_samples" if sampled else "checkouts")
    looks = [_Look(rec, usage) for usage in usages(rec)]
    return _result(rec, looks)


def _result(rec: Recording, looks: Sequence[_Look]) -> Result:
    findings = [look.finding for look in looks if look.finding is not None]
    return Result(
        analysis="pool",
        question="Do requests wait for pooled connections, and what holds them?",
        headline=_headline(looks, findings),
        arrow=pa.Table.from_pylist([look.row for look in looks], schema=_SCHEMA),
        noun="pools",
        findings=findings,
        caveats=[*rec.caveats(), *(text for look in looks for text in look.caveats)],
        checked=[f"waits, time-outs and holds of pool {look.usage.pool!r}" for look in looks],
        totals=_totals([look.figures for look in looks]),
        series=series.tables([(one.usage, one.state, one.figures, one.holders) for one in looks]),
    )


class _Look:
    """One pool, looked at: everything the result needs from it."""

    def __init__(self, rec: Recording, usage: Usage) -> None:
        self.usage = usage
        self.state = contended.state(usage)
        self.holders = holders.holders(usage)
        self.figures = _figures(usage, self.state)
        self.finding = self._found(rec)
        self.row = _row(usage, self.state, self.figures)
        self.caveats = _caveats(usage, self.figures)

    def _found(self, rec: Recording) -> Finding | None:
        if not starvation.starved(self.figures):
            return None
        guilty = starvation.culprit(self.holders)
        meanwhile = holders.external(rec, self.usage, guilty) if guilty is not None else None
        return starvation.finding(self.figures, guilty, meanwhile)


def _figures(usage: Usage, course: contended.State) -> Figures:
    size = usage.size
    if math.isnan(size):
        size = float(course.in_use.max(initial=0.0)) or math.nan
    waits = usage.checkouts.wait_ms[~np.isnan(usage.checkouts.wait_ms)]
    holds = usage.checkouts.hold_ms[~np.isnan(usage.checkouts.hold_ms)]
    count, wait_ms, hold_ms = _sums(usage, waits, holds)
    requests = waits.size or count
    return Figures(
        pool=usage.pool,
        size=size,
        requests=int(requests),
        checkouts=int(count),
        mean_wait_ms=wait_ms / requests if requests else math.nan,
        p95_wait_ms=statistics.quantile(waits, 0.95) if waits.size >= FEW else math.nan,
        max_wait_ms=float(waits.max()) if waits.size else math.nan,
        mean_hold_ms=_mean_hold(hold_ms, count, holds),
        timeouts=usage.timeouts,
        wait_share=wait_ms / (wait_ms + hold_ms) if wait_ms + hold_ms > 0 else 0.0,
        contention=contended.contention(usage, course, size),
    )


def _sums(usage: Usage, waits: Any, holds: Any) -> tuple[float, float, float]:
    """Return checkouts, and milliseconds waited and held: from checkouts, else from counters."""
    samples = usage.samples
    if waits.size or holds.size:
        return float(usage.checkouts.got.sum()), float(waits.sum()), float(holds.sum())
    counters = (samples.requests_total, samples.wait_ms_total, samples.hold_ms_total)
    count, wait_ms, hold_ms = (samples.grown(counter) for counter in counters)
    return (0.0 if math.isnan(count) else count, wait_ms, hold_ms)


def _mean_hold(hold_ms: float, count: float, holds: Any) -> float:
    if holds.size:
        return float(holds.mean())
    return hold_ms / count if count and hold_ms > 0 else math.nan


def _row(usage: Usage, course: contended.State, figures: Figures) -> dict[str, Any]:
    checkouts = usage.checkouts
    in_use = course.mean(course.in_use)
    return {
        "pool": usage.pool,
        "size": None if math.isnan(usage.size) else int(usage.size),
        "checkouts": figures.checkouts,
        "utilisation": in_use / figures.size,
        "max_wait_ms": figures.max_wait_ms,
        "timeouts": figures.timeouts,
        "mean_wait_ms": figures.mean_wait_ms,
        "p50_hold_ms": statistics.quantile(checkouts.hold_ms, 0.5),
        "p95_hold_ms": statistics.quantile(checkouts.hold_ms, 0.95),
        "mean_hold_ms": figures.mean_hold_ms,
        "mean_in_use": in_use,
        "idle_hold_share": _idle_share(usage),
        **_wait_quantiles(checkouts.wait_ms),
    }


def _wait_quantiles(waits: Any) -> dict[str, float]:
    row: dict[str, float] = {}
    for p in (50, 95, 99):
        low, high = statistics.quantile_interval(waits, p / 100)
        row |= {
            f"p{p}_wait_ms": statistics.quantile(waits, p / 100),
            f"p{p}_wait_low_ms": low,
            f"p{p}_wait_high_ms": high,
        }
    return row


def _idle_share(usage: Usage) -> float:
    idle, hold = usage.checkouts.idle_ms, usage.checkouts.hold_ms
    known = ~np.isnan(idle)
    whole = float(hold[known].sum())
    return float(idle[known].sum()) / whole if whole > 0 else math.nan


def _caveats(usage: Usage, figures: Figures) -> list[str]:
    name = f"pool {usage.pool!r}"
    found = []
    if figures.checkouts < FEW:
        found.append(f"{name}: {figures.checkouts} checkouts are too few to judge it by")
    if usage.checkouts.wait_ms.size and not usage.samples.at.size and not _held(usage):
        found.append(f"{name}: only waits are known: whether all its connections were taken is not")
        return found
    if math.isnan(usage.size) and figures.checkouts:
        found.append(f"{name}: its size is unknown; the most connections in use at once stand in")
    if not usage.checkouts.wait_ms.size and usage.samples.at.size:
        found.append(f"{name}: only samples, so means but no percentiles")
    if usage.checkouts.hold_ms.size and np.isnan(usage.checkouts.busy_ms).all():
        found.append(f"{name}: how long the database worked during holds is unknown")
    return found


def _held(usage: Usage) -> bool:
    """Say whether anything tells how long connections were held."""
    return not bool(np.isnan(usage.checkouts.hold_ms).all())


def _headline(looks: Sequence[_Look], findings: Sequence[Finding]) -> str:
    if findings:
        return max(findings, key=lambda one: one.saves_total_ms).title
    if not looks:
        return "No pool was recorded"
    waits = [look.figures.max_wait_ms for look in looks]
    worst = max((ms for ms in waits if not math.isnan(ms)), default=math.nan)
    return f"No starved pool in {len(looks)}: the longest wait was {units.format_ms(worst)}"


def _totals(pools: Sequence[Figures]) -> dict[str, Any]:
    return {
        "checkouts": sum(figures.checkouts for figures in pools),
        "wait_ms": sum(map(_known, pools)),
        "timeouts": sum(figures.timeouts for figures in pools),
    }


def _known(figures: Figures) -> float:
    wait = figures.mean_wait_ms * figures.requests
    return 0.0 if math.isnan(wait) else wait
