"""Hashes that do not fit into memory: joins in several batches, aggregates on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import evidence, own_ms, spent
from perfkit.plans.rules.memory import (
    KB,
    memory_fix,
    own_temp_blocks,
    spill_ms,
    spill_severity,
    trivial,
)
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import MATTERS_MS, MATTERS_SHARE
from perfkit.results import Finding
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan
    from perfkit.results import Fix

__all__ = ["RULES", "spilled_joins"]

# All batches together, with room for uneven ones: rule of thumb, checked on PostgreSQL 18,
# where peak * batches was within 1 % of the memory of one batch.
_ROOM = 1.2
# A group in memory takes up to 2.9 times its room on disk, measured on PostgreSQL 18.
_MEMORY_PER_DISK = 3.0
_FACTOR = 2.0  # estimates of a hash's rows that are off by less change nothing


def hash_spill(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find hash joins that ran in batches and hashed aggregates that went to disk."""
    joins = [_join_finding(plan, join, table) for join, table in spilled_joins(plan)]
    return [*joins, *(_aggregate_finding(plan, node) for node in _spilled_aggregates(plan))]


def spilled_joins(plan: Plan) -> list[tuple[Node, Node]]:
    """Return hash joins that matter with the Hash that needed several batches."""
    pairs = [
        (plan.tree[node.parent_id], node)
        for node in plan.tree
        if node.kind == "Hash" and node.parent_id is not None
    ]
    return [
        (join, table)
        for join, table in pairs
        if (table.number("Hash Batches") or 0.0) > 1 and _matters(plan, join, table)
    ]


def _spilled_aggregates(plan: Plan) -> list[Node]:
    return [
        node
        for node in plan.tree
        if node.kind == "Aggregate" and _disk_kb(node) and _matters(plan, node)
    ]


def _matters(plan: Plan, *nodes: Node) -> bool:
    own = own_ms(plan, *nodes)
    return (
        not trivial(plan, *nodes)
        and own >= MATTERS_MS
        and own >= MATTERS_SHARE * (plan.execution_ms or own)
    )


def _disk_kb(node: Node) -> float:
    """Return what all processes of a hashed aggregate wrote to disk."""
    workers = node.properties.get("Workers")
    parts = [w for w in workers if isinstance(w, dict)] if isinstance(workers, list) else []
    return sum(float(part.get("Disk Usage") or 0.0) for part in (node.properties, *parts))


def _join_finding(plan: Plan, join: Node, table: Node) -> Finding:
    batches, first = table.number("Hash Batches") or 1.0, table.number("Original Hash Batches")
    peak = (table.number("Peak Memory Usage") or 0.0) * KB
    saved = spill_ms(plan, join, table)
    return Finding(
        rule="hash-spill",
        severity=spill_severity(plan, saved),
        title=f"The hash join takes {spent(plan, own_ms(plan, join, table))} in "
        f"{format_count(batches)} batches: its hash table is some {format_bytes(peak * batches)}"
        f"{_misjudged(table, batches, first)}",
        evidence=[
            evidence(
                plan,
                table,
                batches=batches,
                original_batches=first,
                peak_bytes=peak,
                temp_bytes=own_temp_blocks(plan, join, table) * 8 * KB,
            ),
            evidence(plan, join),
        ],
        fix=_join_fix(plan, table, peak * batches),
        saves_ms=saved,
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Resource Consumption: work_mem, hash_mem_multiplier",
    )


def _join_fix(plan: Plan, table: Node, size: float) -> Fix:
    # A shared hash table (Parallel Hash) may use the memory of all its processes.
    shared = bool(table.properties.get("Parallel Aware"))
    processes = max(plan.times.processes[table.node_id], 1.0) if shared else 1.0
    return memory_fix(plan, table, size * _ROOM / processes, hashed=True, otherwise=_OTHERWISE)


_OTHERWISE = (
    "A hash table is smaller with fewer columns selected and with conditions that apply before "
    "the join."
)


def _misjudged(table: Node, batches: float, first: float | None) -> str:
    factor = table.row_factor or 1.0
    if not first or first >= batches or factor < _FACTOR:
        return ""
    return (
        f"; {format_count(first)} were planned, because {format_count(table.number('Plan Rows'))} "
        f"rows were expected where {format_count(table.number('Actual Rows'))} came"
    )


def _aggregate_finding(plan: Plan, node: Node) -> Finding:
    disk, peak = _disk_kb(node) * KB, (node.number("Peak Memory Usage") or 0.0) * KB
    processes = max(plan.times.processes[node.node_id], 1.0)
    saved = spill_ms(plan, node)
    return Finding(
        rule="hash-spill",
        severity=spill_severity(plan, saved),
        title=f"The hashed aggregate takes {spent(plan, own_ms(plan, node))} and writes "
        f"{format_bytes(disk)} to disk",
        evidence=[
            evidence(
                plan,
                node,
                batches=node.number("HashAgg Batches"),
                peak_bytes=peak,
                disk_bytes=disk,
            )
        ],
        fix=memory_fix(
            plan,
            node,
            peak + disk / processes * _MEMORY_PER_DISK,
            hashed=True,
            otherwise=_SMALLER_GROUPS,
        ),
        saves_ms=saved,
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Resource Consumption: hash_mem_multiplier",
    )


_SMALLER_GROUPS = (
    "Aggregating before a join makes it smaller. If it still goes to disk, the planner expects "
    "groups of 8 kB (array_agg, string_agg and the like): a sort may do better "
    "(enable_hashagg = off)."
)

RULES = (
    Rule(
        name="hash-spill",
        looks_at="hash joins in batches and hashed aggregates on disk",
        find=hash_spill,
    ),
)
