"""Nested loops that run their inner side too often.

``nl-misestimate``: far more often than was planned. ``many-loops``: as often as planned, but
one pass over the inner table would do. ``materialized-repeat``: all pairs of two row sets are
compared, because no condition lets a hash or an index find the partner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.join_filters import pairs_text
from perfkit.plans.rules.measures import evidence, inclusive_ms, large, own_ms, spent, total_rows
from perfkit.plans.rules.misestimates import FACTOR, underestimated_below
from perfkit.plans.rules.repairs import repair
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.settings import switched_off
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["MANY_LOOPS", "RULES", "misjudged_loops", "one_pass_ms"]

#: Fewer loops are not worth another plan when they were not planned ...
UNPLANNED_LOOPS = 1000
#: ... and when they were.
MANY_LOOPS = 100_000
#: Pairs of rows compared one by one, and the share of them that must be thrown away.
MANY_PAIRS = 1_000_000
_REMOVED_SHARE = 0.9
# Reading a row, hashing it and finding its partner: 0.3 to 0.6 µs measured on PostgreSQL 18.
_MS_PER_ROW = 0.001
_CACHES = {"Memoize", "Materialize"}
_REFERENCE = "PostgreSQL documentation, Planner Method Configuration: enable_nestloop"


def nl_misestimate(plan: Plan, facts: Facts) -> list[Finding]:
    """Find nested loops that ran their inner side far more often than was planned."""
    return [
        _misjudged_finding(plan, facts, *found)
        for found in misjudged_loops(plan)
        if _pass_is_faster(plan, facts, found[2])
    ]


def misjudged_loops(plan: Plan) -> list[tuple[Node, Node, Node]]:
    """Return (loop, outer, inner) of nested loops chosen because of a wrong estimate."""
    return [
        (loop, outer, inner)
        for loop, outer, inner in _loops(plan)
        if (outer.row_factor or 0.0) >= FACTOR
        and (inner.loops or 0.0) >= UNPLANNED_LOOPS
        and large(plan, inclusive_ms(plan, inner))
    ]


def many_loops(plan: Plan, facts: Facts) -> list[Finding]:
    """Find nested loops that look up a hundred thousand rows one by one, as planned."""
    told = {loop.node_id for loop, _, _ in misjudged_loops(plan)}
    return [
        _many_finding(plan, facts, loop, inner)
        for loop, _, inner in _loops(plan)
        if loop.node_id not in told
        and inner.kind not in _CACHES
        and (inner.loops or 0.0) >= MANY_LOOPS
        and large(plan, inclusive_ms(plan, inner))
        and not switched_off(plan, "Hash Join")
        and _pass_is_faster(plan, facts, inner)
    ]


def materialized_repeat(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find joins that compare every row of one side with every row of the other."""
    told = {loop.node_id for loop, _, _ in misjudged_loops(plan)}
    return [
        _pairs_finding(plan, loop, inner)
        for loop, _, inner in _loops(plan)
        if loop.node_id not in told
        and inner.kind == "Materialize"
        and _wasted_pairs(loop, inner)
        and large(plan, own_ms(plan, loop, inner))
        and not switched_off(plan, "Hash Join")
    ]


def one_pass_ms(plan: Plan, facts: Facts, inner: Node) -> float | None:
    """Return what joining all rows at once would take instead of looping over ``inner``.

    None unless the inner side reads one table whose size is known.
    """
    scans = [node for node in plan.below(inner) if node.relation is not None]
    tables = {scan.qualified: facts.of(scan) for scan in scans}
    table = next(iter(tables.values())) if len(tables) == 1 else None
    if table is None or table.rows is None:
        return None
    return (table.rows + (inner.loops or 0.0)) * _MS_PER_ROW


def _loops(plan: Plan) -> Iterator[tuple[Node, Node, Node]]:
    for loop in plan.tree:
        sides = [plan.tree[child] for child in loop.children]
        sides = [side for side in sides if side.relationship not in {"InitPlan", "SubPlan"}]
        if loop.kind == "Nested Loop" and len(sides) == 2:  # noqa: PLR2004 - outer and inner
            yield loop, sides[0], sides[1]


def _pass_is_faster(plan: Plan, facts: Facts, inner: Node) -> bool:
    """Whether a join in one pass would be faster; assumed where sizes are not known."""
    alternative = one_pass_ms(plan, facts, inner)
    return alternative is None or large(plan, inclusive_ms(plan, inner) - alternative)


def _saves(plan: Plan, facts: Facts, inner: Node) -> float | None:
    alternative = one_pass_ms(plan, facts, inner)
    return None if alternative is None else max(inclusive_ms(plan, inner) - alternative, 0.0)


def _repeated(plan: Plan, inner: Node) -> list[Node]:
    """Return ``inner`` and the scans below it, which repeat with it."""
    return list(dict.fromkeys((inner, *(n for n in plan.below(inner) if n.relation is not None))))


def _wasted_pairs(loop: Node, inner: Node) -> bool:
    pairs, removed = total_rows(inner), loop.number("Rows Removed by Join Filter") or 0.0
    return pairs >= MANY_PAIRS and removed * (loop.loops or 0.0) >= _REMOVED_SHARE * pairs


def _misjudged_finding(plan: Plan, facts: Facts, loop: Node, outer: Node, inner: Node) -> Finding:
    culprit = underestimated_below(plan, outer)
    fix = repair(plan, culprit)
    return Finding(
        rule="nl-misestimate",
        severity="warning",
        title=f"A nested loop ran its inner side {format_count(inner.loops)} times where "
        f"{format_count(outer.number('Plan Rows'))} were expected: "
        f"{spent(plan, inclusive_ms(plan, inner))}",
        evidence=[evidence(plan, node) for node in dict.fromkeys((loop, outer, inner, culprit))],
        fix=Fix(
            text=f"The estimate of node {culprit.node_id} is where it begins. {fix.text}",
            snippet=fix.snippet,
            language=fix.language,
            test=trial(plan, "enable_nestloop = off"),
        ),
        saves_ms=_saves(plan, facts, inner),
        saves_basis="per execution",
        effort="low",
        confidence="medium",
        reference=_REFERENCE,
        keys={"table": culprit.qualified} if culprit.qualified else {},
    )


def _many_finding(plan: Plan, facts: Facts, loop: Node, inner: Node) -> Finding:
    saved = _saves(plan, facts, inner)
    return Finding(
        rule="many-loops",
        severity="info" if saved is None else "warning",
        title=f"A nested loop looks up its inner side {format_count(inner.loops)} times, as "
        f"planned: {spent(plan, inclusive_ms(plan, inner))}",
        evidence=[evidence(plan, node) for node in (loop, *_repeated(plan, inner))],
        fix=Fix(
            text="Compare with a plan that reads the inner table once (a hash join). If that is "
            "faster, the planner thinks lookups too cheap: random_page_cost and "
            "effective_cache_size. If the plan stays as it is, the join has no equality or is "
            "LATERAL: aggregate the inner side once and join the result.",
            test=trial(plan, "enable_nestloop = off"),
        ),
        saves_ms=saved,
        saves_basis="per execution",
        confidence="low" if saved is None else "medium",
        reference=_REFERENCE,
    )


def _pairs_finding(plan: Plan, loop: Node, inner: Node) -> Finding:
    ms = own_ms(plan, loop, inner)
    return Finding(
        rule="materialized-repeat",
        severity="warning",
        title=f"A nested loop compares {format_count(total_rows(inner))} pairs of rows one by "
        f"one and keeps {format_count(total_rows(loop))}: {spent(plan, ms)}",
        evidence=[
            evidence(plan, loop, condition=loop.text("Join Filter")),
            evidence(plan, inner),
        ],
        fix=Fix(
            text=pairs_text(
                plan,
                loop,
                "No part of the condition finds the partner of a row. Join on an equality as well "
                "(a day, a category), then it can be hashed; turn OR into a UNION of two joins; a "
                "comparison with a range needs an index on the inner table (GiST for range types).",
            ),
            test=trial(plan, "enable_material = off"),
        ),
        saves_basis="per execution",
        effort="medium",
        reference="PostgreSQL documentation, Using EXPLAIN: nested loops with Materialize",
    )


RULES = (
    Rule(
        name="nl-misestimate",
        looks_at="nested loops that ran far more often than planned",
        find=nl_misestimate,
    ),
    Rule(
        name="many-loops",
        looks_at="nested loops of a hundred thousand lookups",
        find=many_loops,
    ),
    Rule(
        name="materialized-repeat",
        looks_at="joins that compare all pairs of rows",
        find=materialized_repeat,
    ),
)
