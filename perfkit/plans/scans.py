"""Sequential scans that read a large table to keep a small part of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit.plans.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.model import Node, Plan

__all__ = [
    "LARGE_BLOCKS",
    "LARGE_ROWS",
    "MATTERS_MS",
    "MATTERS_SHARE",
    "REMOVED_SHARE",
    "Scan",
    "executions",
    "matters",
    "matters_ms",
    "wasteful_groups",
    "wasteful_scans",
]

#: A node matters if it takes this share of the execution and this long; below, nobody waits.
MATTERS_SHARE, MATTERS_MS = 0.05, 5.0
#: Smaller tables are read faster than an index descended.
LARGE_ROWS, LARGE_BLOCKS = 10_000, 1000
#: A small table that is read again and again costs as much as a large one.
REPEATED_ROWS, REPEATED_PER_LOOP = 100_000, 500
#: Share of the rows read that must be thrown away before an index pays.
REMOVED_SHARE = 0.90
_APPENDS = {"Append", "Merge Append"}


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One sequential scan: rows over all loops and processes, time of one execution."""

    plan: Plan
    node: Node
    self_ms: float
    rows_read: float
    rows_kept: float

    @cached_property
    def candidate(self) -> Candidate | None:
        """The index that would narrow it, None if its filter has nothing to use."""
        return candidate(self.plan, self.node)

    @property
    def read_per_kept(self) -> float:
        """Rows read for each row kept (for at least one)."""
        return self.rows_read / max(self.rows_kept, 1.0)


def matters(plan: Plan, node: Node) -> bool:
    """Whether ``node`` takes at least 5 % of the execution and 5 ms of wall time."""
    return matters_ms(plan, plan.times.self_ms[node.node_id])


def matters_ms(plan: Plan, ms: float | None) -> bool:
    """Whether ``ms`` is at least 5 % of the execution and 5 ms of wall time."""
    whole = plan.execution_ms
    if ms is None or not whole:
        return False
    return ms >= MATTERS_MS and ms >= MATTERS_SHARE * whole


def executions(plan: Plan, node: Node) -> float:
    """Return how often ``node`` ran, all processes of one execution together."""
    return max((node.loops or 1.0) / plan.times.processes[node.node_id], 1.0)


def wasteful_scans(plan: Plan) -> list[Scan]:
    """Return the sequential scans that matter, on large tables, keeping at most 10 %."""
    found = (_discarding(plan, node) for node in plan.tree if node.kind == "Seq Scan")
    return [
        scan
        for scan in found
        if scan is not None and matters(plan, scan.node) and _large(plan, [scan])
    ]


def wasteful_groups(plan: Plan) -> list[list[Scan]]:
    """Return such scans, those of several partitions that matter together as one group."""
    groups = _members(plan)
    grouped = {scan.node.node_id for scans in groups for scan in scans}
    return groups + [[s] for s in wasteful_scans(plan) if s.node.node_id not in grouped]


def _members(plan: Plan) -> list[list[Scan]]:
    """Return the discarding scans below each Append that matter together."""
    groups = []
    for append in plan.tree:
        members = append.children if append.kind in _APPENDS else ()
        found = [_discarding(plan, plan.tree[child]) for child in members]
        scans = [scan for scan in found if scan is not None]
        together = sum(scan.self_ms for scan in scans)
        if len(scans) > 1 and matters_ms(plan, together) and _large(plan, scans):
            groups.append(scans)
    return groups


def _discarding(plan: Plan, node: Node) -> Scan | None:
    """Return a sequential scan that threw away at least 90 % of what it read."""
    loops, kept, removed = node.loops, node.number("Actual Rows"), node.removed_per_loop()
    own = plan.times.self_ms[node.node_id]
    if node.kind != "Seq Scan" or not loops or kept is None or not removed or own is None:
        return None
    if removed < REMOVED_SHARE * (kept + removed):
        return None
    return Scan(
        plan=plan,
        node=node,
        self_ms=own,
        rows_read=(kept + removed) * loops,
        rows_kept=kept * loops,
    )


def _large(plan: Plan, scans: Sequence[Scan]) -> bool:
    """Whether what one execution reads is large, or small and read very often."""
    rows = blocks = total = 0.0
    for scan in scans:
        times = executions(plan, scan.node)
        rows += scan.rows_read / times
        blocks += _blocks(plan, scan.node) / times
        total += scan.rows_read
    repeated = total >= REPEATED_ROWS and rows >= REPEATED_PER_LOOP
    return rows >= LARGE_ROWS or blocks >= LARGE_BLOCKS or repeated


def _blocks(plan: Plan, node: Node) -> float:
    own = plan.times.self_blocks
    return sum(own[name][node.node_id] or 0 for name in ("hit_blocks", "read_blocks"))
