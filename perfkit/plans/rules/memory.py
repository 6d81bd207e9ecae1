"""What a spill to disk costs and how much ``work_mem`` spares it, guarded by the server's size.

Every sort and every hash of every process may take ``work_mem`` (hashes times
``hash_mem_multiplier``), so a proposal counts the nodes that spill and their processes. The
memory of the server is not in a plan: ``effective_cache_size`` stands for it, 4 GB where the
plan does not say otherwise (its default). A quarter of that is what one statement may take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.plans.rules.measures import BLOCK
from perfkit.plans.rules.rerun import trial
from perfkit.results import Fix
from perfkit.units import format_bytes, parse_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.model import Node, Plan
    from perfkit.results import Severity

__all__ = [
    "KB",
    "memory_fix",
    "own_temp_blocks",
    "setting_bytes",
    "spill_ms",
    "spill_severity",
    "spilling",
    "trivial",
]

KB = 1024
_MB = 1024**2
_RAM = 4 * 1024**3  # default of effective_cache_size
_RAM_SHARE = 0.25
# Without I/O timing: written to and read from the page cache; a disk is slower.
_BYTES_PER_MS = 1_000_000
# Packing, merging and unpacking rows costs as much again as the I/O: 20 pairs of sorts, hashes
# and hashed aggregates in and out of memory, measured on PostgreSQL 18: 1.3 to 6 times.
_PER_IO_MS = 2.0
# What little memory saves is worth a word, not a warning; less than a megabyte is written to the
# page cache within a millisecond.
_WORTH, _NOTHING, _LITTLE_BYTES = 0.05, 0.01, 1024**2
_TEMP_TIMES = ("Temp I/O Read Time", "Temp I/O Write Time")


def setting_bytes(plan: Plan, name: str) -> int | None:
    """Return a memory setting that the plan prints (SETTINGS), None where it does not."""
    settings = plan.document.get("Settings")
    text = settings.get(name) if isinstance(settings, dict) else None
    try:
        return None if text is None else parse_bytes(str(text))
    except UsageError:
        return None


def own_temp_blocks(plan: Plan, *nodes: Node) -> int:
    """Return the temporary blocks that ``nodes`` themselves read and wrote."""
    columns = [plan.times.self_blocks[f"temp_{how}_blocks"] for how in ("read", "written")]
    return sum(column[node.node_id] or 0 for column in columns for node in nodes)


def spill_ms(plan: Plan, *nodes: Node) -> float | None:
    """Return what is saved when ``nodes`` stay in memory; None without BUFFERS.

    Never more than the nodes took themselves.
    """
    own = sum(plan.times.self_ms[node.node_id] or 0.0 for node in nodes)
    measured = sum(_own_io_ms(plan, node) for node in nodes) * _PER_IO_MS
    estimate = measured or own_temp_blocks(plan, *nodes) * BLOCK / _BYTES_PER_MS
    return min(own, estimate) if estimate else None


def spill_severity(plan: Plan, saved: float | None) -> Severity:
    """Return warning, and info where memory would save less than 5 % of the execution."""
    return "info" if _below(plan, saved, _WORTH) else "warning"


def trivial(plan: Plan, *nodes: Node) -> bool:
    """Whether ``nodes`` wrote less than 1 MB, and memory would save less than 1 % of the time."""
    few = own_temp_blocks(plan, *nodes) * BLOCK < _LITTLE_BYTES
    return few and _below(plan, spill_ms(plan, *nodes), _NOTHING)


def _below(plan: Plan, saved: float | None, share: float) -> bool:
    return saved is not None and saved < share * (plan.execution_ms or 0.0)


def spilling(node: Node) -> bool:
    """Whether a sort or a hash says that it did not fit into memory."""
    disk = node.text("Sort Space Type") == "Disk" or bool(node.number("Disk Usage"))
    return disk or (node.number("Hash Batches") or 0.0) > 1


def memory_fix(plan: Plan, node: Node, needed: float, *, hashed: bool, otherwise: str) -> Fix:
    """Return how to try ``node`` with ``needed`` bytes of memory, or why that is too much.

    ``otherwise`` says what to do instead of giving memory.
    """
    megabytes = int(needed / _multiplier(plan, hashed=hashed) / _MB) + 1
    whole = _whole_statement(plan, node, megabytes * _MB)
    allowed = _RAM_SHARE * (setting_bytes(plan, "effective_cache_size") or _RAM)
    if whole > allowed:
        return Fix(
            text=f"It would need work_mem = {megabytes} MB, {format_bytes(whole)} for the whole "
            f"statement: more than a quarter of the memory this plan lets assume "
            f"({format_bytes(allowed / _RAM_SHARE)}). {otherwise}",
            test=trial(plan, f"work_mem = '{megabytes}MB'"),
        )
    return Fix(
        text=f"Try it with work_mem = {megabytes} MB in one transaction, compare, then set it "
        "for this statement or role only: every sort and hash of every connection may take as "
        f"much (this statement up to {format_bytes(whole)}). {otherwise}",
        snippet=f"SET LOCAL work_mem = '{megabytes}MB';",
        language="sql",
        test=trial(plan, f"work_mem = '{megabytes}MB'"),
    )


def _multiplier(plan: Plan, *, hashed: bool) -> float:
    """Return ``hash_mem_multiplier``: 1 unless the plan says so (2 since PostgreSQL 15)."""
    settings = plan.document.get("Settings")
    text = settings.get("hash_mem_multiplier") if isinstance(settings, dict) else None
    try:
        return max(float(text or 1.0), 1.0) if hashed else 1.0
    except ValueError:
        return 1.0


def _whole_statement(plan: Plan, node: Node, work_mem: float) -> float:
    """Return what all nodes that spill may take together, ``node`` at least once."""
    found = {other.node_id: other for other in plan.tree if spilling(other)} | {node.node_id: node}
    return sum(_share(plan, other) * work_mem for other in _known(found.values()))


def _known(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.loops]


def _share(plan: Plan, node: Node) -> float:
    """Return how often a node takes ``work_mem``: once per process, hashes a multiple."""
    multiplier = _multiplier(plan, hashed=node.kind in {"Hash", "Aggregate"})
    return max(plan.times.processes[node.node_id], 1.0) * multiplier


def _own_io_ms(plan: Plan, node: Node) -> float:
    """Return the wall time of a node's own temporary I/O (track_io_timing, PostgreSQL 15+)."""
    children = [plan.tree[child] for child in node.children]
    below = sum(_io_ms(child) for child in children if child.relationship != "InitPlan")
    return max(_io_ms(node) - below, 0.0) / max(plan.times.processes[node.node_id], 1.0)


def _io_ms(node: Node) -> float:
    return sum(node.number(key) or 0.0 for key in _TEMP_TIMES)
