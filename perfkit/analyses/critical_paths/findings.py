"""An operation that decides how long the slowest requests take, as a finding.

Every path is held by something; only two situations are worth a finding. The operation makes
the slow requests slow: near p99 it holds most of the path, and much more than near p50. Or it
is slow in itself, always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix
from perfkit.statistics import MINIMUM_COUNT

if TYPE_CHECKING:
    from perfkit.analyses.critical_paths.endpoints import Endpoints, Held
    from perfkit.span_ids import Flags

__all__ = ["CHECKED", "findings"]

_MOST = 0.5  # of the path near p99, and of what p99 takes more than p50
_FELT_MS = 100.0  # longer than near p50; felt by itself (Nielsen: 100 ms)
_SLOW_MS = 500.0  # always; Sentry's slow database spans and consecutive HTTP calls
_FEWEST_AT_P99 = 3  # two slow requests may be chance
_CONFIRMED = 0.75  # of the requests near p99 have it on their path
_CRITICAL_MS = 1000.0

CHECKED = (
    (
        f"operations that hold {_MOST:.0%} of the critical path at p99 and take"
        f" {units.format_ms(_FELT_MS)} more than at p50, or {units.format_ms(_SLOW_MS)} always"
    ),
)
_CALLS = """\
# start what does not need each other together
async with asyncio.TaskGroup() as group:
    first = group.create_task(call_a())
    second = group.create_task(call_b())"""
_FIXES = {
    "db": Fix(
        text="Make the statement faster (its plan tells how) or ask for less.",
        snippet="perfkit.explain(sql, engine)",
        language="python",
    ),
    "pool": Fix(
        text="Requests wait for a connection: give connections back before slow work, or make"
        " the pool larger.",
        snippet="perfkit.pool(rec)",
        language="python",
    ),
    "http": Fix(
        text="Keep the answer in a cache, call after the response where it does not need the"
        " result, or start the call beside other work.",
        snippet=_CALLS,
        language="python",
    ),
    "serialize": Fix(text="Send less: fewer fields, pages, or a faster serializer."),
}
_ANY = Fix(
    text="Look at what this operation does in the slowest requests, and move it off the path."
)


def findings(endpoints: Endpoints) -> list[Finding]:
    """Return a finding per endpoint whose slow requests one operation decides."""
    counts = dict(zip(endpoints.routes, endpoints.counts.tolist(), strict=True))
    at_p99 = _at_p99(endpoints)
    found = []
    for held in endpoints.held:
        if held.own or held.at_p99_share < _MOST or _chance(held, at_p99[held.route]):
            continue
        if _tail(held, endpoints):
            found.append(_of_tail(held, endpoints, counts[held.route]))
        elif min(held.at_p50_ms, held.at_p99_ms) >= _SLOW_MS:
            found.append(_always(held, endpoints, counts[held.route]))
    return found


def _at_p99(endpoints: Endpoints) -> dict[str, int]:
    near = np.bincount(endpoints.code[endpoints.at[99]], minlength=len(endpoints.routes))
    return dict(zip(endpoints.routes, near.tolist(), strict=True))


def _chance(held: Held, requests: int) -> bool:
    return requests < _FEWEST_AT_P99 or held.requests_at_p99 < _CONFIRMED * requests


def _tail(held: Held, endpoints: Endpoints) -> bool:
    """Say whether the operation is most of what a slow request takes longer than a usual one."""
    more = held.at_p99_ms - held.at_p50_ms
    wall = [_wall(endpoints, held.route, percentile) for percentile in (50, 99)]
    return more >= _FELT_MS and more >= _MOST * (wall[1] - wall[0])


def _wall(endpoints: Endpoints, route: str, percentile: int) -> float:
    """Return the mean duration of the requests of a route near a percentile, in ms."""
    chosen = endpoints.at[percentile] & _of(endpoints, route)
    weight = endpoints.paths.weight[chosen]
    return float((endpoints.paths.duration_ns[chosen] * weight).sum() / weight.sum() / 1e6)


def _of(endpoints: Endpoints, route: str) -> Flags:
    found: Flags = endpoints.code == endpoints.routes.index(route)
    return found


def _of_tail(held: Held, endpoints: Endpoints, requests: int) -> Finding:
    usual = held.at_p50_ms / held.at_p99_ms
    where = endpoints.at[99] & _of(endpoints, held.route)
    options = {"took no time": 0.0, "took as long as at p50": usual}
    saved = _saved(held, endpoints, where, options)
    wall = _wall(endpoints, held.route, 99)
    title = (
        f"{held.route} {endpoints.slowest(held.route)}: {shown(held.known.name)} holds"
        f" {units.format_share(held.at_p99_share)} of the critical path,"
        f" {units.format_ms(held.at_p99_ms)} of {units.format_ms(wall)};"
        f" at p50 it takes {units.format_ms(held.at_p50_ms)}"
    )
    return _finding(
        held,
        title=title,
        evidence=_evidence(saved, "p99", wall),
        saves_ms=saved["took as long as at p50"],
        saves_basis="per request near p99, if it took as long as near p50",
        saves_times=float(endpoints.paths.weight[where].sum()),
        confidence=_confidence(requests),
    )


def _always(held: Held, endpoints: Endpoints, requests: int) -> Finding:
    where = _of(endpoints, held.route)
    options = {"took no time": 0.0, "took half as long": 0.5}
    saved = _saved(held, endpoints, where, options)
    title = (
        f"{held.route} waits {units.format_ms(held.path_ms)} for {shown(held.known.name)},"
        f" {units.format_share(held.share)} of its critical path"
    )
    weight = endpoints.paths.weight[where]
    wall = float((endpoints.paths.duration_ns[where] * weight).sum() / weight.sum() / 1e6)
    return _finding(
        held,
        title=title,
        evidence=_evidence(saved, "mean", wall),
        saves_ms=saved["took half as long"],
        saves_basis="per request, if it took half as long",
        saves_times=float(weight.sum()),
        confidence=_confidence(requests),
    )


def _saved(
    held: Held, endpoints: Endpoints, where: Flags, options: dict[str, float]
) -> dict[str, float]:
    """Return what each option saves per request on average, in ms: simulated."""
    paths = endpoints.paths
    inside = np.append(where, False)[paths.request]
    below = paths.order.nested.parent >= 0
    rows = np.flatnonzero((paths.operations.code == held.operation) & inside & below)
    weight = np.where(where, paths.weight, 0.0)
    return {
        name: float(
            ((paths.duration_ns - paths.shortened(rows, factor)) * weight).sum()
            / weight.sum()
            / 1e6
        )
        for name, factor in options.items()
    }


def _evidence(saved: dict[str, float], name: str, wall: float) -> list[dict[str, Any]]:
    return [
        {"if it": option, f"{name}_ms": wall, "after_ms": wall - ms, "saves_ms": ms}
        for option, ms in saved.items()
    ]


def _finding(held: Held, **told: Any) -> Finding:
    keys = {
        "route": held.route,
        "fingerprint_id": held.known.fingerprint_id,
        "peer": held.known.peer,
    }
    return Finding(
        rule="critical-path",
        severity="critical" if told["saves_ms"] >= _CRITICAL_MS else "warning",
        fix=_FIXES.get(held.known.category or "", _ANY),
        keys={name: value for name, value in keys.items() if value},
        **told,
    )


def _confidence(requests: int) -> Any:
    if requests >= MINIMUM_COUNT[99]:
        return "high"
    return "medium" if requests >= MINIMUM_COUNT[95] else "low"
