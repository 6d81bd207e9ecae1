"""Slow routes that no chain explains: said plainly, with where to look next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.diagnosis.nesting import routes_at
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.diagnosis.chain import Chain
    from perfkit.analyses.diagnosis.symptoms import Symptom
    from perfkit.budget import Budget
    from perfkit.recording import Recording

__all__ = ["findings"]

#: What :func:`.symptoms.with_route` calls the route of requests that have none.
UNKNOWN = "(unknown)"
_PROFILE = "%profile_endpoint --app app GET {}"
_NO_ROUTE = "rec.requests.nlargest(20, 'duration_ms')"  # no condition selects an unknown route


def findings(
    rec: Recording, chains: Sequence[Chain], seen: Mapping[str, Symptom], budget: Budget
) -> list[Finding]:
    """Return one note per route that stays over the budget after every fix."""
    granted: dict[str, float] = {}
    for chain in chains:
        for route, ms in chain.per_route.items():
            granted[route] = granted.get(route, 0.0) + ms
    open_routes = [
        symptom
        for route, symptom in seen.items()
        if symptom.p95_ms - granted.get(route, 0.0) / symptom.requests > budget.p95_ms
        and granted.get(route, 0.0) < symptom.total_ms / 2
    ]
    spans = _by_route(rec) if open_routes else pa.table({"route": pa.array([], pa.string())})
    return [_note(symptom, _largest(spans, symptom.route)) for symptom in open_routes]


def _note(symptom: Symptom, largest: tuple[str, str, float] | None) -> Finding:
    if largest is None:
        where = "no trace shows where its time goes"
        fix = "Record a trace of this route, or profile it in process."
    else:
        category, name, share = largest
        where = f"{units.format_share(share)} of it is {category} time ({name})"
        fix = f"Look at {name}: it holds most of the time that no rule explains."
    return Finding(
        rule="unexplained",
        severity="info",
        title=f"{symptom.say()}, and no rule explains it: {where}",
        fix=Fix(
            text=fix,
            snippet=_NO_ROUTE if symptom.route == UNKNOWN else _PROFILE.format(symptom.route),
            language="python",
        ),
        evidence=[{"route": symptom.route, "requests": symptom.requests, "p95_ms": symptom.p95_ms}],
        confidence="low",
        keys={"route": symptom.route},
    )


def _by_route(rec: Recording) -> pa.Table:
    """Return self time by route, category and span name."""
    spans = rec.arrow("spans")
    spans = spans.filter(pc.and_(pc.is_valid(spans["trace_id"]), pc.is_valid(spans["self_ms"])))
    columns = {name: spans[name].cast(pa.string()) for name in ("category", "name")}
    route = routes_at(rec, spans["trace_id"], spans["started_at"])
    grouped = pa.table({"route": route, **columns, "ms": spans["self_ms"]})
    return grouped.group_by(["route", "category", "name"]).aggregate([("ms", "sum")])


def _largest(spans: pa.Table, route: str) -> tuple[str, str, float] | None:
    """Category, span name and share of self time that is largest in the route's requests."""
    mine = spans.filter(pc.equal(spans["route"], route))
    total = pc.sum(mine["ms_sum"]).as_py() if mine.num_rows else 0.0
    if not total:
        return None
    row = mine.sort_by([("ms_sum", "descending")]).slice(0, 1).to_pylist()[0]
    return row["category"] or "other", row["name"] or "unnamed", row["ms_sum"] / total
