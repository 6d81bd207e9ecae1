"""Which node spent the time: wall time and blocks of every node alone.

Actual times are averages per loop, loops are summed over processes, and a parent's time
includes its children's. Steps:

1. total = time * loops; never executed = 0.
2. Below Gather the total is shared by ``loops(child) / loops(gather)`` processes, which is
   right with the leader off and with workers that did not start. A bitmap below a Parallel
   Bitmap Heap Scan is built by one process while the others wait: not divided.
3. With times per worker (VERBOSE) the slowest process decides how long the parallel part took.
4. self = inclusive - inclusive of the children, without InitPlans and CTEs. Times are printed
   in microseconds per loop, so children may seem to exceed their parent: they are scaled.
5. InitPlans and CTEs run inside the node that reads them (:mod:`perfkit.plans.payers`);
   it pays, once.

The self times of all nodes add up to the time of the root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.model import subtree
from perfkit.plans.payers import payments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = ["BLOCKS", "Times", "attribute"]

#: Column of the node table -> the server's counter. Sums over processes; never divided.
BLOCKS: Mapping[str, str] = {
    "hit_blocks": "Shared Hit Blocks",
    "read_blocks": "Shared Read Blocks",
    "temp_read_blocks": "Temp Read Blocks",
    "temp_written_blocks": "Temp Written Blocks",
}
_SEPARATE = "InitPlan"  # the relationship of scalar subqueries and of CTEs alike
_GATHERS = ("Gather", "Gather Merge")
_ROUNDING_MS = 0.0005  # half of the last digit, per loop
_INCONSISTENT = 0.03  # of the root's time


@dataclass(frozen=True, kw_only=True)
class Times:
    """One value per node; times are None where the plan has none.

    ``consistent`` is False when the parts miss the whole by more than rounding explains
    (a clock that jumped, averages of very uneven loops).
    """

    inclusive_ms: Sequence[float | None]
    self_ms: Sequence[float | None]
    processes: Sequence[float]
    self_blocks: Mapping[str, Sequence[int | None]]
    consistent: bool = True


def attribute(tree: Sequence[Node]) -> Times:
    """Return the wall time and the blocks of every node of ``tree`` alone."""
    processes = _processes(tree)
    blocks = {
        name: _exclusive(tree, [node.number(key) or 0.0 for node in tree])
        for name, key in BLOCKS.items()
    }
    if tree[0].total_ms is None:
        return Times(
            inclusive_ms=[None] * len(tree),
            self_ms=[None] * len(tree),
            processes=processes,
            self_blocks=_paid_blocks(tree, blocks, []),
        )
    inclusive = _inclusive(tree, processes)
    own = _own(tree, inclusive)
    consistent = not _overdrawn(tree, inclusive)
    touched = [sum(pair) for pair in zip(blocks["hit_blocks"], blocks["read_blocks"], strict=True)]
    moved = payments(tree, inclusive, own, touched)
    for payer, plan, share in moved:
        own[payer] -= share * inclusive[plan]
    return Times(
        inclusive_ms=inclusive,
        self_ms=[max(value, 0.0) for value in own],
        processes=processes,
        self_blocks=_paid_blocks(tree, blocks, moved),
        consistent=consistent,
    )


def separate(node: Node) -> bool:
    """Whether ``node`` is an InitPlan or a CTE: not part of its parent's own run."""
    return node.relationship == _SEPARATE


def _processes(tree: Sequence[Node]) -> list[float]:
    """Return by how many processes each node's total is shared."""
    shared = [1.0] * len(tree)
    gather_loops = [0.0] * len(tree)
    for node in tree[1:]:
        parent = tree[node.parent_id or 0]
        shared[node.node_id] = shared[parent.node_id]
        gather_loops[node.node_id] = gather_loops[parent.node_id]
        if parent.kind in _GATHERS and not separate(node) and node.loops and parent.loops:
            shared[node.node_id] = node.loops / parent.loops
            gather_loops[node.node_id] = parent.loops
        elif _built_once(parent, node, gather_loops[node.node_id]):
            shared[node.node_id] = 1.0
    return shared


def _built_once(parent: Node, node: Node, gather_loops: float) -> bool:
    aware = bool(parent.properties.get("Parallel Aware"))
    return aware and parent.kind == "Bitmap Heap Scan" and node.loops == gather_loops


def _inclusive(tree: Sequence[Node], processes: Sequence[float]) -> list[float]:
    """Return wall times, children scaled where they seem to exceed their parent."""
    raw = [(node.total_ms or 0.0) / count for node, count in zip(tree, processes, strict=True)]
    factor = [1.0] * len(tree)
    for node in tree:
        if node.kind in _GATHERS:
            _stretch(tree, node, raw, processes)
        parts = sum(raw[c] for c in node.children if not separate(tree[c]))
        scale = raw[node.node_id] / parts if parts > raw[node.node_id] else 1.0
        for child in node.children:
            own_root = separate(tree[child])
            factor[child] = 1.0 if own_root else factor[node.node_id] * scale
    return [value * f for value, f in zip(raw, factor, strict=True)]


def _stretch(
    tree: Sequence[Node], gather: Node, raw: list[float], processes: Sequence[float]
) -> None:
    """Make the parallel part as long as its slowest process, from the times per worker."""
    for child in gather.children:
        node = tree[child]
        slowest = _slowest_ms(node)
        if separate(node) or slowest is None or not gather.loops or not raw[child]:
            continue
        wall = min(slowest / gather.loops, raw[gather.node_id])
        skew = max(wall / raw[child], 1.0)
        for below in subtree(tree, node):
            if processes[below.node_id] == processes[child]:
                raw[below.node_id] *= skew


def _slowest_ms(node: Node) -> float | None:
    """Return the total time of the process that took longest, None without VERBOSE."""
    workers = node.properties.get("Workers")
    if not isinstance(workers, list) or node.total_ms is None:
        return None
    totals = [_worker_ms(worker) for worker in workers]
    known = [total for total in totals if total is not None]
    return max([*known, node.total_ms - sum(known)]) if known else None


def _worker_ms(worker: object) -> float | None:
    if not isinstance(worker, dict):
        return None
    once, loops = worker.get("Actual Total Time"), worker.get("Actual Loops")
    if not isinstance(once, int | float) or not isinstance(loops, int | float):
        return None
    return float(once * loops)


def _own(tree: Sequence[Node], inclusive: Sequence[float]) -> list[float]:
    return [
        inclusive[node.node_id] - sum(inclusive[c] for c in node.children if not separate(tree[c]))
        for node in tree
    ]


def _exclusive(tree: Sequence[Node], values: Sequence[float]) -> list[float]:
    return [max(value, 0.0) for value in _own(tree, values)]


def _overdrawn(tree: Sequence[Node], inclusive: Sequence[float]) -> bool:
    """Whether some children exceed their parent by more than rounding and 3 % of the root."""
    allowed = _INCONSISTENT * inclusive[0]
    for node in tree:
        children = [tree[c] for c in node.children if not separate(tree[c])]
        loops = sum(n.loops or 0.0 for n in (node, *children))
        excess = sum(c.total_ms or 0.0 for c in children) - (node.total_ms or 0.0)
        if node.kind not in _GATHERS and excess > max(allowed, _ROUNDING_MS * loops):
            return True
    return False


def _paid_blocks(
    tree: Sequence[Node],
    blocks: Mapping[str, Sequence[float]],
    moved: Sequence[tuple[int, int, float]],
) -> dict[str, list[int | None]]:
    """Return the blocks of every node alone; unknown where the plan has no BUFFERS."""
    result: dict[str, list[int | None]] = {}
    for name, key in BLOCKS.items():
        known = tree[0].number(key) is not None
        own = list(blocks[name])
        left = {plan: tree[plan].number(key) or 0.0 for _, plan, _ in moved}
        # A scan of a CTE touches no blocks itself, so whoever has some has the CTE's.
        for payer, plan, _ in moved:
            paid = min(own[payer], left[plan])
            own[payer] -= paid
            left[plan] -= paid
        result[name] = [round(value) if known else None for value in own]
    return result
