"""SubPlans that several nodes run, and EXPLAIN prints below the first of them alone.

The members of a partitioned table's Append have the same conditions, and share one subquery
where there is one in them: its loops and times are those of all members together. Then it
takes longer than the node it hangs on, and is to be paid by all who mention it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.times.counters import touched_blocks
from perfkit.plans.times.processes import separate
from perfkit.plans.times.readers import rows_read, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.node import Node

__all__ = ["shared_subplans", "weights"]

_ROUNDING_MS = 0.0005  # half of the last digit, per loop
_MORE = 0.01  # of the SubPlan's time: a smaller excess is the clock's
# "(SubPlan 1)", "(hashed SubPlan 1)", "EXISTS(SubPlan 1)"; "SubPlan expr_1" from 19 on
_MENTION = re.compile(r"SubPlan [^()\s]{1,100}")
_VISITS = 100_000  # of nodes, in search of who else ran a SubPlan


def shared_subplans(tree: Sequence[Node], wall: Sequence[float]) -> dict[int, list[int]]:
    """Return the nodes that ran each SubPlan which its owner alone had no time for.

    ``wall`` are the times of the nodes with all below them. Only SubPlans that others may have
    run are named; the owner comes first.
    """
    exceeding = [node for node in tree if _exceeds(tree, node, wall)]
    if not exceeding:
        return {}
    mentions = _mentions(tree)
    found = {plan.node_id: _runners(tree, plan, mentions) for plan in exceeding}
    return {plan: nodes for plan, nodes in found.items() if len(nodes) > 1}


def weights(tree: Sequence[Node], plan: int, nodes: Sequence[int]) -> dict[int, float]:
    """Return how often each of ``nodes`` ran the SubPlan, as shares.

    Once for each row that it read; a hashed one once in all.
    """
    name = _name(tree[plan])
    counts = {
        one: 1.0 if f"hashed {name}" in texts(tree[one]) else rows_read(tree[one]) for one in nodes
    }
    total = sum(counts.values())
    return {one: count / total for one, count in counts.items()} if total else {nodes[0]: 1.0}


def _name(plan: Node) -> str:
    """Return what a SubPlan is called in expressions, without ``(returns $1,$2)``."""
    found = _MENTION.match(plan.text("Subplan Name") or "")
    return found[0] if found else ""


def _exceeds(tree: Sequence[Node], plan: Node, wall: Sequence[float]) -> bool:
    """Whether ``plan`` has more time or blocks than its owner has for it."""
    if plan.relationship != "SubPlan" or not plan.loops or plan.parent_id is None:
        return False
    owner = tree[plan.parent_id]
    parts = [tree[child] for child in owner.children if not separate(tree[child])]
    excess = sum(wall[part.node_id] for part in parts) - wall[owner.node_id]
    slack = _ROUNDING_MS * (plan.loops + (owner.loops or 0.0))
    timed = excess > max(slack, _MORE * wall[plan.node_id])
    return timed or sum(touched_blocks(part) for part in parts) > touched_blocks(owner)


def _mentions(tree: Sequence[Node]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for node in tree:
        for name in set(_MENTION.findall(texts(node))):
            found.setdefault(name, []).append(node.node_id)
    return found


def _runners(tree: Sequence[Node], plan: Node, mentions: Mapping[str, list[int]]) -> list[int]:
    """Return the owner and the nodes after it that mention ``plan``.

    Those before the owner only hand its result on. Target lists are printed with VERBOSE only:
    without a mention the owner's siblings have the same as the owner.
    """
    owner = tree[plan.parent_id or 0]
    named = mentions.get(_name(plan), [])[:_VISITS]
    found = [one for one in named if one > plan.node_id]
    if not found and owner.parent_id is not None:
        siblings = tree[owner.parent_id].children
        found = [one for one in siblings if one > owner.node_id and _alike(tree[one], owner)]
    return [owner.node_id, *(one for one in found if tree[one].loops)]


def _alike(node: Node, owner: Node) -> bool:
    return node.relationship == owner.relationship == "Member" and node.relation is not None
