"""The table of two plans: one row per node that both have, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.analyses.plan_changes.wording import how

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.analyses.plan_changes.changed import Changed, Pair
    from perfkit.analyses.plan_changes.sides import Side

__all__ = ["SCHEMA", "blocks", "table"]

_KINDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys(("change", "what", "type_a", "type_b", "index_a", "index_b"), pa.string()),
    **dict.fromkeys(("node_a", "node_b", "blocks_a", "blocks_b"), pa.int64()),
}
# What people look at first stands left.
_ORDER = (
    "change", "what", "type_a", "type_b", "self_ms_a", "self_ms_b", "delta_ms", "cost_a",
    "cost_b", "delta_cost", "actual_rows_a", "actual_rows_b", "loops_a", "loops_b", "blocks_a",
    "blocks_b", "plan_rows_a", "plan_rows_b", "row_factor_a", "row_factor_b", "index_a",
    "index_b", "node_a", "node_b",
)  # fmt: skip
SCHEMA = pa.schema([(name, _KINDS.get(name, pa.float64())) for name in _ORDER])
_OF_NODES = ("actual_rows", "loops", "plan_rows", "row_factor", "self_ms")


def table(change: Changed) -> pa.Table:
    """Return the rows, the largest difference first."""
    rows = [_row(change, pair) for pair in change.pairs]
    by = "delta_ms" if change.measure == "time" else "delta_cost"
    rows.sort(key=lambda row: -abs(row[by] or 0.0))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(change: Changed, pair: Pair) -> dict[str, Any]:
    a, b = _side(change.a, pair.a), _side(change.b, pair.b)
    row = {f"{name}_a": value for name, value in a.items()}
    row |= {f"{name}_b": value for name, value in b.items()}
    for name, told in (("self_ms", "delta_ms"), ("cost", "delta_cost")):
        row[told] = _delta(change, pair, a[name], b[name])
    return row | {"change": _word(change, pair), "what": pair.what}


def _delta(change: Changed, pair: Pair, a: float | None, b: float | None) -> float | None:
    """Return b - a; a node that a plan does not have takes nothing there."""
    timed = change.measure == "time"
    if pair.a is None:
        a = 0.0 if b is not None else None
    if pair.b is None:
        b = 0.0 if a is not None and (timed or change.b.cost is not None) else None
    return None if a is None or b is None else b - a


def _word(change: Changed, pair: Pair) -> str:
    if pair.a is None:
        return "added"
    if pair.b is None:
        return "removed"
    if change.differ(pair.own_a, pair.own_b) and change.measure == "time":
        return "slower" if (pair.own_b or 0.0) > (pair.own_a or 0.0) else "faster"
    return "changed" if pair.flipped or change.differ(pair.own_a, pair.own_b) else "same"


def _side(side: Side, node: int | None) -> dict[str, Any]:
    if node is None:
        return dict.fromkeys(("node", "type", "index", "cost", "blocks", *_OF_NODES))
    row = side.rows[node]
    return {
        "node": node,
        "type": how(side.plan.tree[node], None),
        "index": side.index(node),
        "cost": row["self_cost"],
        "blocks": blocks(row),
        **{name: row[name] for name in _OF_NODES},
    }


def blocks(row: Mapping[str, Any]) -> int | None:
    """Return the blocks of tables and indexes that a node itself touched."""
    found = [row.get("self_hit_blocks"), row.get("self_read_blocks")]
    return None if None in found else sum(value for value in found if value is not None)
