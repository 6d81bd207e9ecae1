"""Nodes that returned too few rows only because somebody above stopped asking for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import total_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.model import Node, Plan

__all__ = ["cut_short", "repeated_per_row", "steps_up"]

_CUTTING = {"Limit", "Merge Join"}
_APART = {"SubPlan", "InitPlan"}
_ONE_MATCH = {"Semi", "Anti", "Right Semi", "Right Anti"}


def cut_short(plan: Plan, node: Node) -> bool:
    """Whether too few rows of ``node`` are no evidence: LIMIT, the end of a merge, EXISTS."""
    for child, above in steps_up(plan, node):
        if _stops(plan, above, child):
            return True
        if _reads_all(above):
            return False
    return False


def repeated_per_row(plan: Plan, node: Node) -> bool:
    """Whether ``node`` runs for each row of a nested loop: its rows are those of that row."""
    return any(
        above.kind == "Nested Loop" and _is_inner(above, child)
        for child, above in steps_up(plan, node)
    )


def steps_up(plan: Plan, node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield each node from ``node`` up, with its parent."""
    child = node
    for above in plan.ancestors(node):
        yield child, above
        child = above


def _stops(plan: Plan, above: Node, child: Node) -> bool:
    """Whether ``above`` may stop asking ``child`` for rows before the last one."""
    if above.kind in _CUTTING or child.relationship in _APART or above.text("Run Condition"):
        return True  # a Run Condition ends a WindowAgg (PostgreSQL 15+)
    if _is_inner(above, child) and _first_match_only(above):
        return True
    return above.kind == "Hash Join" and _nothing_hashed(plan, above, child)


def _is_inner(join: Node, child: Node) -> bool:
    return len(join.children) > 1 and join.children[1] == child.node_id


def _first_match_only(join: Node) -> bool:
    return bool(join.properties.get("Inner Unique")) or join.text("Join Type") in _ONE_MATCH


def _nothing_hashed(plan: Plan, join: Node, child: Node) -> bool:
    """Whether there is nothing to find in the hash table that ``child`` would be looked up in."""
    outer = len(join.children) > 1 and not _is_inner(join, child)
    return outer and not total_rows(plan.tree[join.children[1]])


def _reads_all(node: Node) -> bool:
    """Whether a node reads its input to the end before it returns a row."""
    whole = node.kind == "Aggregate" and node.text("Strategy") in {"Hashed", "Plain", "Mixed"}
    return whole or node.kind in {"Sort", "Hash", "Bitmap Heap Scan"}
