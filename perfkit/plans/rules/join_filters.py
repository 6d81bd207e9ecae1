"""Joins that compare every row with every other and throw nearly all pairs away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.conditions import conditions
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, severity
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES", "pairs_text"]

#: Pairs thrown away at least (fewer are compared in some 10 ms), and for each pair kept.
AT_LEAST, PER_KEPT = 100_000, 100.0
_JOINS = {"Nested Loop", "Hash Join", "Merge Join"}


def join_filter(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find joins that matter and whose filter throws away 100 pairs for each one kept."""
    return [_finding(plan, node) for node in plan.tree if _discards(plan, node)]


def _removed(node: Node) -> float:
    return (node.number("Rows Removed by Join Filter") or 0.0) * (node.loops or 0.0)


def _discards(plan: Plan, node: Node) -> bool:
    enough = _removed(node) >= max(AT_LEAST, PER_KEPT * total_rows(node))
    return node.kind in _JOINS and enough and matters(plan, node)


def pairs_text(plan: Plan, node: Node, otherwise: str) -> str:
    """Return what to do about pairs that are compared one by one; ``otherwise`` in general."""
    names = dict.fromkeys(below.text("Alias") or below.relation for below in plan.below(node))
    found = [p for name in names for p in conditions(node.text("Join Filter"), name).predicates]
    if not any(p.kind == "equality" and p.source == "column" for p in found):
        return otherwise
    expected, came = node.number("Plan Rows") or 0.0, node.number("Actual Rows") or 0.0
    return (
        "The condition is an equality, which a hash or a merge join would look up: the planner "
        f"compared pairs because it took that to be cheaper (it expected {format_count(expected)} "
        f"rows, {format_count(came)} came). ANALYZE the tables and mend the estimates below; if "
        "they are right, look whether both sides have one type, and whether enable_hashjoin is "
        "off; an index on the inner side's column would do as well."
    )


def _finding(plan: Plan, node: Node) -> Finding:
    own, removed = own_ms(plan, node), _removed(node)
    return Finding(
        rule="join-filter",
        severity=severity(plan, own),
        title=f"The {node.node_type.lower()} takes {spent(plan, own)}: it compares "
        f"{format_count(removed + total_rows(node))} pairs of rows one by one to keep "
        f"{format_count(total_rows(node))}",
        evidence=[
            evidence(plan, node, join_filter=node.text("Join Filter"), pairs_removed=removed)
        ],
        fix=Fix(
            text=pairs_text(
                plan,
                node,
                "Give the join a condition that an index or a hash can look up: an equality of "
                "plain columns of one type on both sides, an OR split into UNION ALL, a range "
                "type with a GiST index instead of two comparisons.",
            ),
            test=trial(plan, "enable_nestloop = off"),
        ),
        saves_ms=own * removed / (removed + total_rows(node)),
        saves_basis="per execution",
        effort="medium",
        confidence="medium",
        reference="PostgreSQL documentation, Planner/Optimizer; pgplan's join filter rule",
    )


RULES = (
    Rule(
        name="join-filter",
        looks_at="joins that compare every row with every other",
        find=join_filter,
    ),
)
