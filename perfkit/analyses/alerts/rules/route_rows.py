"""What is known of one route, and the alert on it."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics
from perfkit.analyses import groups
from perfkit.analyses.alerts.verdicts import Alert
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Ints

__all__ = ["alert", "cut", "figures", "most", "named", "too_few"]


def named(look: Look) -> Any:
    """Say which routes have a name."""
    return np.array([label is not None for label in look.routes.labels], np.bool_)


def most(values: Any, where: Any) -> float:
    """Return the largest known value of those ``where``; NaN without any."""
    known = values[where & np.isfinite(values)]
    return float(known.max()) if len(known) else math.nan


def too_few(counted: Any, percentile: int) -> str:
    """Return why nothing could be judged, or ""."""
    fewest = statistics.MINIMUM_COUNT[percentile]
    return "" if counted.any() else f"no route has {fewest} requests with a duration"


def figures(look: Look, place: int) -> dict[str, Any]:
    """Return what is known of a route; its percentiles are those of its rows, to the last bit."""
    of, failed = int(look.routes.known[place]), int(look.routes.failed[place])
    return {
        "place": place,
        "route": look.label(place),
        "shown": look.shown(place),
        "requests": int(look.routes.requests[place]),
        "failures": failed,
        "error_rate": failed / of if of else math.nan,
        **groups.percentiles(look.rows.durations.part(place)),
    }


def cut(row: dict[str, Any]) -> str:
    """Return the Python that cuts the route from the recording."""
    return f"rec.where(route={row['route']!r})"


def alert(
    look: Look,
    rule: str,
    row: dict[str, Any],
    title: str,
    fix: Fix,
    *,
    limit_ms: float | None,
    **rest: Any,
) -> Alert:
    """Return the alert on one route: ``row`` is what :func:`figures` says of it.

    ``limit_ms``: the duration above which a request is to blame; None: its failure is.
    """
    names = ["requests", "failures", "error_rate", "p50_ms"]
    names += [f"{p}_ms" for p in ("p95", "p99") if not math.isnan(row[f"{p}_low_ms"])]
    finding = Finding(
        rule=rule,
        title=title,
        evidence=[{name: row[name] for name in [*names, "max_ms"]}],
        fix=fix,
        keys={"route": row["route"]},
        **rest,
    )
    return Alert(finding=finding, when=partial(_offending, look, row["place"], limit_ms))


def _offending(look: Look, place: int, limit_ms: float | None) -> Ints:
    """Return when requests of the route failed, or took longer than ``limit_ms``."""
    rows, mine = look.rows, look.rows_of(place)
    with np.errstate(invalid="ignore"):
        bad = rows.failed[mine] if limit_ms is None else rows.duration_ms[mine] > limit_ms
    chosen = mine[bad & rows.timed[mine]]
    return rows.start[chosen]
