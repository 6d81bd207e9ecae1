"""Whose time a cause takes: milliseconds per route, each millisecond counted once.

Causes are found in different files, so their times overlap: a statement runs while the
loop is blocked, a connection is awaited while another request sleeps. The order is fixed:
time with the loop blocked belongs to the block; what is left of a pool wait belongs to the
pool; statements come after that, and no route gives away more than its requests took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.diagnosis.nesting import routes_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.diagnosis.blocks import Blocks
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["claims", "settle"]

#: Route under which time is kept that no request can be named for.
NO_ROUTE = ""


def claims(
    rec: Recording, requests: pa.Table, finding: Finding, blocks: Blocks
) -> dict[str, float]:
    """Return the milliseconds that ``finding`` takes, by route.

    ``requests``: those on the loop that was blocked, each once, with their route.
    """
    keys = finding.keys
    route, statement = keys.get("route", ""), keys.get("fingerprint_id", "")
    if "frame" in keys:
        return _blocked_per_route(requests, finding, blocks)
    if "pool" in keys:
        return _scaled(_waits_per_route(rec, keys["pool"], blocks), finding.saves_total_ms)
    if route:
        return {route: finding.saves_total_ms * _unblocked_share(rec, statement, blocks)}
    if statement:
        return _scaled(_statement_per_route(rec, statement), finding.saves_total_ms)
    return {NO_ROUTE: finding.saves_total_ms}


def settle(
    found: Sequence[tuple[Finding, Mapping[str, float]]], totals: Mapping[str, float]
) -> list[tuple[Finding, dict[str, float]]]:
    """Grant each cause what its routes have left, the largest claim first.

    ``totals``: milliseconds that the requests of each route took. Returns the findings
    with what they were granted, most first.
    """
    left = dict(totals)
    granted: list[tuple[Finding, dict[str, float]]] = []
    for finding, wanted in sorted(found, key=lambda pair: -sum(pair[1].values())):
        share = {
            route: ms if route == NO_ROUTE else min(ms, left.get(route, 0.0))
            for route, ms in wanted.items()
        }
        for route, ms in share.items():
            left[route] = left.get(route, 0.0) - ms
        granted.append((finding, {route: ms for route, ms in share.items() if ms > 0}))
    granted.sort(key=lambda pair: -sum(pair[1].values()))
    return granted


def _blocked_per_route(requests: pa.Table, finding: Finding, blocks: Blocks) -> dict[str, float]:
    """Time that requests spent while this code blocked the loop.

    The request that blocks goes on waiting when a thread waits for it: its own block is
    no saving.
    """
    requests = requests.filter(pc.is_valid(requests["duration_ms"]))
    started = _ns(requests["started_at"])
    ended = started + requests["duration_ms"].to_numpy() * 1e6
    held_up = blocks.within(started, ended, finding.keys["frame"])
    taken = _sum_by(requests["route"], held_up)
    culprit = finding.keys.get("route", "")
    if culprit in taken:
        taken[culprit] = max(0.0, taken[culprit] - finding.saves_total_ms)
    return taken


def _unblocked_share(rec: Recording, statement: str, blocks: Blocks) -> float:
    """Share of a statement's time, as its callers saw it, in which the loop was not blocked."""
    spans = rec.arrow("spans")
    mine = pc.and_kleene(
        pc.equal(spans["fingerprint_id"], statement), pc.is_valid(spans["duration_ms"])
    )
    spans = spans.filter(mine)
    lasted = spans["duration_ms"].to_numpy()
    if not lasted.sum():
        return 1.0
    started = _ns(spans["started_at"])
    blocked = blocks.within(started, started + lasted * 1e6)
    return float(1 - np.minimum(blocked, lasted).sum() / lasted.sum())


def _waits_per_route(rec: Recording, pool: str, blocks: Blocks) -> dict[str, float]:
    """Waits for a connection of ``pool``, less the time in which the loop was blocked."""
    checkouts = rec.arrow("checkouts")
    waited = pc.and_kleene(pc.equal(checkouts["pool"], pool), pc.is_valid(checkouts["acquired_at"]))
    checkouts = checkouts.filter(waited)
    requested, acquired = _ns(checkouts["requested_at"]), _ns(checkouts["acquired_at"])
    waits = checkouts["wait_ms"].to_numpy() - blocks.within(requested, acquired)
    route = routes_at(rec, checkouts["trace_id"], checkouts["requested_at"])
    return _sum_by(pc.fill_null(route, NO_ROUTE), np.maximum(0.0, waits))


def _statement_per_route(rec: Recording, fingerprint_id: str) -> dict[str, float]:
    """Time of one statement as the services' spans (or their query log) saw it, by route."""
    for table in ("spans", "queries"):
        rows = rec.arrow(table)
        rows = rows.filter(
            pc.and_kleene(
                pc.equal(rows["fingerprint_id"], fingerprint_id), pc.is_valid(rows["trace_id"])
            )
        )
        rows = rows.filter(pc.is_valid(rows["duration_ms"]))
        if rows.num_rows:
            route = routes_at(rec, rows["trace_id"], rows["started_at"])
            return _sum_by(pc.fill_null(route, NO_ROUTE), rows["duration_ms"].to_numpy())
    return {}


def _sum_by(routes: pa.ChunkedArray, values: np.ndarray) -> dict[str, float]:
    table = pa.table({"route": routes, "ms": values}).group_by("route").aggregate([("ms", "sum")])
    return {row["route"]: row["ms_sum"] for row in table.to_pylist() if row["ms_sum"] > 0}


def _scaled(per_route: Mapping[str, float], total: float) -> dict[str, float]:
    """Spread ``total`` over routes in proportion; without routes it stays without one."""
    whole = sum(per_route.values())
    if whole <= 0:
        return {NO_ROUTE: total}
    return {route: ms * min(1.0, total / whole) for route, ms in per_route.items()}


def _ns(times: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(pc.cast(times, pa.int64()).to_numpy(), dtype="float64")
