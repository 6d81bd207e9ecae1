"""Worker processes: how many beside the cores, and those killed because they did not answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses.alerts import moments, series
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Ints

__all__ = ["all_of"]

_PID = re.compile(r"\bpid[:= ]+([0-9]+)", re.IGNORECASE)
#: Workers that start within this belong to one boot.
_BOOT_NS = 30 * moments.SECOND
#: Time-outs within this of another worker's have one cause; a replacement starts as fast.
_STEP_NS = 10 * moments.SECOND
_USUAL_PER_CORE = 2
#: Requests under way over the workers that could serve them: all busy.
_BUSY = (0.85, 1.15)


def all_of(look: Look) -> Iterable[Verdict]:
    """Yield ``workers-and-cores`` and ``worker-timeouts``."""
    yield _against_cores(look)
    yield _timeouts(look)


def _against_cores(look: Look) -> Verdict:
    """Compare the workers of the largest boot with the cores of the host.

    More than four per core take memory and take turns. Fewer than there are cores are too few if
    the requests under way fill all of them at the busiest tenth of all bins (synchronous workers:
    one request each), while the CPU is not full.
    """
    started = look.events("worker_start")
    cores = look.readings.cores
    workers = _booted(started)
    why = _missing(workers, cores)
    alerts: list[Alert] = []
    if cores and workers and not why:
        if workers > look.limits["workers_per_core"] * cores:
            alerts = [_too_many(look, workers, cores)]
        elif workers < cores and _all_busy(look, workers):
            alerts = [_too_few(workers, cores)]
    return Verdict(
        rule="workers-and-cores",
        checked="workers of one boot over the cores of the host",
        threshold=look.limits["workers_per_core"],
        value=workers / cores if cores and workers else float("nan"),
        alerts=alerts,
        why=why,
    )


def _missing(workers: int, cores: float | None) -> str:
    if not workers:
        return "no worker_start in events"
    return "" if cores else "the number of cores is not in metrics, or hosts differ"


def _workers(events: pa.Table) -> list[str]:
    """Return which worker each event is about: its session, or the pid in its message."""
    return [
        session or (found[1] if (found := _PID.search(message or "")) else "")
        for session, message in zip(
            events["session_id"].to_pylist(), events["message"].to_pylist(), strict=True
        )
    ]


def _times(events: pa.Table) -> Ints:
    found: Ints = events["at"].cast(pa.int64()).to_numpy()
    return found


def _booted(started: pa.Table) -> int:
    """Return the largest number of workers that started in one boot."""
    at, names = _times(started), _workers(started)
    ends = np.searchsorted(at, at + _BOOT_NS, side="right")
    boots = ((low, high) for low, high in enumerate(ends.tolist()))
    return max((len(set(names[a:b]) - {""}) or int(b - a) for a, b in boots), default=0)


def _all_busy(look: Look, workers: int) -> bool:
    if look.course is None or look.cpu is None:
        return False
    busiest = look.course.in_flight >= series.quantile(look.course.in_flight, 0.9)
    under_way = series.quantile(look.course.in_flight[busiest], 0.5)
    used = series.quantile(look.cpu[busiest], 0.5)
    full = _BUSY[0] * workers <= under_way <= _BUSY[1] * workers
    return bool(full and used < look.limits["busy_cpu"])


def _too_many(look: Look, workers: int, cores: float) -> Alert:
    usual = int(_USUAL_PER_CORE * cores + 1)
    return _plain_alert(
        "workers-and-cores",
        "info",
        f"{workers} workers share {cores:g} cores, more than"
        f" {look.limits['workers_per_core']:g} each",
        {"workers": workers, "cores": cores},
        Fix(
            text="More workers than cores only help while they wait, and each takes memory and its"
            " own pool of connections; threads or async workers wait for less. Measure again with"
            " about 2 x cores + 1.",
            snippet=f"gunicorn --workers {usual} ...",
            language="shell",
        ),
    )


def _too_few(workers: int, cores: float) -> Alert:
    return _plain_alert(
        "workers-and-cores",
        "warning",
        f"All {workers} workers are busy at the peaks while {cores:g} cores are there, not full",
        {"workers": workers, "cores": cores},
        Fix(
            text="A synchronous worker serves one request at a time: start more of them, or let"
            " them have threads. Check that the database's connections suffice for all.",
            snippet=f"gunicorn --workers {int(_USUAL_PER_CORE * cores + 1)} ...",
            language="shell",
        ),
    )


def _timeouts(look: Look) -> Verdict:
    """Count workers that were killed because they did not answer their master in time."""
    killed = look.events("worker_timeout")
    fewest = look.limits["worker_timeouts"]
    seen = any(look.events(kind).num_rows for kind in ("worker_start", "worker_timeout"))
    return Verdict(
        rule="worker-timeouts",
        checked="time-outs of workers, and restarts that follow them",
        threshold=fewest,
        value=float(killed.num_rows) if seen else float("nan"),
        alerts=[_killed(look, killed)] if killed.num_rows >= fewest else [],
        why="" if seen else "no worker_start or worker_timeout in events",
    )


def _killed(look: Look, killed: pa.Table) -> Alert:
    at, names = _times(killed), _workers(killed)
    together = _in_step(at, names)
    starts = _times(look.events("worker_start"))
    replaced = int(sum(bool(((starts >= t) & (starts <= t + _STEP_NS)).any()) for t in at))
    shared = together > len(at) / 2
    low, high = int(at[0]), int(at[-1]) + moments.SECOND
    part = moments.between(low - 60 * moments.SECOND, high, look.rec.zone)
    step = f", {together} of them within 10 s of another worker's" if together else ""
    return _plain_alert(
        "worker-timeouts",
        "critical",
        f"{len(at)} workers were killed because they did not answer in time{step}, from"
        f" {moments.said(low, high, look.rec.zone)}: each took its requests with it",
        {"timeouts": len(at), "in_step": together, "restarts": replaced},
        Fix(
            text=(
                "Several workers at once wait for the same thing: the database, a lock, a call"
                " without a time-out. A longer worker time-out would only hide it."
                if shared
                else "Single requests keep a worker from answering: find them, give their calls"
                " time-outs, or move long work to a queue."
            ),
            snippet=f"part = {part}\npart.requests.nlargest(20, 'duration_ms')\n"
            "perfkit.diagnose(part)",
            language="python",
        ),
        window=(low, high),
    )


def _in_step(at: Ints, names: list[str]) -> int:
    """Count the time-outs within ten seconds of another worker's."""
    count = 0
    for place, time in enumerate(at.tolist()):
        near = np.flatnonzero(np.abs(at - time) <= _STEP_NS)
        same = (n == place or (names[n] and names[n] == names[place]) for n in near.tolist())
        count += not all(same)
    return count


def _plain_alert(
    rule: str,
    severity: Any,
    title: str,
    evidence: dict[str, Any],
    fix: Fix,
    *,
    window: tuple[int, int] | None = None,
) -> Alert:
    finding = Finding(
        rule=rule,
        severity=severity,
        title=title,
        evidence=[evidence],
        fix=fix,
        effort="low",
        confidence="high" if severity == "critical" else "medium",
        reference=THRESHOLDS["workers_per_core"].source,
        keys={} if window is None else {"window": moments.key(*window)},
    )
    return Alert(finding=finding, window=window)
