"""Which node spent the time: wall time, I/O and blocks of every node alone.

Actual times are averages per loop, loops are summed over processes, and a parent's time
includes its children's. Steps:

1. total = time * loops; never executed = 0.
2. Below a Gather the total is shared by several processes (:mod:`perfkit.plans.times.processes`).
3. With times per worker (VERBOSE) the slowest process decides how long the parallel part took.
4. self = inclusive - inclusive of the children, without InitPlans and CTEs. Times are printed
   in microseconds per loop, so children may seem to exceed their parent: they are scaled.
5. InitPlans and CTEs run inside the node that reads them (:mod:`perfkit.plans.payers`);
   it pays, once.

The self times of all nodes add up to the time of the root, and to what a writing CTE did
after the root was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.model import subtree
from perfkit.plans.payers import blocks_of, payments
from perfkit.plans.times.counters import BLOCKS, counts_blocks, io_total_ms
from perfkit.plans.times.processes import (
    GATHERS,
    outer_child,
    process_counts,
    separate,
    skews,
    slowest_ms,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.model import Node
    from perfkit.plans.payers import Payment

__all__ = ["BLOCKS", "Times", "attribute"]

_ROUNDING_MS = 0.0005  # half of the last digit, per loop
_INCONSISTENT = 0.03  # of the root's time


@dataclass(frozen=True, kw_only=True)
class Times:
    """One value per node; times are None where the plan has none.

    ``timing_ok`` is False where the parts miss the whole by more than rounding explains (a
    clock that jumped, averages of very uneven loops). ``skew`` is the time of the slowest
    process over that of the mean one. I/O is wall time, like all other times: what the
    server summed over processes is divided by them.
    """

    inclusive_ms: Sequence[float | None]
    self_ms: Sequence[float | None]
    processes: Sequence[float]
    self_blocks: Mapping[str, Sequence[int | None]]
    io_ms: Sequence[float | None]
    self_io_ms: Sequence[float | None]
    skew: Sequence[float | None]
    timing_ok: Sequence[bool | None]

    @property
    def consistent(self) -> bool:
        """Whether the times of all nodes agree with each other."""
        return False not in self.timing_ok


def attribute(tree: Sequence[Node]) -> Times:
    """Return the wall time, the I/O and the blocks of every node of ``tree`` alone."""
    processes = process_counts(tree)
    touched = _exclusive(tree, [blocks_of(node) for node in tree])
    count = len(tree)
    if tree[0].total_ms is None:
        moved: list[Payment] = []
        inclusive: Sequence[float | None] = [None] * count
        own: Sequence[float | None] = [None] * count
        fine: Sequence[bool | None] = [None] * count
    else:
        inclusive, own, fine, moved = _attributed(tree, processes, touched)
    io_ms, self_io_ms = _io(tree, processes, moved)
    return Times(
        inclusive_ms=inclusive,
        self_ms=own,
        processes=processes,
        self_blocks=_blocks(tree, moved),
        io_ms=io_ms,
        self_io_ms=self_io_ms,
        skew=skews(tree, processes),
        timing_ok=fine,
    )


def _attributed(
    tree: Sequence[Node], processes: Sequence[float], touched: Sequence[float]
) -> tuple[list[float], list[float], list[bool], list[Payment]]:
    """Return inclusive and own times, whether they agree, and who paid for whom."""
    raw = _stretched(tree, processes)
    inclusive = _scaled(tree, raw)
    own = _own(tree, inclusive)
    moved = payments(tree, inclusive, own, touched)
    fine = _agreeing(tree, raw, inclusive, moved)
    _shrink_unpaid(tree, inclusive, own, moved)
    for payer, plan, share in moved:
        own[payer] -= share * inclusive[plan]
    return inclusive, [max(value, 0.0) for value in own], fine, moved


def _stretched(tree: Sequence[Node], processes: Sequence[float]) -> list[float]:
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


def _scaled(tree: Sequence[Node], raw: Sequence[float]) -> list[float]:
    """Return wall times in which no children exceed their parent."""
    factor = [1.0] * len(tree)
    for node in tree:
        whole, parts = raw[node.node_id], _parts(tree, node, raw)
        scale = whole / parts if parts > whole else 1.0
        for child in node.children:
            factor[child] = 1.0 if separate(tree[child]) else factor[node.node_id] * scale
    return [value * f for value, f in zip(raw, factor, strict=True)]


def _parts(tree: Sequence[Node], node: Node, values: Sequence[float]) -> float:
    return sum(values[child] for child in node.children if not separate(tree[child]))


def _own(tree: Sequence[Node], inclusive: Sequence[float]) -> list[float]:
    return [inclusive[node.node_id] - _parts(tree, node, inclusive) for node in tree]


def _exclusive(tree: Sequence[Node], values: Sequence[float]) -> list[float]:
    return [max(value, 0.0) for value in _own(tree, values)]


def _agreeing(
    tree: Sequence[Node],
    raw: Sequence[float],
    inclusive: Sequence[float],
    moved: Sequence[Payment],
) -> list[bool]:
    """Return whether each node's parts fit into it, but for rounding and 3 % of the root."""
    allowed = _INCONSISTENT * inclusive[0]
    # Workers may have run while the leader was elsewhere: their Gather waited for less.
    excess = [
        0.0 if node.kind in GATHERS else _parts(tree, node, raw) - raw[node.node_id]
        for node in tree
    ]
    for plan, share in _unpaid(tree, moved).items():
        excess[tree[plan].parent_id or 0] += share * inclusive[plan]
    return [
        more <= 0 or more <= max(allowed, _ROUNDING_MS * _loops(tree, node))
        for node, more in zip(tree, excess, strict=True)
    ]


def _loops(tree: Sequence[Node], node: Node) -> float:
    return sum(one.loops or 0.0 for one in (node, *(tree[child] for child in node.children)))


def _unpaid(tree: Sequence[Node], moved: Sequence[Payment]) -> dict[int, float]:
    """Return the share of each InitPlan and CTE that nobody had the time for.

    What writes is left out: a CTE that is not read to its end is run after the root.
    """
    left: dict[int, float] = {}
    for _, plan, share in moved:
        left[plan] = left.get(plan, 1.0) - share
    return {plan: share for plan, share in left.items() if share > 0 and tree[plan].kind != _WRITES}


_WRITES = "ModifyTable"


def _shrink_unpaid(
    tree: Sequence[Node], inclusive: list[float], own: list[float], moved: list[Payment]
) -> None:
    """Scale the InitPlans and CTEs that took longer than their payers had."""
    unpaid = _unpaid(tree, moved)
    for plan, share in unpaid.items():
        for below in subtree(tree, tree[plan]):
            inclusive[below.node_id] *= 1.0 - share
            own[below.node_id] *= 1.0 - share
    for position, (payer, plan, share) in enumerate(moved):
        if unpaid.get(plan, 0.0) < 1.0:
            paid = share / (1.0 - unpaid.get(plan, 0.0))
            moved[position] = moved[position]._replace(payer=payer, share=paid)


def _io(
    tree: Sequence[Node], processes: Sequence[float], moved: Sequence[Payment]
) -> tuple[list[float | None], list[float | None]]:
    """Return the wall time of I/O, of nodes with all below them and of nodes alone."""
    totals = [io_total_ms(node) for node in tree]
    alone = _exclusive(tree, [total or 0.0 for total in totals])
    wall = [value / count for value, count in zip(alone, processes, strict=True)]
    below = list(wall)
    for node in reversed(tree):
        if node.parent_id is not None and not separate(node):
            below[node.parent_id] += below[node.node_id]
    if all(total is None for total in totals):
        return [None] * len(tree), [None] * len(tree)
    left = {plan: below[plan] for _, plan, _ in moved}
    for payer, plan, _ in moved:
        paid = min(wall[payer], left[plan])
        wall[payer] -= paid
        left[plan] -= paid
    return list(below), list(wall)


def _blocks(tree: Sequence[Node], moved: Sequence[Payment]) -> dict[str, list[int | None]]:
    """Return the blocks of every node alone; unknown where the plan has no BUFFERS."""
    result: dict[str, list[int | None]] = {}
    known = counts_blocks(tree)
    for name, key in BLOCKS.items():
        if not known:
            result[name] = [None] * len(tree)
            continue
        totals = [node.number(key) or 0.0 for node in tree]
        own = _exclusive(tree, totals)
        # A scan of a CTE touches no blocks itself, so whoever has some has the CTE's.
        left = {plan: totals[plan] for _, plan, _ in moved}
        for payer, plan, _ in moved:
            paid = min(own[payer], left[plan])
            own[payer] -= paid
            left[plan] -= paid
        result[name] = [round(value) for value in own]
    return result
