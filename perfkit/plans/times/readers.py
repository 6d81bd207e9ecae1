"""Where the result of an InitPlan or a CTE is read: the nodes that may have run it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from perfkit.plans.times.processes import GATHERS, separate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = ["Readers", "ends", "execution_order", "is_cte", "rows_read", "texts"]

# Expressions contain ``$0`` up to PostgreSQL 16, ``(InitPlan 1).col1`` in 17 and 18 and
# ``(InitPlan expr_1).col1`` from 19 on; a longer number is another parameter.
_PARAMETER = re.compile(r"\$[0-9]+|\(InitPlan [^()]{1,100}\)")
_OLD_NAME = re.compile(r"InitPlan [^()]+ \(returns (?P<parameters>[^()]+)\)")
# Of nodes, in search of who paid: far more than plans need whose InitPlans have readers.
_VISITS, _VISITS_EACH = 100_000, 20
_MAX_TEXT = 100_000  # characters of one property that are looked at


def is_cte(plan: Node) -> bool:
    """Whether ``plan`` is the body of a CTE."""
    return (plan.text("Subplan Name") or "").startswith("CTE ")


def ends(tree: Sequence[Node]) -> list[int]:
    """Return for each node the position behind the last node below it."""
    found = [node.node_id + 1 for node in tree]
    for node in reversed(tree):
        if node.parent_id is not None:
            found[node.parent_id] = max(found[node.parent_id], found[node.node_id])
    return found


def _around(tree: Sequence[Node]) -> list[int | None]:
    """Return for each node the innermost InitPlan or CTE that it is part of."""
    found: list[int | None] = []
    for node in tree:
        above = None if node.parent_id is None else found[node.parent_id]
        found.append(node.node_id if separate(node) else above)
    return found


class Readers:
    """Where parameters and CTEs are mentioned, found in one pass over the tree."""

    def __init__(self, tree: Sequence[Node]) -> None:
        """Read the whole tree once."""
        self.tree = tree
        self.ends = ends(tree)
        self._scans = _cte_scans(tree, self.ends)
        self._mentions = _mentions(tree)
        self._around = _around(tree)
        self._found: dict[int, list[Node]] = {}
        self._budget = _VISITS + _VISITS_EACH * len(tree)

    def of_cte(self, plan: Node) -> list[Node]:
        """Return the executed CTE Scans of ``plan``; a WorkTable Scan is none."""
        return [node for node in self._scans.get(plan.node_id, []) if node.loops]

    def of_scalar(self, plan: Node) -> list[Node]:
        """Return the executed nodes below the owner that mention the result of ``plan``.

        Parameters are sent to workers when these are started: instead of a node below a
        Gather the Gather is named, and the node behind it, should workers not be used.
        """
        if plan.node_id not in self._found:
            found: dict[int, Node] = {}
            for node in self._mentioning(plan):
                gather = self._gather_above(node, plan)
                if gather is not None:
                    found[gather.node_id] = gather
                found.setdefault(node.node_id, node)
            self._found[plan.node_id] = list(found.values())
        return self._found[plan.node_id]

    def behind_gather(self, node: Node, plan: Node) -> bool:
        """Whether a Gather stands between ``node`` and the owner of ``plan``."""
        return self._gather_above(node, plan) is not None

    def below_owner(self, plan: Node) -> Iterator[Node]:
        """Yield the executed nodes from the owner of ``plan`` down that are not in ``plan``."""
        owner = plan.parent_id or 0
        behind = self.ends[owner] if self._affords(self.ends[owner] - owner) else owner
        for node in self.tree[owner:behind]:
            if node.loops and not self._inside(node, plan):
                yield node

    def above_owner(self, plan: Node) -> Iterator[Node]:
        """Yield the nodes above the owner, which start it again and compute its keys then.

        The keys of an index scan below a nested loop are computed in the time of the join.
        """
        node = self.tree[plan.parent_id or 0]
        while node.parent_id is not None and not separate(node):
            node = self.tree[node.parent_id]
            yield node

    def around(self, position: int, owner: int) -> set[int]:
        """Return the InitPlans and CTEs, up to those of ``owner``, that a node is part of."""
        found: set[int] = set()
        around = self._around[position]
        while around is not None and around > owner and self._affords(1):
            found.add(around)
            around = self._around[self.tree[around].parent_id or 0]
        return found

    def _mentioning(self, plan: Node) -> list[Node]:
        name = plan.text("Subplan Name") or ""
        old = _OLD_NAME.fullmatch(name)
        mentions = old["parameters"].split(",") if old else [f"({name})"]
        owner = plan.parent_id or 0
        named = [self._mentions.get(mention.strip(), []) for mention in mentions]
        return [
            node
            for nodes in named
            if self._affords(len(nodes))
            for node in nodes
            if owner <= node.node_id < self.ends[owner]
            and not self._inside(node, plan)
            and node.loops
        ]

    def _affords(self, visits: int) -> bool:
        """Whether ``visits`` more nodes may be looked at: the work is linear in the plan."""
        self._budget -= visits
        return self._budget >= 0

    def _inside(self, node: Node, plan: Node) -> bool:
        return plan.node_id <= node.node_id < self.ends[plan.node_id]

    def _gather_above(self, node: Node, plan: Node) -> Node | None:
        """Return the Gather whose workers run ``node``, up to the owner of ``plan``."""
        found = None
        while node.node_id != plan.parent_id and node.parent_id is not None:
            if separate(node):  # an InitPlan of a Gather runs in the leader
                return found
            node = self.tree[node.parent_id]
            found = node if node.kind in GATHERS else found
        return found


def _mentions(tree: Sequence[Node]) -> Mapping[str, list[Node]]:
    """Return the nodes by the parameters that their properties contain."""
    found: dict[str, list[Node]] = defaultdict(list)
    if not any(separate(node) for node in tree):
        return found
    for node in tree:
        for mention in dict.fromkeys(_PARAMETER.findall(texts(node))):
            found[mention].append(node)
    return found


def texts(node: Node) -> str:
    """Return the expressions of ``node``, a line each; not the name it has itself."""
    parts: list[str] = []
    for key, value in node.properties.items():
        if isinstance(value, str) and key != "Subplan Name":
            parts.append(value[:_MAX_TEXT])
        elif isinstance(value, list):
            parts += [one[:_MAX_TEXT] for one in value if isinstance(one, str)]
    return "\n".join(parts)


def _cte_scans(tree: Sequence[Node], behind: Sequence[int]) -> Mapping[int, list[Node]]:
    """Return the CTE Scans of each CTE; of equal names the nearest one above is meant.

    A CTE is known to what follows it below its owner, not to its own body: there the name
    means the one further out.
    """
    meant: dict[int, Node] = {}
    known: dict[str, list[Node]] = defaultdict(list)
    for node in tree:
        if separate(node) and is_cte(node):
            name = node.text("Subplan Name") or ""
            known[name].append(node)
            owner = tree[node.parent_id or 0]
            if name == _wanted(owner):
                meant[owner.node_id] = node
        wanted = _wanted(node)
        if wanted is not None:
            plan = _meant(node, known[wanted], behind)
            meant |= {} if plan is None else {node.node_id: plan}
    found: dict[int, list[Node]] = defaultdict(list)
    for scan, plan in meant.items():
        found[plan.node_id].append(tree[scan])
    return found


def _wanted(node: Node) -> str | None:
    """Return how the CTE that ``node`` scans is called."""
    return f"CTE {node.text('CTE Name')}" if node.kind == "CTE Scan" else None


def _meant(scan: Node, known: list[Node], behind: Sequence[int]) -> Node | None:
    while known and scan.node_id >= behind[known[-1].parent_id or 0]:
        known.pop()
    outside = (plan for plan in reversed(known) if scan.node_id >= behind[plan.node_id])
    return next(outside, None)


def execution_order(tree: Sequence[Node], node: Node) -> tuple[int, ...]:
    """Return a key that sorts nodes by when they are first asked for a row.

    A hash is built before its join reads the other side, and the first row of the outer side
    of a nested loop is followed by all of the inner side; else children run from the first.
    """
    steps: list[int] = []
    while node.parent_id is not None:
        parent = tree[node.parent_id]
        early = node.kind == "Hash" or (
            parent.kind == "Nested Loop" and node.relationship == "Inner"
        )
        steps.append(-1 if early else node.node_id)
        node = parent
    return tuple(reversed(steps))


def rows_read(node: Node) -> float:
    """Return the rows that ``node`` looked at, over all its loops and processes."""
    once = (node.number("Actual Rows") or 0.0) + (node.removed_per_loop() or 0.0)
    return once * (node.loops or 0.0)
