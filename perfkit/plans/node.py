"""One node of a query plan, and the nodes below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CONDITIONS", "Node", "subtree"]

#: The properties that hold conditions, in the order a node evaluates them.
CONDITIONS = ("Index Cond", "Recheck Cond", "TID Cond", "Hash Cond", "Merge Cond", "Join Filter")
_FILTERS = ("Filter", "One-Time Filter")


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """One node; ``properties`` are the server's own, without the child plans."""

    node_id: int
    parent_id: int | None
    depth: int
    properties: Mapping[str, Any]
    children: list[int] = field(default_factory=list)

    def number(self, key: str) -> float | None:
        """Return a numeric property, None when the plan does not have it."""
        value = self.properties.get(key)
        return None if value is None else float(value)

    def text(self, key: str) -> str | None:
        """Return a text property, None when the plan does not have it."""
        value = self.properties.get(key)
        return None if value is None else str(value)

    @property
    def kind(self) -> str:
        """The server's node type, such as ``Seq Scan``."""
        return str(self.properties["Node Type"])

    @property
    def node_type(self) -> str:
        """The node type as people read it in text plans: ``Parallel Seq Scan``."""
        return f"Parallel {self.kind}" if self.properties.get("Parallel Aware") else self.kind

    @property
    def relationship(self) -> str:
        """How it hangs on its parent: Outer, Inner, Member, SubPlan, InitPlan, ..."""
        return self.text("Parent Relationship") or ""

    @property
    def loops(self) -> float | None:
        """Executions over all processes; 0 = never executed, None = EXPLAIN without ANALYZE."""
        return self.number("Actual Loops")

    @property
    def total_ms(self) -> float | None:
        """Time over all loops and processes; None without timing."""
        once = self.number("Actual Total Time")
        if self.loops == 0:
            return 0.0
        return None if once is None or self.loops is None else once * self.loops

    @property
    def relation(self) -> str | None:
        """Table name without its schema."""
        return self.text("Relation Name")

    @property
    def qualified(self) -> str | None:
        """Table name with its schema where the plan says it (VERBOSE)."""
        schema = self.text("Schema")
        return f"{schema}.{self.relation}" if schema and self.relation else self.relation

    @property
    def condition(self) -> str | None:
        """All conditions of the node, joined by AND."""
        found = [self.text(key) for key in (*CONDITIONS, *_FILTERS)]
        return " AND ".join(text for text in dict.fromkeys(found) if text) or None

    @property
    def row_factor(self) -> float | None:
        """Real rows / estimated rows per loop, both at least 1; None if not executed."""
        actual, planned = self.number("Actual Rows"), self.number("Plan Rows")
        if actual is None or planned is None or not self.loops:
            return None
        return max(actual, 1.0) / max(planned, 1.0)

    def removed_per_loop(self) -> float | None:
        """Rows thrown away by conditions, per loop; None without ANALYZE."""
        if not self.loops:
            return None
        keys = ("Filter", "Join Filter", "Index Recheck")
        return sum(self.number(f"Rows Removed by {key}") or 0.0 for key in keys)


def subtree(tree: Sequence[Node], node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, depth first."""
    yield node
    position = node.node_id + 1
    while position < len(tree) and tree[position].depth > node.depth:
        yield tree[position]
        position += 1
