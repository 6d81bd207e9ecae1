"""Who pays for an InitPlan or a CTE: they run lazily, inside the node that reads them first.

An InitPlan is paid once, by the innermost node that mentions its parameter and has the time
and the blocks for it; what runs before the workers start is paid by the Gather. A CTE is paid
by its CTE Scans (:mod:`perfkit.plans.times.cte_shares`). Where nothing is mentioned (EXPLAIN
without VERBOSE prints no target lists, and no count of a LIMIT) the owner pays, or who else
has the time. What a writing CTE that nobody reads to its end does, it does after the root.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.times.counters import touched_blocks
from perfkit.plans.times.cte_shares import cte_shares
from perfkit.plans.times.processes import separate
from perfkit.plans.times.readers import Readers, is_cte
from perfkit.plans.times.shared_subplans import weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = ["Payment", "payments"]

_STARTUP = 0.98  # a reader is not done before what it reads has its first row
_ENOUGH = 0.98  # of the time, and of the blocks, that a plan took
_SLACK_MS = 0.001


class Payment(NamedTuple):
    """``share`` of what is below node ``plan`` was spent inside node ``payer``."""

    payer: int
    plan: int
    share: float


def payments(
    tree: Sequence[Node],
    inclusive: Sequence[float],
    own: Sequence[float],
    own_blocks: Sequence[float],
    shared: Mapping[int, list[int]] = MappingProxyType({}),
) -> list[Payment]:
    """Return who pays for every InitPlan, CTE and shared SubPlan of ``tree``.

    ``shared`` has the nodes that ran a SubPlan together
    (:mod:`perfkit.plans.times.shared_subplans`). ``own`` are the times and ``own_blocks`` the
    blocks of each node together with all of these that ran inside it. Nobody pays more than
    the time it has: shares of a plan add up to less than 1 where it ran after the root, or
    where times disagree.
    """
    plans = [node for node in tree if separate(node) and node.loops]
    if not plans and not shared:
        return []
    purse = _Purse(Readers(tree), inclusive, list(own), list(own_blocks))
    # Scalars first: what is left of a node's blocks then tells which CTE it read.
    scalars = [plan for plan in plans if not is_cte(plan)]
    return [
        *(pay for plan in purse.by_choice(scalars) for pay in purse.scalar(plan)),
        *(pay for plan, nodes in shared.items() for pay in purse.subplan(tree[plan], nodes)),
        *(pay for plan in plans if is_cte(plan) for pay in purse.cte(plan)),
    ]


class _Purse:
    """The time and the blocks that nodes have left to pay with."""

    def __init__(
        self,
        readers: Readers,
        inclusive: Sequence[float],
        room: list[float],
        blocks: list[float],
    ) -> None:
        self.readers = readers
        self.inclusive = inclusive
        self.room = room
        self.blocks = blocks
        self.payers: dict[int, list[int]] = {}  # of the plans that are paid for

    def by_choice(self, plans: Sequence[Node]) -> list[Node]:
        """Return the plans with fewer readers to choose from first, of these the longest."""
        return sorted(
            plans,
            key=lambda plan: (len(self.readers.of_scalar(plan)), -self.inclusive[plan.node_id]),
        )

    def scalar(self, plan: Node) -> list[Payment]:
        """Return the one payer of an InitPlan; more only where none has all the time."""
        owner, cost = plan.parent_id or 0, self.inclusive[plan.node_id]
        mentioning = [node for node in self.readers.of_scalar(plan) if _late_enough(node, plan)]
        payer = self._ablest(plan, mentioning)
        if payer is None and not self._able(owner, plan):
            payer = self._ablest(plan, self.readers.below_owner(plan))
        if payer is None and not self._able(owner, plan):
            payer = self._ablest(plan, self.readers.above_owner(plan))
        if payer is not None:
            return self._pay(plan, {payer: 1.0}, [owner])
        # The wait for stopping workers is counted here and at the owner once more.
        most = max((node.node_id for node in mentioning), key=self.room.__getitem__, default=owner)
        most = most if self.room[most] >= cost / 2 else owner
        return self._pay(plan, {most: 1.0}, [owner, *(node.node_id for node in mentioning)])

    def subplan(self, plan: Node, nodes: Sequence[int]) -> list[Payment]:
        """Return what each of ``nodes`` pays for a SubPlan that all of them ran."""
        return self._pay(plan, weights(self.readers.tree, plan.node_id, nodes), nodes)

    def cte(self, plan: Node) -> list[Payment]:
        """Return what each scan of a CTE pays; the owner comes last.

        A LIMIT above stops the workers below a CTE, and the server counts the wait for them
        in the owner, too.
        """
        scans = self.readers.of_cte(plan)
        shares = cte_shares(plan, scans, self.readers.tree, self.room, self.blocks)
        if plan.kind == "ModifyTable":
            return self._pay(plan, shares, [])
        owner = plan.parent_id or 0
        others = [*(node.node_id for node in scans), owner]
        return self._pay(plan, shares or {owner: 1.0}, others)

    def _ablest(self, plan: Node, nodes: Iterable[Node]) -> int | None:
        """Return the innermost node that can pay; instead of workers the Gather does.

        Nodes of another InitPlan come last, and never where that one waited for ``plan``'s payer.
        """
        cost, touched = self._least(plan)
        able = [
            (self.readers.behind_gather(node, plan), len(inside), -node.depth, node.node_id)
            for node in nodes
            if self._has(node.node_id, cost, touched)
            and plan.node_id not in (inside := self._waiting(node.node_id, plan))
        ]
        return min(able)[3] if able else None

    def _waiting(self, position: int, plan: Node) -> set[int]:
        """Return the InitPlans and CTEs beside ``plan`` that took longer by what ran here."""
        found: set[int] = set()
        asked = [position]
        while asked:
            around = self.readers.around(asked.pop(), plan.parent_id or 0) - found
            found |= around
            asked += [payer for one in around for payer in self.payers.get(one, [])]
        return found

    def _able(self, payer: int, plan: Node) -> bool:
        return self._has(payer, *self._least(plan))

    def _least(self, plan: Node) -> tuple[float, float]:
        """Return the time and the blocks that the payer of ``plan`` has at least."""
        cost, touched = self.inclusive[plan.node_id], touched_blocks(plan)
        return _ENOUGH * cost - _SLACK_MS, _ENOUGH * touched - 1

    def _has(self, payer: int, cost: float, touched: float) -> bool:
        return self.room[payer] >= cost and self.blocks[payer] >= touched

    def _pay(self, plan: Node, shares: dict[int, float], others: Sequence[int]) -> list[Payment]:
        cost, touched = self.inclusive[plan.node_id], touched_blocks(plan)
        paid = _bounded(shares, others, cost, self.room)
        self.payers[plan.node_id] = list(paid)
        for payer, share in paid.items():
            self.room[payer] -= share * cost
            self.blocks[payer] -= share * touched
        return [Payment(payer, plan.node_id, share) for payer, share in paid.items()]


def _late_enough(node: Node, plan: Node) -> bool:
    """Whether ``node`` took, over all its loops, at least until the first row of ``plan``.

    The time per loop says nothing: only the first of many loops waits.
    """
    finished, first = node.total_ms, plan.number("Actual Startup Time")
    return finished is None or first is None or finished >= _STARTUP * first


def _bounded(
    shares: dict[int, float], others: Sequence[int], cost: float, room: Sequence[float]
) -> dict[int, float]:
    """Let nobody pay more than the time it has; of ``others`` the first that have time do."""
    if not cost:
        return shares
    able = {payer: max(room[payer], 0.0) / cost for payer in (*shares, *others)}
    paid = {payer: min(share, able[payer]) for payer, share in shares.items()}
    left = sum(shares.values()) - sum(paid.values())
    for payer in others:
        more = min(left, able[payer] - paid.get(payer, 0.0))
        if more > 0:
            paid[payer] = paid.get(payer, 0.0) + more
            left -= more
    return paid
