"""Index scans that read far more rows than they keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.rules.indexes import Proposals
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, rows_read, severity, table_keys, where
from perfkit.plans.rules.seq_scans import spared_ms
from perfkit.plans.rules.skip_scans import skip_finding, skips
from perfkit.plans.scans import matters
from perfkit.results import Finding
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES", "discards"]

#: Rows thrown away for each row kept, and how many at least, from which on columns are missing
#: in the index.
PER_KEPT, AT_LEAST = 5.0, 1000
#: An index read in the order of a LIMIT is the wrong one from this ratio on.
PER_KEPT_IN_ORDER = 100.0
_INDEX_SCANS = {"Index Scan", "Index Only Scan"}
_HEAP_SCANS = {*_INDEX_SCANS, "Bitmap Heap Scan"}
# Nodes between a Limit and a scan that ask for rows one at a time and keep their order.
_STREAMING = {
    "Gather", "Gather Merge", "Result", "LockRows", "Subquery Scan", "Append", "Merge Append",
    "Nested Loop", "Memoize", "Materialize", "ProjectSet", "Unique",
}  # fmt: skip


def inefficient_index(plan: Plan, facts: Facts) -> list[Finding]:
    """Find index scans whose filter throws away five rows for each one kept."""
    proposals = Proposals(plan, facts)
    found = []
    for node in plan.tree:
        if skips(plan, node):
            found.append(skip_finding(proposals, node))
        elif discards(plan, node) and predicates(node.text("Filter"), node.text("Alias")):
            found.append(_inefficient(proposals, node))
    return found


def discards(plan: Plan, node: Node) -> bool:
    """Whether an index scan matters and threw away most rows that its index led to."""
    removed, kept = _filtered(node), total_rows(node)
    enough = removed >= AT_LEAST and removed >= PER_KEPT * kept
    return node.kind in _HEAP_SCANS and enough and matters(plan, node)


def order_by_limit(plan: Plan, facts: Facts) -> list[Finding]:
    """Find indexes read in the order of a LIMIT until enough rows pass the filter."""
    proposals = Proposals(plan, facts)
    return [
        _in_order(proposals, node)
        for node in plan.tree
        if node.kind in _INDEX_SCANS
        and discards(plan, node)
        and _filtered(node) >= PER_KEPT_IN_ORDER * max(total_rows(node), 1.0)
        and not _narrowed(node)
        and _limited(plan, node)
    ]


def _filtered(node: Node) -> float:
    """Return the rows that the filter threw away, without those of lossy bitmaps."""
    return (node.number("Rows Removed by Filter") or 0.0) * (node.loops or 0.0)


def _narrowed(node: Node) -> bool:
    """Whether the index was chosen for what it finds rather than for its order."""
    found = predicates(node.text("Index Cond"), node.text("Alias"))
    return any(predicate.kind in {"equality", "any"} for predicate in found)


def _limited(plan: Plan, node: Node) -> bool:
    for above in plan.ancestors(node):
        if above.kind == "Limit":
            return True
        if above.kind not in _STREAMING:
            return False
    return False


def _inefficient(proposals: Proposals, node: Node) -> Finding:
    plan, found, own = proposals.plan, proposals.of(node), own_ms(proposals.plan, node)
    text = (
        "Append the filter's columns to the index, so that rows are thrown away before the table "
        "is read."
    )
    return Finding(
        rule="inefficient-index",
        severity=severity(plan, own),
        title=f"The {where(node)} takes {spent(plan, own)}: its filter throws away "
        f"{format_count(_filtered(node))} of the {format_count(rows_read(node))} rows that the "
        "index leads to",
        evidence=[evidence(plan, node, filter=node.text("Filter"))],
        fix=proposals.advice(found, text),
        saves_ms=spared_ms(own, rows_read(node), total_rows(node)) if found else None,
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Multicolumn Indexes",
        keys=table_keys(node),
    )


def _in_order(proposals: Proposals, node: Node) -> Finding:
    plan, found, own = proposals.plan, proposals.of(node), own_ms(proposals.plan, node)
    text = (
        "Rows are read in the order of ORDER BY ... LIMIT until enough of them pass the filter. "
        "An index on the filter's columns, compared with = first, followed by the columns of "
        f"{node.text('Index Name') or 'this index'} gives both."
    )
    fix = proposals.advice(found, text)
    return Finding(
        rule="order-by-limit-wrong-index",
        severity=severity(plan, own),
        title=f"The {where(node)}, read for its order, takes {spent(plan, own)}: "
        f"{format_count(_filtered(node))} rows are thrown away to find "
        f"{format_count(total_rows(node))}",
        evidence=[evidence(plan, node, filter=node.text("Filter"))],
        fix=fix if fix.test else replace(fix, test=trial(plan, "enable_indexscan = off")),
        saves_ms=spared_ms(own, rows_read(node), total_rows(node)),
        saves_basis="per execution",
        effort="low" if found else "medium",
        confidence="high",
        reference="PostgreSQL documentation, Indexes and ORDER BY",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="inefficient-index",
        looks_at="index scans whose filter throws away most of what the index found",
        find=inefficient_index,
    ),
    Rule(
        name="order-by-limit-wrong-index",
        looks_at="indexes read for the order of a LIMIT that hardly any row passes",
        find=order_by_limit,
    ),
)
