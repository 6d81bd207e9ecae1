"""A query plan: its nodes depth-first, with times attributed to the node that spent them.

Columns of ``Plan.nodes`` (``Plan.arrow`` holds the same as an Arrow table):

===================== =======================================================================
column                what it is
===================== =======================================================================
node_id, parent_id    position, depth first from 0; the root has no parent
depth                 0 for the root
node_type             PostgreSQL's, with "Parallel" in front where it is parallel aware
schema, relation      what is scanned or written; alias and index beside it
condition             index, hash, merge and join conditions and filters, joined by AND
plan_rows             estimated rows per loop
actual_rows           real rows per loop (whole numbers before PostgreSQL 18)
loops                 executions, summed over all processes; processes shared them
total_rows            actual_rows * loops
row_factor            actual_rows / plan_rows per loop, both at least 1
rows_removed          rows read and thrown away by conditions, over all loops
startup_ms            wall time to the first row, per loop
inclusive_ms          wall time of the node and everything below it
self_cost             the planner's cost without that of the children (no loops counted)
self_ms, self_share   wall time of the node alone; share of the execution time
hit_blocks ...        blocks of 8 kB of the node and everything below it: found in shared
                      buffers (hit), read into them, temporary ones read and written
self_hit_blocks ...   blocks of the node alone
never_executed        planned, but skipped at run time
===================== =======================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from perfkit.plans.self_time import Times
    from perfkit.results import Finding

__all__ = ["CONDITIONS", "Node", "Plan", "subtree"]

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """One plan: ``tree`` depth-first, ``document`` the rest of what EXPLAIN printed.

    ``system`` is postgresql, mysql or mariadb; ``lost`` says what a damaged text had and the
    plan lacks, a sentence each.
    """

    tree: Sequence[Node]
    document: Mapping[str, Any] = field(default_factory=dict)
    statement: str | None = None
    system: str = "postgresql"
    lost: tuple[str, ...] = ()

    @property
    def root(self) -> Node:
        """The topmost node."""
        return self.tree[0]

    @property
    def analyzed(self) -> bool:
        """Whether the statement was executed (EXPLAIN ANALYZE, auto_explain.log_analyze)."""
        return self.root.loops is not None

    @property
    def timed(self) -> bool:
        """Whether the nodes have times (not with TIMING OFF)."""
        return self.root.total_ms is not None

    @property
    def planning_ms(self) -> float | None:
        """Planning time, where the server printed it."""
        return _float(self.document.get("Planning Time"))

    @property
    def execution_ms(self) -> float | None:
        """Execution time; auto_explain does not print it: then the root's time."""
        printed = _float(self.document.get("Execution Time"))
        return self.root.total_ms if printed is None else printed

    @property
    def shape_id(self) -> str:
        """Id of the plan's shape: equal for plans that differ in values and counts only."""
        from perfkit.plans.shape import shape_id

        return shape_id(self)

    @cached_property
    def times(self) -> Times:
        """Wall time and blocks of every node alone."""
        from perfkit.plans.self_time import attribute

        return attribute(self.tree)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What makes it slow and what to change, worst first; nothing for a fast plan."""
        from perfkit.plans.rules import findings
        from perfkit.results import ranked

        return ranked(findings(self))

    @cached_property
    def arrow(self) -> pa.Table:
        """The nodes as an Arrow table (columns: see the module)."""
        from perfkit.plans.node_table import node_table

        return node_table(self)

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """The nodes as a DataFrame (columns: see the module)."""
        from perfkit.tables import to_pandas

        return to_pandas(self.arrow)

    def below(self, node: Node) -> Iterator[Node]:
        """Return ``node`` and everything below it, depth first."""
        return subtree(self.tree, node)

    def ancestors(self, node: Node) -> Iterator[Node]:
        """Yield the parents of ``node`` up to the root."""
        while node.parent_id is not None:
            node = self.tree[node.parent_id]
            yield node

    def __repr__(self) -> str:
        """Say what it is, not what is in it."""
        took = "" if self.execution_ms is None else f", {self.execution_ms:.3f} ms"
        return f"<Plan: {self.root.node_type}, {len(self.tree)} nodes{took}>"


def subtree(tree: Sequence[Node], node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, depth first."""
    yield node
    position = node.node_id + 1
    while position < len(tree) and tree[position].depth > node.depth:
        yield tree[position]
        position += 1


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
