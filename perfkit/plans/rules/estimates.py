"""Row estimates that are wrong enough to make the planner choose the wrong way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

FACTOR = 10.0
MANY_LOOPS = 1000
LOOP_SHARE = 0.25
_JOINS = {"Nested Loop", "Hash Join", "Merge Join"}
# Estimates of nodes that only pass rows on say nothing that their child does not.
_PASSING = {"Gather", "Gather Merge", "Materialize", "Memoize", "Hash", "Sort", "Result"}


def row_estimate(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find the lowest nodes that matter and whose estimate is wrong by a factor of 10."""
    wrong = {node.node_id for node in plan.tree if _wrong(plan, node)}
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.node_id in wrong
        and matters(plan, node)
        and not _blamed_on_loop(plan, node)
        and not any(below.node_id in wrong for below in plan.below(node) if below is not node)
    ]


def nl_misestimate(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find nested loops that ran their inner side far more often than was planned."""
    return [
        _loop_finding(plan, loop, *sides)
        for loop in plan.tree
        if (sides := _misjudged(plan, loop)) is not None
    ]


def _misjudged(plan: Plan, loop: Node) -> tuple[Node, Node] | None:
    """Return the outer and the inner side of a nested loop chosen by mistake."""
    if loop.kind != "Nested Loop" or len(loop.children) < 2:  # noqa: PLR2004 - outer and inner
        return None
    outer, inner = (plan.tree[child] for child in loop.children[:2])
    often = (outer.row_factor or 0.0) >= FACTOR and (inner.loops or 0.0) >= MANY_LOOPS
    return (outer, inner) if often and _costly(plan, inner) else None


def _costly(plan: Plan, inner: Node) -> bool:
    cost, whole = plan.times.inclusive_ms[inner.node_id], plan.execution_ms
    return bool(cost and whole and cost >= LOOP_SHARE * whole)


def _blamed_on_loop(plan: Plan, node: Node) -> bool:
    """Whether a nested loop above is reported for the estimate of ``node`` already."""
    for above in plan.ancestors(node):
        sides = _misjudged(plan, above)
        if sides and any(below is node for below in plan.below(sides[0])):
            return True
    return False


def _wrong(plan: Plan, node: Node) -> bool:
    factor = node.row_factor
    if factor is None or 1 / FACTOR < factor < FACTOR or node.kind in _PASSING:
        return False
    return not _cut_short(plan, node, factor)


def _cut_short(plan: Plan, node: Node, factor: float) -> bool:
    """Whether too few rows came only because somebody above stopped asking."""
    if factor > 1:
        return False
    child = node
    for above in plan.ancestors(node):
        join = str(above.properties.get("Join Type", ""))
        inner = len(above.children) > 1 and above.children[1] == child.node_id
        stops = above.kind in {"Limit", "Merge Join"} or child.relationship == "SubPlan"
        if stops or (above.kind in _JOINS and inner and join):
            return True
        child = above
    return False


def _culprit(plan: Plan, node: Node) -> Node:
    """Return the lowest node at or below ``node`` that was underestimated as badly."""
    wrong = [below for below in plan.below(node) if (below.row_factor or 0.0) >= FACTOR]
    return max(wrong, key=lambda below: below.depth)


def _loop_finding(plan: Plan, loop: Node, outer: Node, inner: Node) -> Finding:
    cost = plan.times.inclusive_ms[inner.node_id] or 0.0
    culprit = _culprit(plan, outer)
    title = (
        f"A nested loop ran its inner side {format_count(inner.loops or 0)} times where "
        f"{format_count(outer.number('Plan Rows') or 0)} were expected: {format_ms(cost)} "
        f"({format_share(cost / (plan.execution_ms or cost))} of the time)"
    )
    return Finding(
        rule="nl-misestimate",
        severity="warning",
        title=title,
        evidence=[_evidence(plan, node) for node in (loop, outer, inner)],
        fix=_fix(culprit),
        keys={"table": culprit.qualified} if culprit.qualified else {},
    )


def _finding(plan: Plan, node: Node) -> Finding:
    planned, actual = node.number("Plan Rows") or 0.0, node.number("Actual Rows") or 0.0
    where = f"{node.node_type} on {node.qualified}" if node.qualified else node.node_type
    return Finding(
        rule="row-estimate",
        severity="info",
        title=f"{where}: {format_count(planned)} rows per loop were expected, "
        f"{format_count(actual)} came",
        evidence=[_evidence(plan, node)],
        fix=_fix(node),
        confidence="low",
        keys={"table": node.qualified} if node.qualified else {},
    )


def _evidence(plan: Plan, node: Node) -> dict[str, object]:
    return {
        "node": node.node_id,
        "node_type": node.node_type,
        "table": node.qualified,
        "plan_rows": node.number("Plan Rows"),
        "actual_rows": node.number("Actual Rows"),
        "loops": node.loops,
        "inclusive_ms": plan.times.inclusive_ms[node.node_id],
    }


def _fix(node: Node) -> Fix:
    if node.relation is None:
        return Fix(
            text="Look at the inputs of this node: their estimates are right, the combination's "
            "is not. Extended statistics (CREATE STATISTICS) know columns that depend on others."
        )
    parts = [part for part in (node.text("Schema"), node.relation) if part]
    table = ".".join(quoted(part) for part in parts)
    return Fix(
        text="Refresh the table's statistics and look again; if the estimate stays wrong and "
        "several columns are compared, they depend on each other: CREATE STATISTICS.",
        snippet=f"ANALYZE {table};",
        language="sql",
    )


RULES = (
    Rule(
        name="nl-misestimate",
        looks_at="nested loops that ran far more often than planned",
        find=nl_misestimate,
    ),
    Rule(
        name="row-estimate",
        looks_at="row estimates that are wrong by a factor of 10",
        find=row_estimate,
    ),
)
