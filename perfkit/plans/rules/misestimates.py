"""Which row estimates are wrong, whose fault that is, and whether anything depended on them.

An estimate is wrong by a factor of 10 per loop, both sides at least 1. Too few rows are no
evidence where somebody above stopped asking: LIMIT, the end of a merge join, EXISTS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.early_stops import cut_short
from perfkit.plans.scans import matters

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["FACTOR", "JOINS", "lowest_wrong", "underestimated_below", "wrong"]

#: Estimates are guesses; from this factor on the planner chooses differently.
FACTOR = 10.0
#: From here on even the join at the top would have been planned differently.
HUGE_FACTOR = 100.0
JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
# Estimates of nodes that only pass rows on say nothing that their child does not.
_PASSING = {
    "Gather", "Gather Merge", "Materialize", "Memoize", "Hash", "Sort", "Incremental Sort",
    "Result", "Limit", "LockRows", "Subquery Scan", "CTE Scan", "ModifyTable", "BitmapAnd",
    "BitmapOr", "WorkTable Scan", "WindowAgg", "Append", "Merge Append",
}  # fmt: skip
_INDEXED = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}


def wrong(plan: Plan, node: Node) -> bool:
    """Whether the estimate of ``node`` itself is wrong by a factor of 10."""
    factor = node.row_factor
    if factor is None or 1 / FACTOR < factor < FACTOR or node.kind in _PASSING:
        return False
    return (factor > 1 and not _inexact(plan, node)) or (factor < 1 and not cut_short(plan, node))


def _inexact(plan: Plan, node: Node) -> bool:
    """Whether the index names rows that only might fit, which nobody estimates: bloom, GiST."""
    if node.kind != "Bitmap Index Scan" or node.parent_id is None:
        return False
    heap = plan.tree[node.parent_id]
    lost, named = heap.number("Rows Removed by Index Recheck") or 0.0, node.number("Actual Rows")
    return heap.kind == "Bitmap Heap Scan" and 2 * lost >= (named or 0.0) > 0


def lowest_wrong(plan: Plan) -> list[Node]:
    """Return the lowest nodes with wrong estimates that something slow was built on.

    Where many were added up to one slow node, the worst of them stands for all.
    """
    every = {node.node_id for node in plan.tree if wrong(plan, node)}
    lowest = [plan.tree[one] for one in sorted(every - _above(plan, every))]
    worst: dict[int, Node] = {}
    for node in lowest:
        slow = _slow_with(plan, node, every)
        if slow is not None and _used(plan, node):
            worst[slow] = max(worst.get(slow, node), node, key=_distance)
    return sorted(worst.values(), key=lambda node: node.node_id)


def _distance(node: Node) -> float:
    factor = node.row_factor or 1.0
    return max(factor, 1 / factor)


def _above(plan: Plan, nodes: set[int]) -> set[int]:
    """Return everything above ``nodes``; each edge is walked once."""
    found: set[int] = set()
    for one in nodes:
        for above in plan.ancestors(plan.tree[one]):
            if above.node_id in found:
                break
            found.add(above.node_id)
    return found


def underestimated_below(plan: Plan, node: Node) -> Node:
    """Return the lowest node at or below ``node`` that was underestimated as badly."""
    found = [below for below in plan.below(node) if (below.row_factor or 0.0) >= FACTOR]
    own = [below for below in found if below.kind not in _PASSING]
    return max(own or found or [node], key=lambda below: below.depth)


def _slow_with(plan: Plan, node: Node, every: set[int]) -> int | None:
    """Return the nearest node that takes time: ``node``, or what was planned wrongly on it."""
    above = (one for one in plan.ancestors(node) if one.node_id in every)
    return next((one.node_id for one in (node, *above) if matters(plan, one)), None)


def _used(plan: Plan, node: Node) -> bool:
    """Whether another estimate would have changed the plan: a scan, a join or a grouping."""
    factor = node.row_factor or 1.0
    if node.kind == "Seq Scan" and factor < 1:
        return True  # with fewer rows expected an index would have been used
    if node.kind in _INDEXED and factor > 1:
        return True  # with more rows expected it would not
    if node.kind in JOINS and not 1 / HUGE_FACTOR < factor < HUGE_FACTOR:
        return True
    if node.kind == "Aggregate" and _sorted_for_nothing(plan, node, factor):
        return True
    return any(_decides(above) for above in plan.ancestors(node))


def _decides(node: Node) -> bool:
    """Whether another number of rows would have changed ``node``.

    Not what puts the groups of several processes together: that is the other half of one
    aggregate, which decides itself.
    """
    grouped = node.kind == "Aggregate" and node.text("Strategy") != "Plain"
    return node.kind in JOINS or (grouped and node.text("Partial Mode") != "Finalize")


def _sorted_for_nothing(plan: Plan, node: Node, factor: float) -> bool:
    """Whether rows were sorted to be grouped because too many groups were expected."""
    children = [plan.tree[child] for child in node.children]
    sorts = [child for child in children if child.kind == "Sort" and matters(plan, child)]
    return factor < 1 and node.text("Strategy") == "Sorted" and bool(sorts)
