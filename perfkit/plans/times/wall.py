"""Wall times of nodes with all below them, and what of a value is a node's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.node import subtree
from perfkit.plans.times.processes import GATHERS, outer_child, slowest_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from perfkit.plans.node import Node

__all__ = ["exclusive", "own", "parts", "scaled", "wall_ms"]

# ``apart`` are the nodes that did not run in the time of the node they hang on: InitPlans, CTEs
# and SubPlans that several nodes ran.


def wall_ms(tree: Sequence[Node], processes: Sequence[float]) -> list[float]:
    """Return wall times; parallel parts are as long as their slowest process, where known."""
    raw = [(node.total_ms or 0.0) / count for node, count in zip(tree, processes, strict=True)]
    for gather in tree:
        outer = outer_child(tree, gather) if gather.kind in GATHERS else None
        slowest = None if outer is None else slowest_ms(outer)
        if outer is None or slowest is None or not gather.loops or not raw[outer.node_id]:
            continue
        wall = min(slowest / gather.loops, raw[gather.node_id])
        skew = max(wall / raw[outer.node_id], 1.0)
        for below in subtree(tree, outer):
            if processes[below.node_id] == processes[outer.node_id]:
                raw[below.node_id] *= skew
    return raw


def scaled(tree: Sequence[Node], wall: Sequence[float], apart: Collection[int]) -> list[float]:
    """Return wall times in which no children exceed their parent."""
    factor = [1.0] * len(tree)
    for node in tree:
        whole, below = wall[node.node_id], parts(node, wall, apart)
        scale = whole / below if below > whole else 1.0
        for child in node.children:
            factor[child] = 1.0 if child in apart else factor[node.node_id] * scale
    return [value * f for value, f in zip(wall, factor, strict=True)]


def parts(node: Node, values: Sequence[float], apart: Collection[int]) -> float:
    """Return the sum of the children's values."""
    return sum([values[child] for child in node.children if child not in apart])


def own(tree: Sequence[Node], values: Sequence[float], apart: Collection[int]) -> list[float]:
    """Return the values without those of the children; they may be negative."""
    return [values[node.node_id] - parts(node, values, apart) for node in tree]


def exclusive(tree: Sequence[Node], values: Sequence[float], apart: Collection[int]) -> list[float]:
    """Return the values without those of the children, at least 0."""
    return [max(value, 0.0) for value in own(tree, values, apart)]
