"""What the server counted at a node: blocks, time spent on I/O, bytes written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.plans.model import Node

__all__ = [
    "BLOCKS",
    "BLOCK_BYTES",
    "IO_TIMES",
    "counts_blocks",
    "io_total_ms",
    "spilled_bytes",
    "touched_blocks",
]

BLOCK_BYTES = 8192
_KB = 1024

#: Column of the node table -> the server's counter. Sums over processes; never divided.
BLOCKS: Mapping[str, str] = {
    "hit_blocks": "Shared Hit Blocks",
    "read_blocks": "Shared Read Blocks",
    "dirtied_blocks": "Shared Dirtied Blocks",
    "written_blocks": "Shared Written Blocks",
    "temp_read_blocks": "Temp Read Blocks",
    "temp_written_blocks": "Temp Written Blocks",
}
_TOUCHED = ("Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks", "Local Read Blocks")
_COUNTED = (*BLOCKS.values(), *_TOUCHED)
#: With track_io_timing: one pair of fields in 9.2 to 16, from 15 on temporary files beside it,
#: from 17 on shared and local buffers apart.
IO_TIMES = tuple(
    f"{kind}I/O {way} Time"
    for kind in ("", "Shared ", "Local ", "Temp ")
    for way in ("Read", "Write")
)
_GROUPS = ("Full-sort Groups", "Pre-sorted Groups")


def counts_blocks(tree: Sequence[Node]) -> bool:
    """Whether the plan has blocks (BUFFERS); text leaves out those that are 0."""
    return any(key in node.properties for node in tree for key in _COUNTED)


def touched_blocks(node: Node) -> float:
    """Return the blocks of tables and indexes touched in ``node`` and below it.

    Temporary ones are left out: a scan of stored rows has its own.
    """
    return sum(node.number(key) or 0.0 for key in _TOUCHED)


def io_total_ms(node: Node) -> float | None:
    """Return the time spent on I/O in ``node`` and below it, summed over processes.

    None where the plan does not say (no BUFFERS; in text no I/O at all, or not timed).
    """
    found = [_number(node.properties.get(key)) for key in IO_TIMES]
    known = [value for value in found if value is not None]
    return sum(known) if known else None


def spilled_bytes(node: Node, self_temp_written: int | None) -> float | None:
    """Return what ``node`` itself wrote to disk for want of memory, over all its processes.

    Sorts, hashed aggregates and (from PostgreSQL 18 on) tuple stores name their disk space;
    of others the temporary blocks that they wrote themselves count. A hash without BUFFERS
    is estimated: every batch but the first was as large as the largest one in memory.
    None where the plan tells nothing.
    """
    named = [size for part in _processes(node) for size in _named(part)]
    if named:
        return sum(named)
    if self_temp_written is not None:
        return float(self_temp_written * BLOCK_BYTES)
    batches, peak = node.number("Hash Batches"), node.number("Peak Memory Usage")
    if node.kind != "Hash" or batches is None or peak is None:
        return None
    return max(batches - 1, 0.0) * peak * _KB


def _processes(node: Node) -> Iterator[Mapping[str, Any]]:
    """Yield what the leader and every worker told of themselves."""
    yield node.properties
    workers = node.properties.get("Workers")
    for worker in workers if isinstance(workers, list) else ():
        if isinstance(worker, dict):
            yield worker


def _named(part: Mapping[str, Any]) -> Iterator[float]:
    """Yield the disk space, in bytes, that one process named; 0 for work done in memory."""
    sizes = (
        (part.get("Sort Space Used"), part.get("Sort Space Type")),
        (part.get("Maximum Storage"), part.get("Storage")),
    )
    for used, where in sizes:
        if (size := _number(used)) is not None and where is not None:
            yield size * _KB if where == "Disk" else 0.0
    if (size := _number(part.get("Disk Usage"))) is not None:
        yield size * _KB
    for name in _GROUPS:
        yield from _incremental(part.get(name))


def _incremental(groups: Any) -> Iterator[float]:
    """Yield the disk space of an Incremental Sort's groups, one after the other."""
    space = groups.get("Sort Space Disk") if isinstance(groups, dict) else None
    if isinstance(space, dict):
        count = _number(groups.get("Group Count")) or 0.0
        yield count * (_number(space.get("Average Sort Space Used")) or 0.0) * _KB


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else None
