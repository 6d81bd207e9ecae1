"""What findings about joins, memory and parallelism are told with: numbers of one node.

Times are wall time of the whole execution (:mod:`perfkit.plans.self_time`), rows are summed
over all loops and processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.scans import MATTERS_MS
from perfkit.units import format_ms, format_share

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["BLOCK", "evidence", "inclusive_ms", "large", "own_ms", "spent", "total_rows", "where"]

#: Bytes of a block: shared and temporary blocks alike.
BLOCK = 8192
#: A part of the plan explains the slowness from this share of the execution on.
LARGE_SHARE = 0.25


def own_ms(plan: Plan, *nodes: Node) -> float:
    """Return the wall time that ``nodes`` spent themselves, together."""
    return sum(plan.times.self_ms[node.node_id] or 0.0 for node in nodes)


def inclusive_ms(plan: Plan, node: Node) -> float:
    """Return the wall time of ``node`` and everything below it."""
    return plan.times.inclusive_ms[node.node_id] or 0.0


def large(plan: Plan, ms: float, share: float = LARGE_SHARE) -> bool:
    """Whether ``ms`` is at least 5 ms and ``share`` of the execution."""
    return ms >= MATTERS_MS and ms >= share * (plan.execution_ms or 0.0)


def spent(plan: Plan, ms: float) -> str:
    """Return ``40 ms (80.0 % of the time)``."""
    whole = max(plan.execution_ms or 0.0, ms)
    return f"{format_ms(ms)} ({format_share(ms / whole if whole else 0.0)} of the time)"


def total_rows(node: Node) -> float:
    """Return the rows that ``node`` returned over all loops."""
    return (node.number("Actual Rows") or 0.0) * (node.loops or 0.0)


def where(node: Node) -> str:
    """Return ``Seq Scan on public.orders``, or the node type alone."""
    return f"{node.node_type} on {node.qualified}" if node.qualified else node.node_type


def evidence(plan: Plan, node: Node, **more: object) -> dict[str, object]:
    """Return what is known about ``node`` as one row; ``more`` beside it."""
    return {
        "node": node.node_id,
        "node_type": node.node_type,
        "table": node.qualified,
        "plan_rows": node.number("Plan Rows"),
        "actual_rows": node.number("Actual Rows"),
        "loops": node.loops,
        "self_ms": plan.times.self_ms[node.node_id],
        "inclusive_ms": plan.times.inclusive_ms[node.node_id],
        **more,
    }
