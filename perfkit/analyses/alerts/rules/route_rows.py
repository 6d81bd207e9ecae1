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
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["alert", "cut", "figures", "most", "named", "too_few", "where"]

#: What stands for the route of requests that have none, here and in a diagnosis.
_NO_ROUTE = {"no route", "(unknown)"}


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


def figures(look: Look, place: int, method: int | None = None) -> dict[str, Any]:
    """Return what is known of a route, or of its requests with one method (its place).

    Percentiles are those of its rows, to the last bit; ``error_rate`` is of the requests of
    which it is ``known`` whether they failed.
    """
    rows, mine = look.rows, _mine(look, place, method)
    of, failed = int(rows.known[mine].sum()), int(rows.failed[mine].sum())
    name = None if method is None else rows.method.labels[method]
    return {
        "place": place,
        "with": method,
        "route": look.label(place),
        "method": name,
        "shown": look.shown(place) if name is None else f"{visible(name, 20)} {look.shown(place)}",
        "requests": len(mine),
        "known": of,
        "failures": failed,
        "error_rate": failed / of if of else math.nan,
        **groups.percentiles(_durations(look, place, method)),
    }


def _mine(look: Look, place: int, method: int | None) -> Ints:
    mine = look.rows_of(place)
    return mine if method is None else mine[look.rows.method.codes[mine] == method]


def _durations(look: Look, place: int, method: int | None) -> Floats:
    """Return the known durations, shortest first."""
    if method is None:
        return look.rows.durations.part(place)
    durations = look.rows.duration_ms[_mine(look, place, method)]
    return np.sort(durations[~np.isnan(durations)])


def cut(row: dict[str, Any]) -> str:
    """Return the Python that cuts the route, or one method of it, from the recording."""
    return f"rec{where(row['route'], row['method'])}"


def where(route: str, method: str | None = None) -> str:
    """Return the Python that selects a route; nothing where there is none to select."""
    chosen = {"route": None if route in _NO_ROUTE else route, "method": method}
    told = ", ".join(f"{name}={value!r}" for name, value in chosen.items() if value is not None)
    return f".where({told})" if told else ""


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
    names = [] if row["method"] is None else ["method"]
    names += ["requests", "failures", "error_rate", "p50_ms"]
    names += [f"{p}_ms" for p in ("p95", "p99") if not math.isnan(row[f"{p}_low_ms"])]
    finding = Finding(
        rule=rule,
        title=title,
        evidence=[{name: row[name] for name in [*names, "max_ms"]}],
        fix=fix,
        keys={"route": row["route"]},
        **rest,
    )
    return Alert(finding=finding, when=partial(_offending, look, row, limit_ms))


def _offending(look: Look, row: dict[str, Any], limit_ms: float | None) -> Ints:
    """Return when requests of the route failed, or took longer than ``limit_ms``."""
    rows, mine = look.rows, _mine(look, row["place"], row["with"])
    with np.errstate(invalid="ignore"):
        bad = rows.failed[mine] if limit_ms is None else rows.duration_ms[mine] > limit_ms
    chosen = mine[bad & rows.timed[mine]]
    return rows.start[chosen]
