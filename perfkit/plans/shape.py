"""What makes two plans the same way to do it, whatever the values and the times."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.plans.model import Plan

__all__ = ["shape_id"]

# No conditions: they hold literals. No estimates, counts or workers: they vary per run. No
# schema: only VERBOSE prints it, and EXPLAIN's plan is to meet the one in the log.
_PROPERTIES = (
    "Node Type", "Parent Relationship", "Parallel Aware", "Operation", "Strategy", "Partial Mode",
    "Command", "Join Type", "Scan Direction", "Relation Name", "Index Name", "CTE Name",
    "Function Name",
)  # fmt: skip


def shape_id(plan: Plan) -> str:
    """Return 16 hexadecimal digits that plans of one shape share.

    The shape is the tree of node types with their relations, indexes, join types and
    strategies.
    """
    parts = (
        f"{node.depth} " + "\x1f".join(str(node.properties.get(key, "")) for key in _PROPERTIES)
        for node in plan.tree
    )
    text = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()
