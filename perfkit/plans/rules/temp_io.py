"""Rows kept on disk by nodes other than sorts and hashes, to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import BLOCK, evidence, own_ms, spent, where
from perfkit.plans.rules.memory import memory_fix, own_temp_blocks, spill_ms, spill_severity
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.subplans import cte_materialized
from perfkit.plans.scans import matters_ms
from perfkit.results import Finding
from perfkit.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    "CTE Scan": "A CTE read once need not be kept: NOT MATERIALIZED. Fewer columns keep less.",
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
    keepers = [n for n in plan.tree if n.kind in _KEEPERS and n.node_id not in told]
    return [_finding(plan, nodes) for nodes in _stores(keepers) if _slow(plan, nodes)]


def _stores(keepers: Iterable[Node]) -> list[list[Node]]:
    """Return nodes that keep rows, those that share one store together: the scans of a CTE."""
    found: dict[object, list[Node]] = {}
    for node in keepers:
        name = node.text("CTE Name") if node.kind == "CTE Scan" else None
        found.setdefault(name or node.node_id, []).append(node)
    return list(found.values())


def _slow(plan: Plan, nodes: Sequence[Node]) -> bool:
    many = own_temp_blocks(plan, *nodes) >= MANY_BLOCKS
    if not many or not matters_ms(plan, own_ms(plan, *nodes)):
        return False
    # What a function computes takes the time, not that its rows are kept.
    return nodes[0].kind != "Function Scan" or matters_ms(plan, spill_ms(plan, *nodes))


def _finding(plan: Plan, nodes: Sequence[Node]) -> Finding:
    written = plan.times.self_blocks["temp_written_blocks"]
    blocks = sum(written[node.node_id] or 0 for node in nodes) or own_temp_blocks(plan, *nodes)
    node, saved = nodes[0], spill_ms(plan, *nodes)
    who = where(node) if len(nodes) == 1 else f"{len(nodes)} scans of CTE {node.text('CTE Name')}"
    takes, keeps = ("takes", "keeps") if len(nodes) == 1 else ("take", "keep")
    return Finding(
        rule="temp-io",
        severity=spill_severity(plan, saved),
        title=f"{who} {takes} {spent(plan, own_ms(plan, *nodes))} and {keeps} "
        f"{format_bytes(blocks * BLOCK)} of rows on disk",
        evidence=[
            evidence(plan, one, temp_bytes=own_temp_blocks(plan, one) * BLOCK) for one in nodes
        ],
        fix=memory_fix(
            plan,
            node,
            blocks * BLOCK * _MEMORY_PER_DISK,
            hashed=False,
            otherwise=_KEEPERS[node.kind],
        ),
        saves_ms=saved,
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Resource Consumption: work_mem",
    )


RULES = (Rule(name="temp-io", looks_at="rows kept on disk to be read again", find=temp_io),)
