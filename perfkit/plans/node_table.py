"""The nodes of a plan as an Arrow table; the columns are described in ``plans.model``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.plans.times.counters import BLOCKS, counts_blocks, spilled_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Node, Plan
    from perfkit.plans.times.triggers import Trigger

__all__ = ["node_table", "trigger_table"]

_SELF_BLOCKS = tuple(f"self_{name}" for name in BLOCKS)
# What to look at first stands left: a narrow window shows as many columns as fit.
_KINDS = {
    pa.int64(): ("node_id", "depth", "parent_id", *BLOCKS, *_SELF_BLOCKS),
    pa.string(): ("node_type", "relation", "schema", "alias", "index", "condition"),
    pa.bool_(): ("never_executed", "timing_ok"),
}
_ORDER = (
    "node_id", "depth", "node_type", "relation", "self_ms", "self_share", "plan_rows",
    "actual_rows", "loops", "inclusive_ms", "row_factor", "rows_removed", "condition", "index",
    "alias", "schema", "parent_id", "processes", "workers", "skew", "total_rows", "startup_ms",
    "self_cost", "io_ms", "self_io_ms", *BLOCKS, *_SELF_BLOCKS, "spilled_bytes",
    "never_executed", "timing_ok",
)  # fmt: skip
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
SCHEMA = pa.schema([(name, _KIND_OF.get(name, pa.float64())) for name in _ORDER])
_TRIGGERS = pa.schema(
    [
        ("name", pa.string()),
        ("relation", pa.string()),
        ("constraint", pa.string()),
        ("calls", pa.float64()),
        ("time_ms", pa.float64()),
        ("before", pa.bool_()),
    ]
)


def node_table(plan: Plan) -> pa.Table:
    """Return one row per node of ``plan``, depth first."""
    rows = [_identity(node) | _rows(node) | _costs(plan, node) for node in plan.tree]
    columns: dict[str, Sequence[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    columns |= _times(plan) | _blocks(plan)
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def trigger_table(triggers: Sequence[Trigger]) -> pa.Table:
    """Return one row per trigger (columns: see ``Plan.triggers``)."""
    return pa.Table.from_pylist([trigger._asdict() for trigger in triggers], schema=_TRIGGERS)


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


def _costs(plan: Plan, node: Node) -> dict[str, Any]:
    written = plan.times.self_blocks["temp_written_blocks"][node.node_id]
    return {
        "self_cost": _self_cost(plan, node),
        "startup_ms": node.number("Actual Startup Time"),
        "workers": node.number("Workers Launched"),
        "spilled_bytes": spilled_bytes(node, written) if node.loops else None,
    }


def _times(plan: Plan) -> dict[str, Sequence[Any]]:
    times, whole = plan.times, plan.execution_ms
    return {
        "processes": times.processes,
        "skew": times.skew,
        "inclusive_ms": times.inclusive_ms,
        "self_ms": times.self_ms,
        "self_share": [None if own is None or not whole else own / whole for own in times.self_ms],
        "io_ms": times.io_ms,
        "self_io_ms": times.self_io_ms,
        "timing_ok": times.timing_ok,
    }


def _blocks(plan: Plan) -> dict[str, Sequence[Any]]:
    counted = counts_blocks(plan.tree)
    columns: dict[str, Sequence[Any]] = {}
    for name, key in BLOCKS.items():
        columns[name] = [_whole(node, key, counted=counted) for node in plan.tree]
        columns[f"self_{name}"] = plan.times.self_blocks[name]
    return columns


def _whole(node: Node, key: str, *, counted: bool) -> int | None:
    """Return a block count; text prints no zeros, so an executed node without one has 0."""
    value = node.number(key)
    if value is None:
        return 0 if counted and node.loops else None
    return int(value)


def _self_cost(plan: Plan, node: Node) -> float | None:
    cost = node.number("Total Cost")
    if cost is None:
        return None
    below = sum(plan.tree[child].number("Total Cost") or 0.0 for child in node.children)
    return max(cost - below, 0.0)
