"""Rows of a node over all processes, per execution; measured, or estimated without ANALYZE."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["executions", "limit_of", "planned_rows", "processes", "removed", "rows"]

# The planner's own figure: the leader spends 30 % of its time on each worker (costsize.c).
_LEADER_SHARE = 0.3
_GATHERS = {"Gather", "Gather Merge"}
_KEPT_RESULTS = {"Materialize", "Memoize"}


def rows(plan: Plan, node: Node) -> float:
    """Return the rows that one execution of ``node`` returns."""
    actual = node.number("Actual Rows")
    if node.loops and actual is not None:
        return actual * node.loops / executions(plan, node)
    if node.loops == 0:
        return 0.0
    return planned_rows(plan, node)


def planned_rows(plan: Plan, node: Node) -> float:
    """Return the rows that the planner expects of one execution, however early a Limit stops."""
    return (node.number("Plan Rows") or 0.0) * processes(plan, node)


def removed(plan: Plan, node: Node) -> float | None:
    """Return the rows that one execution reads and throws away; None without ANALYZE."""
    found = node.removed_per_loop()
    if found is None or not node.loops:
        return None
    return found * node.loops / executions(plan, node)


def executions(plan: Plan, node: Node) -> float:
    """Return how often ``node`` is executed, at least once; all processes count as one."""
    if node.loops is not None:
        gather = _gather(plan, node)
        return max((gather.loops if gather else node.loops) or 1.0, 1.0)
    return max(_estimated_executions(plan, node), 1.0)


def processes(plan: Plan, node: Node) -> float:
    """Return by how much the planner divided the rows of a parallel node."""
    gather = _gather(plan, node)
    workers = gather.number("Workers Planned") if gather else None
    if not workers:
        return 1.0
    return workers + max(1.0 - _LEADER_SHARE * workers, 0.0)


def limit_of(plan: Plan, limit: Node) -> float:
    """Return how many rows a Limit reads: those it returns and those of OFFSET before them.

    One that found fewer than it may return would have read on: then its own number counts.
    """
    child = next((plan.tree[number] for number in limit.children), limit)
    planned = limit.number("Plan Rows") or 1.0
    if limit.loops and child.loops:
        return rows(plan, child) or planned
    return planned


def _gather(plan: Plan, node: Node) -> Node | None:
    """Return the Gather whose processes share the work of ``node``, None if none does."""
    number = _gathers(plan)[node.node_id]
    return None if number is None else plan.tree[number]


@lru_cache(maxsize=4)
def _gathers(plan: Plan) -> tuple[int | None, ...]:
    """Return for every node the Gather that divides its work; linear in the plan.

    Work is divided where something parallel aware is read below.
    """
    shared = [bool(node.properties.get("Parallel Aware")) for node in plan.tree]
    for node in reversed(plan.tree):
        if shared[node.node_id] and node.parent_id is not None:
            shared[node.parent_id] = True
    above: list[int | None] = [None] * len(plan.tree)
    for node in plan.tree[1:]:
        parent = plan.tree[node.parent_id or 0]
        gather = parent.kind in _GATHERS
        above[node.node_id] = parent.node_id if gather else above[parent.node_id]
    return tuple(number if divided else None for number, divided in zip(above, shared, strict=True))


def _estimated_executions(plan: Plan, node: Node) -> float:
    """Return the rows of the outer side for an inner one, those of the owner for a sub-plan."""
    child = node
    for above in plan.ancestors(node):
        if child.relationship == "SubPlan":
            return rows(plan, above) if "hashed" not in (child.text("Subplan Name") or "") else 1.0
        if above.kind == "Nested Loop" and above.children[0] != child.node_id:
            return rows(plan, plan.tree[above.children[0]])
        if above.kind in _KEPT_RESULTS or child.relationship == "InitPlan":
            return 1.0
        child = above
    return 1.0
