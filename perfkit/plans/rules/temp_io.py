"""Rows kept on disk by nodes other than sorts and hashes, to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import BLOCK, evidence, own_ms, spent, where
from perfkit.plans.rules.memory import memory_fix, own_temp_blocks, spill_ms
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.subplans import cte_materialized
from perfkit.plans.scans import matters, matters_ms
from perfkit.results import Finding
from perfkit.units import format_bytes

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Less is written and read in a few milliseconds.
MANY_BLOCKS = 1000
# A row in memory carries a header and a pointer: as for sorts.
_MEMORY_PER_DISK = 3.0
# What keeps rows to return them again, and what to do about it.
_KEEPERS = {
    "Materialize": "Fewer columns or rows on the inner side of the loop make it smaller.",
    "CTE Scan": "A CTE read once need not be kept: NOT MATERIALIZED.",
    "WindowAgg": "A smaller frame or partition keeps fewer rows; so do fewer columns.",
    "Function Scan": "A function called in the SELECT list returns its rows one by one; one "
    "written as a single SQL SELECT is merged into the statement.",
    "Table Function Scan": "Fewer columns make it smaller.",
    "Recursive Union": "Fewer columns in the recursive term make it smaller.",
    "WorkTable Scan": "Fewer columns in the recursive term make it smaller.",
    "SetOp": "UNION ALL keeps nothing where duplicates cannot occur.",
}


def temp_io(plan: Plan, facts: Facts) -> list[Finding]:
    """Find nodes that matter and kept their rows in temporary files."""
    told = {row["node"] for one in cte_materialized(plan, facts) for row in one.evidence}
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.kind in _KEEPERS
        and node.node_id not in told
        and own_temp_blocks(plan, node) >= MANY_BLOCKS
        and matters(plan, node)
        # What a function computes takes the time, not that its rows are kept.
        and (node.kind != "Function Scan" or matters_ms(plan, spill_ms(plan, node)))
    ]


def _finding(plan: Plan, node: Node) -> Finding:
    written = plan.times.self_blocks["temp_written_blocks"][node.node_id] or 0
    size = (written or own_temp_blocks(plan, node)) * BLOCK
    return Finding(
        rule="temp-io",
        severity="warning",
        title=f"{where(node)} takes {spent(plan, own_ms(plan, node))} and keeps "
        f"{format_bytes(size)} of rows on disk",
        evidence=[evidence(plan, node, temp_bytes=own_temp_blocks(plan, node) * BLOCK)],
        fix=memory_fix(
            plan,
            node,
            size * _MEMORY_PER_DISK,
            hashed=False,
            otherwise=_KEEPERS[node.kind],
        ),
        saves_ms=spill_ms(plan, node),
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Resource Consumption: work_mem",
    )


RULES = (Rule(name="temp-io", looks_at="rows kept on disk to be read again", find=temp_io),)
