"""Partitions that are read although none of their rows is wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.measures import inclusive_ms, spent, total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, severity, table_keys
from perfkit.plans.scans import matters_ms
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Partitions read at least, and the largest share of them that may have given rows.
AT_LEAST, USED_SHARE = 10, 0.20
#: Rows for each partition read: so many that do not depend on the partition key would be
#: spread over all partitions, so a condition on the key is missing or not understood.
ROWS_PER_PARTITION = 5.0
_SHOWN = 10
# PostgreSQL numbers the aliases of partitions: orders_1, orders_2, ...
_NUMBERED = re.compile(r"(.+)_[0-9]+")


def partition_pruning(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find Appends that read ten and more partitions to get all rows from a few."""
    found = []
    for append in plan.tree:
        idle = _idle(plan, append) if append.kind in {"Append", "Merge Append"} else []
        cost = sum(inclusive_ms(plan, node) for node in idle)
        if idle and matters_ms(plan, cost):
            found.append(_finding(plan, append, idle, cost))
    return found


def _idle(plan: Plan, append: Node) -> list[Node]:
    """Return the partitions that gave no row, [] unless that shows that pruning failed."""
    read = [plan.tree[child] for child in append.children if plan.tree[child].loops]
    scans = [_scan(plan, node) for node in read]
    bases = {_base(scan) for scan in scans}
    if len(read) < AT_LEAST or len(bases) > 1 or None in bases:
        return []
    idle = [node for node in read if not total_rows(node)]
    pruned = append.number("Subplans Removed")
    few = len(read) - len(idle) <= USED_SHARE * len(read)
    rows = sum(total_rows(node) for node in read)
    return idle if few and not pruned and rows >= ROWS_PER_PARTITION * len(read) else []


def _scan(plan: Plan, member: Node) -> Node:
    """Return the scan below the sorts and aggregates of one partition."""
    return next((node for node in plan.below(member) if node.relation), member)


def _base(scan: Node) -> str | None:
    """Return the alias of the partitioned table, None for what is no partition."""
    match = _NUMBERED.fullmatch(scan.text("Alias") or "")
    filtered = scan.text("Filter") or scan.text("Index Cond") or scan.text("Recheck Cond")
    return match.group(1) if match and filtered else None


def _finding(plan: Plan, append: Node, idle: list[Node], cost: float) -> Finding:
    read = sum(1 for child in append.children if plan.tree[child].loops)
    slowest = sorted(idle, key=lambda node: -inclusive_ms(plan, node))
    scans = [_scan(plan, node) for node in slowest]
    return Finding(
        rule="partition-pruning",
        severity=severity(plan, cost),
        title=f"{format_count(len(idle))} of {format_count(read)} partitions are read for "
        f"nothing: {spent(plan, cost)}, and all rows come from {format_count(read - len(idle))}",
        evidence=[
            evidence(plan, append, partitions=read, without_rows=len(idle)),
            *(evidence(plan, scan) for scan in scans[:_SHOWN]),
        ],
        fix=Fix(
            text="Add a condition on the partition key, the bare column compared with a value "
            "(no function or cast around it, which the planner cannot see through), to the "
            "statement: it then leaves these partitions out.",
            test="SELECT inhparent::regclass, pg_get_partkeydef(inhparent)\n"
            f"FROM pg_inherits WHERE inhrelid = {literal(table_name(scans[0]))}::regclass;",
        ),
        saves_ms=cost,
        saves_basis="per execution",
        effort="medium",
        confidence="medium",
        reference="PostgreSQL documentation, Table Partitioning (Partition Pruning)",
        keys=table_keys(scans[0]),
    )


RULES = (
    Rule(
        name="partition-pruning",
        looks_at="partitions that are read although no row comes from them",
        find=partition_pruning,
    ),
)
