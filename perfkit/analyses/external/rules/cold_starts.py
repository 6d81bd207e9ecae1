"""Requests that wait until a process has started: functions, and new instances of services."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.instances import instances
from perfkit.analyses.external.told import COLD, yes
from perfkit.analyses.traces.entries import routes
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: Cold and warm requests of one kind that are compared, by their medians.
_FEWEST, _WARM = 3, 10
#: What is felt (Nielsen: 100 ms), and no noise.
_LEAST_MS, _TIMES = 100.0, 2.0
#: First requests lie beyond that share of the later ones; three by chance: 1 in 8,000.
_BEYOND = 0.95
_FUNCTION = """\
# AWS: keep some instances warm, and do less at import time
aws lambda put-provisioned-concurrency-config --function-name NAME --qualifier live \\
    --provisioned-concurrent-executions 2"""
_SERVICE = """\
# warm up before the instance is asked: caches, connections, compiled templates, JIT
@asynccontextmanager
async def lifespan(app):
    async with engine.connect() as connection:   # fills the pool
        await connection.execute(text("SELECT 1"))
    await client.get("http://127.0.0.1:8000/ready-path")
    yield
# Kubernetes: a readinessProbe that succeeds only after that"""
_REFERENCE = "https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/"


def rule(look: Look) -> list[Claim]:
    """Find requests that are slow because the process had just started.

    Told by ``faas.coldstart``: at least 3 cold requests of a service whose median is 100 ms and
    twice that of the warm ones. Not told: the first request of at least 3 instances, each slower
    than 95 % of the later ones of the same route and instance or service, by as much.
    """
    told = _told(look)
    services = {service for service, _ in told}
    return [claim for _, claim in told] + _firsts(look, services)


def _told(look: Look) -> list[tuple[int, Claim]]:
    forest = look.forest
    cold = {row for row, value in look.told.values(COLD).items() if yes(value)}
    rows = np.array(sorted(cold), np.int64)
    rows = rows[forest.timed[rows] & (forest.served[rows] | (forest.parent[rows] < 0))]
    service = groups.encode(forest.rows["service"])
    found = []
    for code, at in members(service.codes[rows].astype(np.int64)):
        own = (service.codes == code) & forest.timed & (forest.served | (forest.parent < 0))
        own[rows] = False
        warm = np.flatnonzero(own)
        if len(at) < _FEWEST or len(warm) < _WARM:
            continue
        name = service.labels[code] or "A function"
        claim = _claim(look, name, rows[at], (_typical(look, warm), _FUNCTION))
        if claim:
            found.append((code, claim))
    return found


def _typical(look: Look, rows: Ints) -> float:
    return float(np.median(look.forest.length[rows]) / 1e6)


def _firsts(look: Look, known: set[int]) -> list[Claim]:
    """Compare the first request of every instance with the later ones of its route."""
    forest = look.forest
    process, names = instances(forest)
    rows = np.flatnonzero(forest.served & forest.timed & (process >= 0))
    if len(names) < _FEWEST or not len(rows):
        return []
    service = groups.encode(forest.rows["service"])
    rows = rows[np.argsort(forest.start[rows], kind="stable")]
    rows = rows[~np.isin(service.codes[rows], list(known))]
    route = groups.encode(forest.rows["route"])
    _, first = np.unique(process[rows], return_index=True)
    is_first = np.zeros(len(rows), np.bool_)
    is_first[first] = True
    by_service: dict[int, list[tuple[int, float]]] = defaultdict(list)
    later = _later(forest.length, rows[~is_first], service.codes, route.codes)
    for row in rows[is_first].tolist():
        others = later.get((int(service.codes[row]), int(route.codes[row])))
        if others is not None and len(others) >= _WARM:
            beyond = forest.length[row] > np.quantile(others, _BEYOND)
            by_service[int(service.codes[row])].append(
                (row if beyond else -1, float(np.median(others) / 1e6))
            )
    found = (
        _new_instances(look, service.labels[code], pairs) for code, pairs in by_service.items()
    )
    return [claim for claim in found if claim]


def _later(length: Ints, rows: Ints, service: Any, route: Any) -> dict[tuple[int, int], Ints]:
    width = int(route.max(initial=0)) + 1
    keys = service[rows].astype(np.int64) * width + route[rows]
    return {divmod(code, width): length[rows[at]] for code, at in members(keys)}


def _new_instances(look: Look, service: str | None, pairs: list[tuple[int, float]]) -> Claim | None:
    """Return a claim if every instance but for one in ten began slowly."""
    slow = np.array([row for row, _ in pairs if row >= 0], np.int64)
    if len(slow) < _FEWEST or len(slow) < 0.9 * len(pairs):
        return None
    usual = float(np.median([ms for row, ms in pairs if row >= 0]))
    return _claim(look, service or "A service", slow, (usual, _SERVICE))


def _claim(look: Look, service: str, cold: Ints, against: tuple[float, str]) -> Claim | None:
    forest, (warm_ms, snippet) = look.forest, against
    cold_ms = _typical(look, cold)
    if cold_ms - warm_ms < _LEAST_MS or cold_ms < _TIMES * warm_ms:
        return None
    told = snippet is _FUNCTION
    what = "requests that start an instance" if told else "first requests of instances"
    order = np.argsort(-forest.length[cold], kind="stable")[:3]
    traces, names = forest.texts("trace_id", cold[order]), routes(forest, cold[order])
    finding = Finding(
        rule="cold-start",
        severity="warning",
        title=(
            f"{visible(service, 60)}: {len(cold):,} {what} take {units.format_ms(cold_ms)}, others"
            f" {units.format_ms(warm_ms)}"
        ),
        evidence=[
            {"trace_id": trace, "route": visible(name, 70), "request_ms": float(length / 1e6)}
            for trace, name, length in zip(
                traces, names, forest.length[cold[order]].tolist(), strict=True
            )
        ],
        saves_ms=cold_ms - warm_ms,
        saves_basis="per cold start",
        saves_times=float(len(cold)),
        fix=Fix(
            text=(
                "Load less at start-up, create connections and caches before the first request,"
                " keep spare instances, and let none receive requests before it is warm."
            ),
            snippet=snippet,
            language="bash" if told else "python",
        ),
        effort="medium",
        confidence="high" if told else "medium",
        reference=_REFERENCE,
        keys={
            k: v for k, v in {"trace_id": traces[0], "service": visible(service, 60)}.items() if v
        },
    )
    return Claim(finding, cold)
