"""Who pays for an InitPlan or a CTE: they run lazily, inside the node that reads them first.

An InitPlan is paid once, by the innermost node that mentions its parameter and has the time
for it. A CTE is paid by its CTE Scans: by the only one, otherwise in proportion to the blocks
they touched (a CTE Scan touches none itself, so its blocks are the CTE's), otherwise to the
time they have. What runs before the workers start is paid by the Gather.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.plans.model import Node

__all__ = ["Payment", "payments"]

_STARTUP = 0.98  # a reader is not done before what it reads has its first row
_BLOCKS_AGREE = 0.10
_SLACK_MS = 0.001
# Expressions contain ``$0`` up to PostgreSQL 16, ``(InitPlan 1).col1`` from 17 on.
_PARAMETER = re.compile(r"\$\d+|\(InitPlan \d+\)")
_OLD_NAME = re.compile(r"InitPlan \d+ \(returns (?P<parameters>.+)\)")


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
) -> list[Payment]:
    """Return who pays for every InitPlan and CTE of ``tree``.

    ``own`` are the times and ``own_blocks`` the shared blocks of each node together with
    the InitPlans and CTEs that ran inside it.
    """
    readers = _Readers(tree)
    room, blocks = list(own), list(own_blocks)
    made: list[Payment] = []
    plans = [node for node in tree if node.relationship == "InitPlan" and node.loops]
    # Scalars first: what is left of a node's blocks then tells which CTE it read.
    for plan in sorted(plans, key=_is_cte):
        cost = inclusive[plan.node_id]
        for payer, share in readers.shares(plan, cost, room, blocks).items():
            room[payer] -= share * cost
            blocks[payer] -= share * _touched(plan)
            made.append(Payment(payer, plan.node_id, share))
    return made


def _is_cte(plan: Node) -> bool:
    return (plan.text("Subplan Name") or "").startswith("CTE ")


def _touched(plan: Node) -> float:
    return sum(plan.number(f"Shared {how} Blocks") or 0.0 for how in ("Hit", "Read"))


class _Readers:
    """Where parameters and CTEs are mentioned, found in one pass over the tree."""

    def __init__(self, tree: Sequence[Node]) -> None:
        self.tree = tree
        self.ends = _ends(tree)
        self.by_name: dict[str, list[Node]] = defaultdict(list)
        for node in tree:
            if node.kind == "CTE Scan":
                self.by_name[f"CTE {node.text('CTE Name')}"].append(node)
            texts = [value for key, value in node.properties.items() if key != "Subplan Name"]
            for mention in set(_PARAMETER.findall(json.dumps(texts))):
                self.by_name[mention].append(node)

    def shares(
        self, plan: Node, cost: float, room: Sequence[float], blocks: Sequence[float]
    ) -> dict[int, float]:
        """Return the share of each payer; the owner pays when there is no evidence."""
        name = plan.text("Subplan Name") or ""
        if _is_cte(plan):
            scans = [node for node in self._within(plan, [name]) if self._means(node, plan, name)]
            others = [*(node.node_id for node in scans), plan.parent_id or 0]
            found = _bounded(_cte_shares(plan, scans, room, blocks), others, cost, room)
        else:
            found = self._scalar(plan, name, cost, room)
        return found or {plan.parent_id or 0: 1.0}

    def _scalar(
        self, plan: Node, name: str, cost: float, room: Sequence[float]
    ) -> dict[int, float]:
        old = _OLD_NAME.fullmatch(name)
        mentions = old["parameters"].split(",") if old else [f"({name})"]
        payers = {self._outside_gather(node, plan) for node in self._within(plan, mentions)}
        late = [payer for payer in payers if _late_enough(self.tree[payer], plan)]
        able = [payer for payer in late if room[payer] + _SLACK_MS >= cost]
        if able:
            return {min(able, key=lambda payer: (-self.tree[payer].depth, payer)): 1.0}
        # The wait for stopping workers is counted here and at the owner once more.
        most = max(late, key=lambda payer: room[payer], default=None)
        if most is None or room[most] < cost / 2:
            return {}
        return _bounded({most: 1.0}, [plan.parent_id or 0], cost, room)

    def _within(self, plan: Node, names: Iterable[str]) -> list[Node]:
        """Return the executed readers below the owner of ``plan`` and not inside it."""
        owner = plan.parent_id or 0
        return [
            node
            for name in names
            for node in self.by_name[name.strip()]
            if owner <= node.node_id < self.ends[owner]
            and not plan.node_id <= node.node_id < self.ends[plan.node_id]
            and node.loops
        ]

    def _outside_gather(self, node: Node, plan: Node) -> int:
        """Return the Gather between the owner and ``node``: parameters are sent to workers."""
        payer = node
        while node.node_id != plan.parent_id and node.parent_id is not None:
            node = self.tree[node.parent_id]
            if node.kind in {"Gather", "Gather Merge"}:
                payer = node
        return payer.node_id

    def _means(self, node: Node, plan: Node, name: str) -> bool:
        """Whether ``name`` at ``node`` is ``plan``: of equal names the nearest one counts."""
        while node.parent_id is not None:
            node = self.tree[node.parent_id]
            for child in node.children:
                if self.tree[child].text("Subplan Name") == name:
                    return child == plan.node_id
        return False


def _ends(tree: Sequence[Node]) -> list[int]:
    """Return for each node the position behind the last node below it."""
    ends = [node.node_id + 1 for node in tree]
    for node in reversed(tree):
        if node.parent_id is not None:
            ends[node.parent_id] = max(ends[node.parent_id], ends[node.node_id])
    return ends


def _late_enough(node: Node, plan: Node) -> bool:
    finished = node.number("Actual Total Time")
    first = plan.number("Actual Startup Time")
    return finished is None or first is None or finished >= _STARTUP * first


def _cte_shares(
    plan: Node, scans: Sequence[Node], room: Sequence[float], blocks: Sequence[float]
) -> dict[int, float]:
    if len(scans) < 2:  # noqa: PLR2004 - nothing to share
        return {node.node_id: 1.0 for node in scans}
    by_blocks = _by_blocks(plan, scans, blocks)
    if by_blocks:
        return by_blocks
    able = [node for node in scans if _late_enough(node, plan)] or scans
    available = {node.node_id: max(room[node.node_id], 0.0) for node in able}
    total = sum(available.values())
    if not total:
        return {able[0].node_id: 1.0}
    return {payer: value / total for payer, value in available.items()}


def _bounded(
    shares: dict[int, float], others: Sequence[int], cost: float, room: Sequence[float]
) -> dict[int, float]:
    """Let nobody pay more than the time it has; of ``others`` the first that have time do.

    The owner comes last among them: a LIMIT above stops the workers below a CTE, and the
    server counts the wait for them in both.
    """
    if not cost:
        return shares
    able = {payer: max(room[payer], 0.0) / cost for payer in (*shares, *others)}
    paid = {payer: min(share, able[payer]) for payer, share in shares.items()}
    left = sum(shares.values()) - sum(paid.values())
    for payer in others:
        more = min(left, able[payer] - paid.get(payer, 0.0))
        paid[payer] = paid.get(payer, 0.0) + more
        left -= more
    return paid if left <= 0 else paid | {others[-1]: paid[others[-1]] + left}


def _by_blocks(plan: Node, scans: Sequence[Node], blocks: Sequence[float]) -> dict[int, float]:
    touched = _touched(plan)
    parts = {node.node_id: blocks[node.node_id] for node in scans}
    total = sum(parts.values())
    if touched < 1 or abs(total - touched) > _BLOCKS_AGREE * touched:
        return {}
    return {payer: value / total for payer, value in parts.items() if value}
