"""The nodes of a plan as an Arrow table; the columns are described in ``plans.model``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.plans.self_time import BLOCKS

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["node_table"]

# What to look at first stands left: a narrow window shows as many columns as fit.
_KINDS = {
    pa.int64(): ("node_id", "depth", "parent_id", *BLOCKS, *(f"self_{name}" for name in BLOCKS)),
    pa.string(): ("node_type", "relation", "schema", "alias", "index", "condition"),
    pa.bool_(): ("never_executed",),
}
_ORDER = (
    "node_id", "depth", "node_type", "relation", "self_ms", "self_share", "inclusive_ms",
    "plan_rows", "actual_rows", "loops", "row_factor", "rows_removed", "condition", "index",
    "alias", "schema", "parent_id", "processes", "total_rows", "startup_ms", "self_cost",
    *BLOCKS, *(f"self_{name}" for name in BLOCKS), "never_executed",
)  # fmt: skip
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
SCHEMA = pa.schema([(name, _KIND_OF.get(name, pa.float64())) for name in _ORDER])


def node_table(plan: Plan) -> pa.Table:
    """Return one row per node of ``plan``, depth first."""
    rows = [_row(plan, node) for node in plan.tree]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(plan: Plan, node: Node) -> dict[str, Any]:
    return _identity(node) | _rows(node) | _times(plan, node) | _blocks(plan, node)


def _identity(node: Node) -> dict[str, Any]:
    return {
        "node_id": node.node_id,
        "parent_id": node.parent_id,
        "depth": node.depth,
        "node_type": node.node_type,
        "schema": node.text("Schema"),
        "relation": node.relation,
        "alias": node.text("Alias"),
        "index": node.text("Index Name"),
        "condition": node.condition,
        "never_executed": None if node.loops is None else node.loops == 0,
    }


def _rows(node: Node) -> dict[str, Any]:
    loops, actual = node.loops, node.number("Actual Rows")
    removed = node.removed_per_loop()
    return {
        "plan_rows": node.number("Plan Rows"),
        "actual_rows": actual,
        "loops": loops,
        "total_rows": None if actual is None or loops is None else actual * loops,
        "row_factor": node.row_factor,
        "rows_removed": None if removed is None or not loops else removed * loops,
    }


def _times(plan: Plan, node: Node) -> dict[str, Any]:
    times, whole = plan.times, plan.execution_ms
    own = times.self_ms[node.node_id]
    return {
        "self_cost": _self_cost(plan, node),
        "processes": times.processes[node.node_id],
        "startup_ms": node.number("Actual Startup Time"),
        "inclusive_ms": times.inclusive_ms[node.node_id],
        "self_ms": own,
        "self_share": None if own is None or not whole else own / whole,
    }


def _blocks(plan: Plan, node: Node) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, key in BLOCKS.items():
        row[name] = node.number(key)
        row[f"self_{name}"] = plan.times.self_blocks[name][node.node_id]
    return row


def _self_cost(plan: Plan, node: Node) -> float | None:
    cost = node.number("Total Cost")
    if cost is None:
        return None
    below = sum(plan.tree[child].number("Total Cost") or 0.0 for child in node.children)
    return max(cost - below, 0.0)
