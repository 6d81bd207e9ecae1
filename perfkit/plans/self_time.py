"""Which node spent the time: wall time, I/O and blocks of every node alone.

Actual times are averages per loop, loops are summed over processes, and a parent's time
includes its children's. Steps:

1. total = time * loops; never executed = 0.
2. Below a Gather the total is shared by several processes (:mod:`perfkit.plans.times.processes`).
3. With times per worker (VERBOSE) the slowest process decides how long the parallel part took.
4. self = inclusive - inclusive of the children, without InitPlans and CTEs. Times are printed
   in microseconds per loop, so children may seem to exceed their parent: they are scaled.
5. InitPlans and CTEs run inside the node that reads them, and so do SubPlans that several
   nodes share (:mod:`perfkit.plans.payers`): these pay, once.

The self times of all nodes add up to the time of the root, and to what a writing CTE did
after the root was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.node import subtree
from perfkit.plans.payers import payments
from perfkit.plans.times.amounts import own_blocks, wall_io
from perfkit.plans.times.counters import BLOCKS, touched_blocks
from perfkit.plans.times.processes import process_counts, separate, skews
from perfkit.plans.times.shared_subplans import shared_subplans
from perfkit.plans.times.wall import exclusive, own, parts, scaled, wall_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.node import Node
    from perfkit.plans.payers import Payment

__all__ = ["BLOCKS", "Times", "attribute"]

_ROUNDING_MS = 0.0005  # half of the last digit, per loop
_DIGITS = 9  # of a ms: what is left of a difference below that is the computer's rounding
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
    spent = _Spent(tree, processes) if tree[0].total_ms is not None else None
    apart = _lazy(tree) if spent is None else spent.apart
    moved = _by_blocks(tree, apart) if spent is None else spent.moved
    io_ms, self_io_ms = wall_io(tree, processes, apart, moved)
    unknown = [None] * len(tree)
    return Times(
        inclusive_ms=unknown if spent is None else spent.inclusive,
        self_ms=unknown
        if spent is None
        else [max(round(value, _DIGITS), 0.0) for value in spent.own],
        processes=processes,
        self_blocks=own_blocks(tree, apart, moved),
        io_ms=io_ms,
        self_io_ms=self_io_ms,
        skew=skews(tree, processes),
        timing_ok=unknown if spent is None else spent.fine,
    )


def _lazy(tree: Sequence[Node]) -> set[int]:
    return {node.node_id for node in tree if separate(node)}


def _touched(tree: Sequence[Node], apart: set[int]) -> list[float]:
    return exclusive(tree, [touched_blocks(node) for node in tree], apart)


def _by_blocks(tree: Sequence[Node], apart: set[int]) -> list[Payment]:
    """Return who paid for whom where nothing was timed: who has the blocks."""
    own_touched = _touched(tree, apart)
    return payments(tree, [touched_blocks(node) for node in tree], own_touched, own_touched)


class _Spent:
    """Who spent the time of a plan, step by step."""

    def __init__(self, tree: Sequence[Node], processes: Sequence[float]) -> None:
        self.tree = tree
        wall = wall_ms(tree, processes)
        shared = shared_subplans(tree, wall)
        self.apart = _lazy(tree) | shared.keys()
        self.inclusive = scaled(tree, wall, self.apart)
        self.own = own(tree, self.inclusive, self.apart)
        self.moved = payments(tree, self.inclusive, self.own, _touched(tree, self.apart), shared)
        unpaid = self._unpaid()
        self.fine = self._agreeing(wall, processes, unpaid)
        self._shrink(unpaid)
        for payer, plan, share in self.moved:
            self.own[payer] -= share * self.inclusive[plan]

    def _unpaid(self) -> dict[int, float]:
        """Return the share of each InitPlan, CTE and SubPlan that nobody had the time for.

        What writes is left out: a CTE that is not read to its end is run after the root.
        """
        left: dict[int, float] = {}
        for _, plan, share in self.moved:
            left[plan] = left.get(plan, 1.0) - share
        return {
            plan: share
            for plan, share in left.items()
            if share > 0 and self.tree[plan].kind != "ModifyTable"
        }

    def _agreeing(
        self, wall: Sequence[float], processes: Sequence[float], unpaid: Mapping[int, float]
    ) -> list[bool]:
        """Return whether each node's parts fit into it, but for rounding and 3 % of the root."""
        allowed = _INCONSISTENT * self.inclusive[0]
        excess = [self._excess(node, wall, processes) for node in self.tree]
        for plan, share in unpaid.items():
            excess[self.tree[plan].parent_id or 0] += share * self.inclusive[plan]
        return [
            more <= 0 or more <= max(allowed, _ROUNDING_MS * self._loops(node))
            for node, more in zip(self.tree, excess, strict=True)
        ]

    def _excess(self, node: Node, wall: Sequence[float], processes: Sequence[float]) -> float:
        """Return by how much the parts of ``node`` exceed it.

        Not where it has other processes than they have: workers may have run while the leader
        was elsewhere, and processes that came late did not wait for what one of them built.
        """
        mine = processes[node.node_id]
        if any(processes[child] != mine for child in node.children if child not in self.apart):
            return 0.0
        return parts(node, wall, self.apart) - wall[node.node_id]

    def _loops(self, node: Node) -> float:
        below = (self.tree[child] for child in node.children)
        return sum(one.loops or 0.0 for one in (node, *below))

    def _shrink(self, unpaid: Mapping[int, float]) -> None:
        """Scale what took longer than its payers had."""
        for plan, share in unpaid.items():
            for below in subtree(self.tree, self.tree[plan]):
                self.inclusive[below.node_id] *= 1.0 - share
                self.own[below.node_id] *= 1.0 - share
        self.moved = [
            pay._replace(share=pay.share / (1.0 - unpaid.get(pay.plan, 0.0)))
            if unpaid.get(pay.plan, 0.0) < 1.0
            else pay
            for pay in self.moved
        ]
