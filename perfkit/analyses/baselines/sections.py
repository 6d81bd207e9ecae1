"""The tables beneath a baseline: statuses, latency bands, the backend, caches, sent requests."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses.baselines.described import measures, ratio
from perfkit.analyses.baselines.tally import BANDS
from perfkit.analyses.failures import NO_STATUS, OTHER_STATUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.described import Described

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["peers", "sections"]

ALL = "(all routes)"
_CLASSES = {2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
_MEANINGS = {
    0: "no answer",
    444: "closed without an answer (nginx)",
    460: "the client gave up (AWS load balancer)",
    499: "the client gave up (nginx)",
    OTHER_STATUS: "no status of HTTP",
}
_UPPER = ", ".join(f"{name} below {units.format_ms(ms)}" for name, ms in BANDS.items())


def sections(described: Described, order: Ints) -> dict[str, pa.Table]:
    """Return the tables beneath; ``order`` are the routes in the order of the main table."""
    found = {
        "Requests by class of status": _classes(described, order),
        "Requests by status": _statuses(described, order),
        f"Latency bands: {_UPPER}, broken above": _bands(described, order),
        "Time in the backend beside the whole time at the proxy": _backend(described, order),
        "By cache status": _by(described, "cache", "cache_status"),
    }
    return {title: table for title, table in found.items() if table is not None}


def peers(sent: Described) -> dict[str, pa.Table]:
    """Return the requests that were sent, by who was asked."""
    table = _by(sent, "peer", "peer")
    return {} if table is None else {"Sent requests by peer": table}


def _named(described: Described, order: Ints) -> list[str | None]:
    labels = described.part.routes.labels
    return [ALL, *(labels[route] for route in order)]


def _with_all(values: NDArray[Any], order: Ints) -> Floats:
    return np.concatenate(([values.sum()], values[order]))


def _classes(described: Described, order: Ints) -> pa.Table | None:
    cells, count = described.part.statuses, len(described.part.routes.labels)
    if not (cells.status != NO_STATUS).any():
        return None
    columns: dict[str, Any] = {"route": pa.array(_named(described, order), pa.string())}
    hundred = np.where(cells.status == OTHER_STATUS, 0, cells.status // 100)
    unknown = cells.status == NO_STATUS
    other = ~unknown & ~np.isin(hundred, list(_CLASSES))
    chosen = {name: hundred == number for number, name in _CLASSES.items()}
    for name, mine in {**chosen, "other": other, "unknown": unknown}.items():
        sums = np.bincount(cells.group[mine], cells.requests[mine], minlength=count)
        columns[name] = _rounded(_with_all(sums, order))
    return pa.table(columns)


def _statuses(described: Described, order: Ints) -> pa.Table | None:
    cells = described.part.statuses
    known = cells.status != NO_STATUS
    if not known.any():
        return None
    status, place = np.unique(cells.status[known], return_inverse=True)
    every = np.bincount(place, cells.requests[known])
    rank = np.full(len(described.part.routes.labels), len(order) + 1, np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    group = np.concatenate([np.zeros(len(status), np.int64), rank[cells.group[known]]])
    codes = np.concatenate([status, cells.status[known]])
    requests = np.concatenate([every, cells.requests[known]])
    rows = np.lexsort((codes, -requests, group))
    of = np.bincount(group, requests)[group]
    named = pa.array(_named(described, order), pa.string())
    return pa.table(
        {
            "route": named.take(pa.array(group[rows])),
            "status": pa.array(codes[rows].astype(np.int64), mask=codes[rows] == OTHER_STATUS),
            "requests": _rounded(requests[rows]),
            "share": (requests / of)[rows],
            "meaning": pa.array([_meaning(int(code)) for code in codes[rows]], pa.string()),
        }
    )


def _meaning(status: int) -> str | None:
    if status in _MEANINGS:
        return _MEANINGS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return None


def _bands(described: Described, order: Ints) -> pa.Table | None:
    sums = described.part.routes.sums
    if not sums["timed"].any():
        return None
    timed = _with_all(sums["timed"], order)
    shares = {
        f"{name}_pct": 100 * ratio(_with_all(sums[name], order), timed)
        for name in (*BANDS, "broken")
    }
    routes = pa.array(_named(described, order), pa.string())
    return pa.table({"route": routes, "requests": _rounded(timed), **shares})


def _backend(described: Described, order: Ints) -> pa.Table | None:
    part = described.part
    if "backend" not in part.tallies:
        return None
    place = {label: n for n, label in enumerate(part.tallies["backend"].labels)}
    labels = [part.routes.labels[route] for route in order]
    at = np.array([place[label] for label in labels if label in place], np.int64)
    at = at[part.tallies["backend"].sums["timed"][at] > 0]
    behind, whole = (
        measures(part.tallies[name], described.percentiles[name]) for name in ("backend", "proxied")
    )
    columns: dict[str, Any] = {
        "route": pa.array([part.tallies["backend"].labels[n] for n in at], pa.string()),
        "requests": behind["requests"][at],
    }
    for name in ("p50", "p95"):
        for known, said in ((behind, "upstream"), (whole, "proxy")):
            columns[f"{said}_{name}_ms"] = known[f"{name}_ms"][at]
            for end in ("low", "high"):
                columns[f"{said}_{name}_{end}_ms"] = known[f"{name}_{end}_ms"][at]
    outside = np.maximum(whole["total_ms"] - behind["total_ms"], 0.0)
    columns["outside_share"] = ratio(outside, whole["total_ms"])[at]
    return pa.table(columns)


def _by(described: Described, name: str, column: str) -> pa.Table | None:
    if name not in described.part.tallies:
        return None
    tally = described.part.tallies[name]
    known = measures(tally, described.percentiles[name])
    used = np.flatnonzero(tally.sums["requests"] > 0)
    rows = used[np.lexsort((used, -tally.sums["total_ms"][used]))]
    share = tally.sums["requests"] / tally.sums["requests"].sum()
    columns = {
        column: pa.array(tally.labels, pa.string()),
        "requests": known["requests"],
        "share": share,
        **{
            f"{p}{end}_ms": known[f"{p}{end}_ms"]
            for p in ("p50", "p95")
            for end in ("", "_low", "_high")
        },
        **{name: known[name] for name in ("max_ms", "errors", "error_rate", "total_ms")},
    }
    return pa.table(columns).take(pa.array(rows))


def _rounded(values: Floats | Sequence[float]) -> Ints:
    return np.round(np.asarray(values)).astype(np.int64)
