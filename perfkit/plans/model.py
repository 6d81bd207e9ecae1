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
hit_blocks ...        blocks of 8 kB of the node and everything below it, over all processes:
                      found in shared buffers (hit_blocks), read_blocks, dirtied_blocks,
                      written_blocks by this statement itself, and those of temporary files:
                      temp_read_blocks, temp_written_blocks; 0 blocks are 0, unknown is NA
self_hit_blocks ...   blocks of the node alone: self_read_blocks, self_dirtied_blocks,
                      self_written_blocks, self_temp_read_blocks, self_temp_written_blocks
io_ms, self_io_ms     wall time of reading and writing (track_io_timing), with and without
                      what is below; what the server summed is divided by the processes
workers               worker processes that were launched for a Gather
skew                  time of the slowest process / of the mean one (VERBOSE), at least 1
spilled_bytes         what the node alone wrote to disk for want of memory
never_executed        planned, but skipped at run time
timing_ok             False where the times of its parts exceed its own beyond rounding
===================== =======================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from perfkit.plans.node import CONDITIONS, Node, subtree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from perfkit.plans.self_time import Times
    from perfkit.plans.times.triggers import Trigger
    from perfkit.results import Finding, Result

__all__ = ["CONDITIONS", "Node", "Plan", "subtree"]


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
    def printed_ms(self) -> float | None:
        """Execution time as the server printed it ("Total runtime" up to 9.3), else None."""
        printed = self.document.get("Execution Time", self.document.get("Total Runtime"))
        return _float(printed)

    @property
    def execution_ms(self) -> float | None:
        """Execution time; auto_explain does not print it: then the root's time."""
        return self.root.total_ms if self.printed_ms is None else self.printed_ms

    @property
    def rest_ms(self) -> float | None:
        """Execution time that no node, AFTER trigger or serialization explains."""
        return dict(self.parts).get("rest") if self.printed_ms is not None else None

    @property
    def parts(self) -> list[tuple[str, float]]:
        """What the execution consists of, in ms; adds up to ``execution_ms``."""
        from perfkit.plans.times.parts import parts

        return parts(self, self.trigger_list)

    @cached_property
    def trigger_list(self) -> list[Trigger]:
        """The triggers that ran, one tuple each (fields: columns of ``triggers``)."""
        from perfkit.plans.times.parts import after_root_ms
        from perfkit.plans.times.triggers import triggers

        return triggers(self, after_root_ms(self))

    @property
    def triggers(self) -> pd.DataFrame:
        """The triggers: name, relation, constraint, calls, time_ms, before (NA: unknown).

        BEFORE triggers are part of the time of their ModifyTable node, others are not.
        """
        from perfkit.plans.node_table import trigger_table
        from perfkit.tables import to_pandas

        return to_pandas(trigger_table(self.trigger_list))

    @property
    def jit_ms(self) -> float | None:
        """Wall time of JIT compilation: contained in the nodes, never added to them."""
        from perfkit.plans.times.parts import jit_ms

        return jit_ms(self)

    @property
    def serialization_ms(self) -> float | None:
        """Time that the result took to be serialized (PostgreSQL 17+), outside of the root."""
        from perfkit.plans.times.parts import serialization_ms

        return serialization_ms(self)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the planner that differ from the default (EXPLAIN (SETTINGS))."""
        return _mapping(self.document.get("Settings"))

    @property
    def planning(self) -> Mapping[str, Any]:
        """What planning used: blocks, and memory from PostgreSQL 17 on."""
        return _mapping(self.document.get("Planning"))

    @property
    def serialization(self) -> Mapping[str, Any]:
        """What serialization printed: Time (ms), Output Volume (kB), Format, blocks."""
        return _mapping(self.document.get("Serialization"))

    @property
    def notes(self) -> list[str]:
        """What limits the times of single nodes, a sentence each."""
        from perfkit.plans.times.parts import notes

        return notes(self)

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

    @cached_property
    def result(self) -> Result:
        """The plan as a Result: what it says, findings, table, what limits the numbers."""
        from perfkit.plans.report import report

        return report(self)

    def to_text(self) -> str:
        """Return findings and nodes as plain text, safe for a terminal."""
        return self.result.to_text()

    def to_html(self) -> str:
        """Return findings and nodes as a script-free HTML fragment."""
        return self.result.to_html()

    def _ipython_display_(self) -> None:
        """Show findings and nodes, then the picture."""
        self.result._ipython_display_()

    def __str__(self) -> str:
        """Say what is in it, as plain text."""
        return self.to_text()

    def __repr__(self) -> str:
        """Say what it is, not what is in it."""
        took = "" if self.execution_ms is None else f", {self.execution_ms:.3f} ms"
        return f"<Plan: {self.root.node_type}, {len(self.tree)} nodes{took}>"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
