"""How many processes shared a node's work, and how evenly.

Loops and times are summed over the leader and the workers. Below a Gather they are shared by
``loops(its outer child) / loops(Gather)`` processes: right with the leader off, with workers
that did not start and for a Gather in a loop, where "workers launched + 1" is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = ["GATHERS", "outer_child", "process_counts", "separate", "skews", "slowest_ms"]

GATHERS = frozenset({"Gather", "Gather Merge"})
_BITMAPS = frozenset({"Bitmap Index Scan", "BitmapAnd", "BitmapOr"})
_APART = frozenset({"InitPlan", "SubPlan"})


def separate(node: Node) -> bool:
    """Whether ``node`` is an InitPlan or a CTE: not part of its parent's own run."""
    return node.relationship == "InitPlan"


def outer_child(tree: Sequence[Node], gather: Node) -> Node | None:
    """Return what ``gather`` runs in its workers: neither an InitPlan nor a SubPlan of its own."""
    below = (tree[child] for child in gather.children)
    return next((node for node in below if node.relationship not in _APART), None)


def process_counts(tree: Sequence[Node]) -> list[float]:
    """Return by how many processes each node's time is shared; 1 outside of a Gather."""
    shared = [1.0] * len(tree)
    executions = [0.0] * len(tree)  # of the Gather above
    for node in tree:
        parent = None if node.parent_id is None else tree[node.parent_id]
        if parent is None:
            continue
        above = executions[parent.node_id]
        shared[node.node_id] = shared[parent.node_id]
        executions[node.node_id] = above
        if parent.kind in GATHERS:
            if node is outer_child(tree, parent) and node.loops and parent.loops:
                shared[node.node_id] = max(node.loops / parent.loops, 1.0)
                executions[node.node_id] = parent.loops
        elif above and _built_once(parent, node, above):
            shared[node.node_id] = 1.0
    return shared


def _built_once(parent: Node, node: Node, executions: float) -> bool:
    """Whether one process did the work of ``node`` while the others waited for it.

    So it is with the bitmap of a Parallel Bitmap Heap Scan, and with the rows of a Parallel
    Hash that one process read.
    """
    if node.relationship in _APART or not node.loops:
        return False
    if node.kind in _BITMAPS:
        # BitmapAnd and BitmapOr stand between the heap scan and its indexes.
        once = parent.properties.get("Parallel Aware") or parent.kind in _BITMAPS
        return bool(once) and node.loops <= executions
    aware = bool(parent.properties.get("Parallel Aware")) and parent.kind == "Hash"
    return aware and node.loops <= executions


def skews(tree: Sequence[Node], processes: Sequence[float]) -> list[float | None]:
    """Return the time of the slowest process over that of the mean one; None if not told.

    A Gather has the skew of what it runs.
    """
    found = [_skew(node, count) for node, count in zip(tree, processes, strict=True)]
    for node in tree:
        if node.kind in GATHERS and (outer := outer_child(tree, node)) is not None:
            found[node.node_id] = found[outer.node_id]
    return found


def _skew(node: Node, processes: float) -> float | None:
    slowest, total = slowest_ms(node), node.total_ms
    return None if slowest is None or not total else max(slowest * processes / total, 1.0)


def slowest_ms(node: Node) -> float | None:
    """Return the total time of the process that took longest; None without times of each."""
    workers = node.properties.get("Workers")
    if not isinstance(workers, list) or node.total_ms is None:
        return None
    totals = [_worker_ms(worker) for worker in workers]
    known = [total for total in totals if total is not None]
    return max([*known, node.total_ms - sum(known)]) if known else None


def _worker_ms(worker: Mapping[str, Any] | object) -> float | None:
    if not isinstance(worker, dict):
        return None
    once, loops = worker.get("Actual Total Time"), worker.get("Actual Loops")
    if not isinstance(once, int | float) or not isinstance(loops, int | float):
        return None
    return float(once * loops)
