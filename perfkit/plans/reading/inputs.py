"""How many inputs a node needs: what a plan that was cut off lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Node

__all__ = ["NEEDED", "lacking"]

#: Inputs of every kind of node that has a number of them of its own.
NEEDED = {
    **dict.fromkeys(("Hash Join", "Merge Join", "Nested Loop", "Recursive Union", "BitmapAnd",
                     "BitmapOr"), 2),
    **dict.fromkeys(("Limit", "Sort", "Incremental Sort", "Hash", "Materialize", "Memoize",
                     "Gather", "Gather Merge", "Unique", "Group", "Aggregate", "WindowAgg",
                     "SetOp", "LockRows", "Subquery Scan", "ProjectSet", "Bitmap Heap Scan",
                     "ModifyTable"), 1),
}  # fmt: skip
_APART = frozenset({"InitPlan", "SubPlan"})
_SAID = 20  # sentences; the others are counted


def lacking(tree: Sequence[Node]) -> tuple[str, ...]:
    """Say of every node of ``tree`` that has fewer inputs than its kind needs, how many."""
    found = [said for node in tree if (said := _lacks(tree, node))]
    if len(found) > _SAID:
        found[_SAID:] = [f"So do {len(found) - _SAID} more nodes."]
    return tuple(found)


def _lacks(tree: Sequence[Node], node: Node) -> str:
    needed = NEEDED.get(node.kind, 0)
    found = sum(tree[child].relationship not in _APART for child in node.children)
    if found >= needed:
        return ""
    which = "its input" if needed == 1 else f"{needed - found} of its {needed} inputs"
    return f"Node {node.node_id} ({node.node_type}) lacks {which}: the nodes below were cut off."
