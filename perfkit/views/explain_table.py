"""The nodes of a plan as a table of few rows: those that take most, as the tree they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.views.explain_rows import label

if TYPE_CHECKING:
    from perfkit.views.columns import Column

__all__ = ["as_tree", "is_plan", "those_that_take_most"]

_TREE = frozenset({"depth", "node_type"})
_SAID = ("relation", "alias", "index")
_SPACE = "\u00a0"  # HTML would drop ordinary blanks
_DEEPEST, _NARROW_FROM = 12, 6  # levels that are indented; from so many on by one blank each


def is_plan(table: pa.Table) -> bool:
    """Whether the rows are nodes of a plan, depth first."""
    return set(table.column_names) >= _TREE


def those_that_take_most(table: pa.Table, rows: int) -> pa.Table:
    """Return the root and the ``rows - 1`` nodes that take most by themselves, in their order."""
    if table.num_rows <= rows:
        return table
    own = next(
        (name for name in ("self_ms", "self_cost")
         if name in table.column_names and pc.sum(table[name]).as_py()), None,
    )  # fmt: skip
    if own is None:
        return table.slice(0, rows)
    values = pc.fill_null(table[own], 0.0).to_pylist()
    most = sorted(range(1, table.num_rows), key=lambda n: (-values[n], n))[: rows - 1]
    return table.take(pa.array([0, *sorted(most)], pa.int64()))


def as_tree(columns: list[Column], unknown: str) -> list[Column]:
    """Indent the nodes by their depth and name what they work on: two columns less."""
    named = {column.name: column for column in columns}
    if not set(named) >= _TREE:
        return columns
    depths = [int(cell.replace(",", "")) for cell in named["depth"].cells]
    ranks = {depth: at for at, depth in enumerate(sorted(set(depths)))}
    step = _SPACE if len(ranks) > _NARROW_FROM else 2 * _SPACE
    said = [_label(named, n, unknown) for n in range(len(depths))]
    cells = [
        step * min(ranks[depth], _DEEPEST) + text for depth, text in zip(depths, said, strict=True)
    ]
    tree = replace(named["node_type"], cells=cells, label="node")
    return [
        tree if column.name == "node_type" else column
        for column in columns
        if column.name not in {"depth", "relation"}
    ]


def _label(named: dict[str, Column], n: int, unknown: str) -> str:
    cells = {name: named[name].cells[n] if name in named else unknown for name in _SAID}
    known = {name: None if cell == unknown else cell for name, cell in cells.items()}
    return label({"node_type": named["node_type"].cells[n], **known})
