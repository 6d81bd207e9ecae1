"""What makes two plans the same way to do it, whatever the values and the times."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Node, Plan

__all__ = ["shape_id"]

# No conditions: they hold literals. No estimates, counts or workers: they vary per run. No
# schema: only VERBOSE prints it, and EXPLAIN's plan is to meet the one in the log. What is
# usual stands on the right: text leaves it out, and versions differ in whether JSON names it.
_PROPERTIES = {
    "Node Type": "",
    "Operation": "Select",
    "Strategy": "Plain",
    "Partial Mode": "Simple",
    "Command": "",
    "Join Type": "Inner",
    "Scan Direction": "Forward",
    "Custom Plan Provider": "",
}
_READS = (
    "Relation Name", "Index Name", "CTE Name", "Function Name", "Table Function Name",
    "Tuplestore Name",
)  # fmt: skip
_SEPARATE = frozenset({"InitPlan", "SubPlan"})
_APPENDS = frozenset({"Append", "Merge Append"})
_SYNONYMS = {"NoMovement": "Forward", "Result Cache": "Memoize"}  # up to 16, and of 14 beta
_DIGITS = re.compile(r"[0-9]+")


def shape_id(plan: Plan) -> str:
    """Return 16 hexadecimal digits that plans of one shape share.

    The shape is the tree of node types with their relations, indexes, join types and
    strategies. TEXT and JSON, VERBOSE or not, analysed or not, with any number of workers
    launched, a plan has the same. Members of an Append that differ in the numbers of their
    names only (partitions) count once: a table that gets one each month keeps its plan, and
    so do values that need more of them. Whether workers are planned is part of the shape.
    """
    return hashlib.blake2b(_shapes(plan.tree)[0], digest_size=8).hexdigest()


def _shapes(tree: Sequence[Node]) -> list[bytes]:
    """Return the digest of what is at and below each node; children stand behind parents."""
    partitions = _below_append(tree)
    found = [b""] * len(tree)
    for node in reversed(tree):
        below = [found[child] for child in node.children]
        if node.kind in _APPENDS:
            below = [one for n, one in enumerate(below) if n == 0 or one != below[n - 1]]
        own = _described(node, numbered=not partitions[node.node_id])
        text = own.encode("utf-8", "surrogatepass")
        found[node.node_id] = hashlib.blake2b(b"\x1d".join([text, *below]), digest_size=16).digest()
    return found


def _below_append(tree: Sequence[Node]) -> list[bool]:
    """Return which nodes are members of an Append or below one, InitPlans and SubPlans aside."""
    found = [False] * len(tree)
    for node in tree:
        if node.parent_id is not None and node.relationship not in _SEPARATE:
            parent = tree[node.parent_id]
            found[node.node_id] = parent.kind in _APPENDS or found[parent.node_id]
    return found


def _described(node: Node, *, numbered: bool) -> str:
    values = [str(node.properties.get(key) or usual) for key, usual in _PROPERTIES.items()]
    names = (node.text(key) or "" for key in _READS)
    return "\x1f".join(
        [
            *(_SYNONYMS.get(value, value) for value in values),
            *(name if numbered else _DIGITS.sub("0", name) for name in names),
            node.relationship if node.relationship in _SEPARATE else "",
            "parallel" if node.properties.get("Parallel Aware") else "",
        ]
    )
