"""Which CTE Scan paid how much of its CTE: the rows are made when a scan first asks for them.

Scans of one CTE read the same stored rows; the one that is ahead of the others makes more of
them, inside its own time. Who was ahead is told, best first, by

1. the blocks: a CTE Scan touches none itself, so those it has are the CTE's;
2. the time, where blocks are few and scans without conditions have no more than the CTE took:
   they only pass rows on, so the time they have is the CTE's;
3. the order in which scans run, and the rows that each of them read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.times.counters import touched_blocks
from perfkit.plans.times.readers import execution_order, rows_read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = ["cte_shares"]

_STARTUP = 0.98  # who waited for the first row has spent the time until then
_BLOCKS_AGREE = _TIMES_AGREE = 0.10
# Blocks that are no part of a scan's share: the first call of a function reads the catalog (10
# to 40 blocks on PostgreSQL 15 to 18), and a page that holds many rows is counted once.
_STRAY_BLOCKS = 40
_PASSING_MS = 0.0005  # to hand one stored row on; 0.1 to 0.4 us on PostgreSQL 15 and 18
_DEARER, _ROUNDING_COST = 1.05, 0.01  # estimates have two digits after the point


def cte_shares(
    plan: Node,
    scans: Sequence[Node],
    tree: Sequence[Node],
    room: Sequence[float],
    blocks: Sequence[float],
) -> dict[int, float]:
    """Return the share of ``plan`` that each of ``scans`` paid; they add up to 1.

    ``room`` are the times and ``blocks`` the blocks of each node alone, with what ran in it.
    """
    if len(scans) < 2:  # noqa: PLR2004 - nothing to share
        return {scan.node_id: 1.0 for scan in scans}
    free = {scan.node_id: max(room[scan.node_id], 0.0) for scan in scans}
    told = _by_blocks(plan, scans, blocks)
    busy = _busy(scans)
    if told is not None and not _time_tells(plan, [s for s in scans if s not in busy], free):
        return told
    ordered = sorted(scans, key=lambda one: execution_order(tree, one))
    return _within(_by_time(plan, ordered, free, busy), _limits(plan, scans, told))


def _busy(scans: Sequence[Node]) -> list[Node]:
    """Return the scans that may do more than to pass rows on.

    They have a condition or an expression; without VERBOSE, which prints those, they were
    expected to cost more than another scan of the same rows.
    """
    costs = {scan.node_id: _cost(scan) for scan in scans}
    most = _DEARER * min(costs.values()) + _ROUNDING_COST
    return [scan for scan in scans if _computes(scan) or costs[scan.node_id] > most]


def _cost(scan: Node) -> float:
    """Return the estimated cost of all rows; what its InitPlans cost is in the start-up."""
    return (scan.number("Total Cost") or 0.0) - (scan.number("Startup Cost") or 0.0)


def _computes(scan: Node) -> bool:
    output = scan.properties.get("Output")
    computed = isinstance(output, list) and any("(" in str(one) for one in output)
    return computed or scan.text("Filter") is not None


def _time_tells(plan: Node, plain: Sequence[Node], free: Mapping[int, float]) -> bool:
    """Whether scans that only pass rows on have about the time of the CTE, and so tell who paid."""
    cost = plan.total_ms or 0.0
    passing = sum(_PASSING_MS * rows_read(scan) for scan in plain)
    spent = sum(free[scan.node_id] for scan in plain)
    return bool(plain) and spent <= cost * (1 + _TIMES_AGREE) + passing


def _by_blocks(
    plan: Node, scans: Sequence[Node], blocks: Sequence[float]
) -> dict[int, float] | None:
    """Return shares by blocks, None where these are not the CTE's."""
    touched = touched_blocks(plan)
    parts = {scan.node_id: blocks[scan.node_id] for scan in scans}
    total = sum(parts.values())
    if touched < 1 or abs(total - touched) > _BLOCKS_AGREE * touched:
        return None
    return {one: part / total for one, part in parts.items()}


def _by_time(
    plan: Node, ordered: Sequence[Node], free: Mapping[int, float], working: Sequence[Node]
) -> dict[int, float]:
    """Return shares by time; ``ordered`` are the scans in the order in which they run."""
    cost = plan.total_ms or 0.0
    plain = [scan for scan in ordered if scan not in working]
    busy = [scan for scan in ordered if scan in working]
    paid = _passing(plain, free) if busy else _plain(plain, cost, free)
    left = max(cost - sum(paid.values()), 0.0)
    for scan in busy:
        paid[scan.node_id] = min(free[scan.node_id], left, _made(plan, scan))
        left -= paid[scan.node_id]
    for scan in busy:  # rows that cost more than the mean one
        more = min(free[scan.node_id] - paid[scan.node_id], left)
        paid[scan.node_id] += more
        left -= more
    return _normal(paid) or {ordered[0].node_id: 1.0}


def _plain(scans: Sequence[Node], cost: float, free: Mapping[int, float]) -> dict[int, float]:
    """Return the times of scans without what passing rows on took: the same for each row."""
    surplus = max(sum(free[scan.node_id] for scan in scans) - cost, 0.0)
    rows = {scan.node_id: rows_read(scan) for scan in scans}
    total = sum(rows.values())
    if not total:
        return {scan.node_id: free[scan.node_id] for scan in scans}
    paid = {one: max(free[one] - surplus * rows[one] / total, 0.0) for one in rows}
    return paid if any(paid.values()) else {one: free[one] for one in rows}


def _passing(scans: Sequence[Node], free: Mapping[int, float]) -> dict[int, float]:
    return {
        scan.node_id: max(free[scan.node_id] - _PASSING_MS * rows_read(scan), 0.0) for scan in scans
    }


def _made(plan: Node, scan: Node) -> float:
    """Return what the rows that ``scan`` read took if it was the first to read them."""
    cost, rows = plan.total_ms or 0.0, rows_read(plan)
    start = min(plan.number("Actual Startup Time") or 0.0, cost)
    return start + (cost - start) * min(rows_read(scan) / rows, 1.0) if rows else cost


def _limits(
    plan: Node, scans: Sequence[Node], told: Mapping[int, float] | None
) -> dict[int, tuple[float, float]]:
    """Return between which shares each scan's lies, as blocks and first rows tell."""
    if told is not None:
        unsure = _STRAY_BLOCKS / touched_blocks(plan)
        return {
            one: (max(share - unsure, 0.0), min(share + unsure, 1.0)) for one, share in told.items()
        }
    start, cost = plan.number("Actual Startup Time") or 0.0, plan.total_ms or 0.0
    able = {scan.node_id for scan in scans if (scan.total_ms or 0.0) >= _STARTUP * start}
    first = min(start / cost, 1.0) if cost and len(able) == 1 else 0.0
    return {scan.node_id: (first * (scan.node_id in able), 1.0) for scan in scans}


def _within(
    shares: Mapping[int, float], limits: Mapping[int, tuple[float, float]]
) -> dict[int, float]:
    """Return shares within their limits that add up to 1 and are near the wished ones."""
    found = {one: min(max(shares.get(one, 0.0), low), high) for one, (low, high) in limits.items()}
    missing = 1.0 - sum(found.values())
    slack = {
        one: (high - found[one] if missing > 0 else found[one] - low)
        for one, (low, high) in limits.items()
    }
    total = sum(slack.values())
    return _normal({one: found[one] + missing * slack[one] / total for one in found} if total
                   else found)  # fmt: skip


def _normal(parts: Mapping[int, float]) -> dict[int, float]:
    total = sum(parts.values())
    return {one: part / total for one, part in parts.items() if part} if total else {}
