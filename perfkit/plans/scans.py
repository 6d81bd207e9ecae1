"""Sequential scans that read a large table to keep a small part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.candidates import Candidate, candidate

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["Scan", "matters", "wasteful_scans"]

#: A node matters if it takes this share of the execution and this long; below, nobody waits.
MATTERS_SHARE, MATTERS_MS = 0.05, 5.0
#: Smaller tables are read faster than an index descended.
LARGE_ROWS, LARGE_BLOCKS = 10_000, 1000
#: Share of the rows read that must be thrown away before an index pays.
REMOVED_SHARE = 0.90


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One sequential scan: rows over all loops and processes, time of one execution."""

    node: Node
    self_ms: float
    rows_read: float
    rows_kept: float
    candidate: Candidate | None

    @property
    def read_per_kept(self) -> float:
        """Rows read for each row kept (for at least one)."""
        return self.rows_read / max(self.rows_kept, 1.0)


def matters(plan: Plan, node: Node) -> bool:
    """Whether ``node`` takes at least 5 % of the execution and 5 ms of wall time."""
    own, whole = plan.times.self_ms[node.node_id], plan.execution_ms
    if own is None or not whole:
        return False
    return own >= MATTERS_MS and own >= MATTERS_SHARE * whole


def wasteful_scans(plan: Plan) -> list[Scan]:
    """Return the sequential scans that matter, on large tables, keeping at most 10 %."""
    found = (_scan(plan, node) for node in plan.tree if node.kind == "Seq Scan")
    return [scan for scan in found if scan is not None]


def _scan(plan: Plan, node: Node) -> Scan | None:
    loops, kept, removed = node.loops, node.number("Actual Rows"), node.removed_per_loop()
    if not loops or kept is None or not removed or not matters(plan, node):
        return None
    read = kept + removed
    if removed < REMOVED_SHARE * read or not _large(plan, node, read):
        return None
    return Scan(
        node=node,
        self_ms=plan.times.self_ms[node.node_id] or 0.0,
        rows_read=read * loops,
        rows_kept=kept * loops,
        candidate=candidate(plan, node),
    )


def _large(plan: Plan, node: Node, read_per_loop: float) -> bool:
    processes = plan.times.processes[node.node_id]
    executions = max((node.loops or 1.0) / processes, 1.0)
    blocks = sum(
        plan.times.self_blocks[name][node.node_id] or 0 for name in ("hit_blocks", "read_blocks")
    )
    return read_per_loop * processes >= LARGE_ROWS or blocks / executions >= LARGE_BLOCKS
