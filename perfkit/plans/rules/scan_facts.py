"""What findings about scans are told with: rows, blocks and times of one node.

Rows and blocks are summed over all loops and processes, times are wall time of the whole
execution (:mod:`perfkit.plans.self_time`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.rules.measures import own_ms, total_rows

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan
    from perfkit.results import Severity

__all__ = [
    "CRITICAL_SHARE",
    "evidence",
    "rows_read",
    "severity",
    "table_keys",
    "touched_blocks",
    "where",
]

#: From this share of the execution on, the node is what the statement waits for.
CRITICAL_SHARE = 0.5


def rows_read(node: Node) -> float:
    """Return the rows that a scan read: those it kept and those its conditions threw away."""
    return total_rows(node) + (node.removed_per_loop() or 0.0) * (node.loops or 0.0)


def touched_blocks(plan: Plan, node: Node) -> int | None:
    """Return the shared blocks that ``node`` itself read or found; None without BUFFERS."""
    own = [plan.times.self_blocks[name][node.node_id] for name in ("hit_blocks", "read_blocks")]
    return None if None in own else sum(count or 0 for count in own)


def evidence(plan: Plan, node: Node, **more: Any) -> dict[str, Any]:
    """Return one row of evidence about a scan; ``node`` is its node_id, rows are totals."""
    row = {
        "node": node.node_id,
        "node_type": node.node_type,
        "table": node.qualified,
        "index": node.text("Index Name"),
        "condition": node.condition,
        "rows_read": rows_read(node),
        "rows_kept": total_rows(node),
        "blocks": touched_blocks(plan, node),
        "self_ms": own_ms(plan, node),
    }
    return {name: value for name, value in row.items() if value is not None} | more


def severity(plan: Plan, ms: float) -> Severity:
    """Return critical for what takes half of the execution, warning for less."""
    return "critical" if ms >= CRITICAL_SHARE * (plan.execution_ms or ms) else "warning"


def where(node: Node) -> str:
    """Return the node as people say it: ``index scan on public.orders with orders_idx``."""
    kind = node.node_type.lower().replace("seq scan", "sequential scan")
    index = node.text("Index Name")
    table = f" on {node.qualified}" if node.qualified else ""
    return f"{kind}{table}{f' with {index}' if index else ''}"


def table_keys(node: Node) -> dict[str, str]:
    """Return what joins a finding about ``node`` to others: its table."""
    return {"table": node.qualified} if node.qualified else {}
