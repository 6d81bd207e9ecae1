"""Is a pool starved, why, and what would end it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics, units
from perfkit.analyses.pools import queueing
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.pools.contention import Contention
    from perfkit.analyses.pools.holders import Holder

__all__ = ["Figures", "culprit", "finding", "starved"]

#: Waits worth a finding: a p95 that people notice, and no rounding error beside the work.
WAIT_P95_MS = 10.0
WAIT_SHARE = 0.1
#: Without a full pool a wait has other causes: a slow connect, a blocked event loop.
FULL = 0.8
#: Above this a pool's throughput says nothing about the demand any more.
SATURATED = 0.95
#: A pool that is mostly idle on average may still be too small for bursts: then waits
#: are a large part of all time spent with it.
BURST_WAIT_SHARE = 0.3
#: A connection is held for nothing when the database rests for most of the hold ...
IDLE_SHARE = 0.5
#: ... and for long enough to be a call or a sleep rather than the work between statements.
IDLE_P50_MS, IDLE_MEAN_MS = 50.0, 100.0

REFERENCE = "https://docs.sqlalchemy.org/en/20/core/pooling.html"

_RELEASE = """\
# before: the connection is held while the call runs
#   async with engine.begin() as connection: ...; await call(); ...
reply = await call()                       # first the call, without a connection
async with engine.begin() as connection:   # then the database, briefly
    await store(connection, reply)"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is known about one pool's waits; times in ms.

    ``requests`` counts those that timed out too, ``checkouts`` does not. ``wait_share`` is
    the part of waiting in all time spent waiting or holding.
    """

    pool: str
    size: float
    requests: int
    checkouts: int
    mean_wait_ms: float
    p95_wait_ms: float
    max_wait_ms: float
    mean_hold_ms: float
    timeouts: int
    wait_share: float
    contention: Contention


def starved(figures: Figures) -> bool:
    """Say whether requests wait because all connections are taken, and long enough to matter."""
    full = figures.contention
    if figures.timeouts > 0:
        return True
    if not full.busy_while_waiting >= FULL:
        return False
    material = figures.p95_wait_ms >= WAIT_P95_MS or (
        math.isnan(figures.p95_wait_ms) and figures.mean_wait_ms >= WAIT_P95_MS
    )
    # SQLAlchemy's queue is not fair: a few may starve while the p95 looks fine.
    unfair = figures.max_wait_ms >= 10 * WAIT_P95_MS and figures.wait_share >= BURST_WAIT_SHARE
    crowded = full.utilisation >= FULL or figures.wait_share >= BURST_WAIT_SHARE
    return (material and figures.wait_share >= WAIT_SHARE and crowded) or unfair


def culprit(found: list[Holder]) -> Holder | None:
    """Return the place that holds connections longest without using the database, if any does."""
    whole = sum(one.total_hold_ms for one in found)
    idlers = [one for one in found if _idles(one, whole)]
    return max(idlers, key=lambda one: one.mean_idle_ms * one.rows.size, default=None)


def finding(
    figures: Figures, holder: Holder | None, elsewhere: tuple[str, float] | None
) -> Finding:
    """Return the finding on a starved pool; ``elsewhere`` is the call made meanwhile."""
    if holder is None:
        return _too_small(figures)
    return _held(figures, holder, elsewhere)


def _idles(holder: Holder, whole: float) -> bool:
    if not holder.idle_share > IDLE_SHARE:
        return False
    long = holder.p50_idle_ms > IDLE_P50_MS or holder.mean_idle_ms > IDLE_MEAN_MS
    return long or holder.mean_idle_ms * holder.rows.size > IDLE_SHARE * whole


def _held(figures: Figures, holder: Holder, elsewhere: tuple[str, float] | None) -> Finding:
    where = holder.site or "a place without a stack"
    during = f" while it calls {elsewhere[0]}" if elsewhere else ""
    saved = _saved(figures, _hold_without(figures, holder), figures.size)
    keys = _keys(figures) | ({"peer": elsewhere[0]} if elsewhere else {})
    return Finding(
        rule="connection-held-idle",
        severity="critical",
        title=(
            f"{_waits(figures)}, because {where} holds a connection for"
            f" {units.format_ms(holder.mean_hold_ms)}{during}: for"
            f" {units.format_share(holder.idle_share)} of that the database has nothing to do"
        ),
        evidence=[_evidence(figures, holder, elsewhere)],
        saves_ms=saved,
        saves_basis="per request for a connection (estimate: Erlang C)",
        saves_times=figures.requests,
        fix=Fix(
            text=(
                f"Do what is not the database before taking the connection in {where}, or after"
                " giving it back; a larger pool would only postpone the queue."
            ),
            snippet=_RELEASE,
            language="python",
        ),
        effort="low",
        confidence="medium",
        reference=REFERENCE,
        keys=keys,
    )


def _too_small(figures: Figures) -> Finding:
    size = _enough(figures)
    full, hold = figures.contention, figures.mean_hold_ms
    rate = full.requests_per_s
    return Finding(
        rule="pool-too-small",
        severity="critical" if figures.timeouts else "warning",
        title=f"{_waits(figures)}: its connections are in use {_use(figures)} of that time",
        evidence=[_evidence(figures, None, None)],
        saves_ms=_saved(figures, hold, size),
        saves_basis="per request for a connection (estimate: Erlang C)",
        saves_times=figures.requests,
        fix=Fix(
            text=(
                f"Open {size} connections: {rate:.3g} requests/s x {units.format_ms(hold)} hold"
                f" keep {rate * hold / 1e3:.2g} busy (Little's law), {full.wanted:.2g} were wanted"
                f" at once, and above {units.format_share(queueing.TARGET)} use requests queue."
                " All worker processes together must stay below the server's max_connections,"
                " and more than about twice its cores do not make the database faster."
            ),
            snippet=f"engine = create_engine(url, pool_size={size}, max_overflow=0)",
            language="python",
        ),
        effort="low",
        confidence="low" if math.isnan(hold) else "medium",
        reference=REFERENCE,
        keys=_keys(figures),
    )


def _waits(figures: Figures) -> str:
    size = "" if math.isnan(figures.size) else f" (size {figures.size:.0f})"
    parts = [f"{units.format_ms(figures.mean_wait_ms)} on average"]
    if figures.requests >= statistics.MINIMUM_COUNT[95] and not math.isnan(figures.p95_wait_ms):
        parts.append(f"p95 {units.format_ms(figures.p95_wait_ms)}")
    elif not math.isnan(figures.max_wait_ms):
        parts.append(f"at most {units.format_ms(figures.max_wait_ms)}")
    if figures.timeouts:
        parts.append(f"{units.format_count(figures.timeouts)} timed out")
    return f"Pool {figures.pool!r}{size}: requests wait for a connection ({', '.join(parts)})"


def _use(figures: Figures) -> str:
    used = figures.contention.utilisation
    return "all" if math.isnan(used) else units.format_share(min(used, 1.0))


def _evidence(
    figures: Figures, holder: Holder | None, elsewhere: tuple[str, float] | None
) -> dict[str, object]:
    row: dict[str, object] = {
        "pool": figures.pool,
        "checkouts": figures.checkouts,
        "mean_wait_ms": figures.mean_wait_ms,
        "max_wait_ms": figures.max_wait_ms,
        "timeouts": figures.timeouts,
        "mean_hold_ms": figures.mean_hold_ms,
        "contended_s": round(figures.contention.seconds, 3),
    }
    if holder is not None:
        row |= {"stack": holder.stack, "mean_busy_ms": holder.mean_busy_ms}
    if elsewhere is not None:
        row |= {"meanwhile": elsewhere[0], "meanwhile_share": elsewhere[1]}
    return row


def _keys(figures: Figures) -> dict[str, str]:
    start, end = figures.contention.start, figures.contention.end
    if math.isnan(start):
        return {"pool": figures.pool}
    return {"pool": figures.pool, "window": f"{_iso(start)}/{_iso(end)}"}


def _iso(ns: float) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds")


def _hold_without(figures: Figures, holder: Holder) -> float:
    """Return the pool's mean hold if this place held only while the database works."""
    share = holder.rows.size / max(figures.checkouts, 1)
    return max(figures.mean_hold_ms - share * holder.mean_idle_ms, 0.0)


def _saved(figures: Figures, hold_ms: float, size: float) -> float | None:
    """Return how much of the mean wait ends with holds of ``hold_ms`` in a pool of ``size``.

    The arrivals stay what they are; what wait remains is Erlang C's.
    """
    load = figures.contention.requests_per_s * hold_ms / 1e3
    if any(map(math.isnan, (load, size, figures.mean_wait_ms))):
        return None
    return max(figures.mean_wait_ms - queueing.mean_wait_ms(load, int(size), hold_ms), 0.0)


def _enough(figures: Figures) -> int:
    """Return a size at which little waits: Little's law, with room for bursts.

    A full pool gives out what it has, however many ask: then the mean number of requests
    that held or wanted a connection stands for the load. More than ever were wanted at
    once is never needed.
    """
    full = figures.contention
    least = int(np.nan_to_num(figures.size)) + 1
    load = float(full.requests_per_s * figures.mean_hold_ms / 1e3)
    wanted = load / queueing.TARGET if full.utilisation < SATURATED else full.wanted
    return max(least, min(full.demand, math.ceil(float(np.nan_to_num(wanted, posinf=0.0)))))
