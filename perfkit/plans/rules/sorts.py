"""Sorts that do not fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.rules.measures import evidence, own_ms, spent
from perfkit.plans.rules.memory import KB, memory_fix, spill_ms, spill_severity, trivial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import matters
from perfkit.results import Finding
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

# Rows in memory take more room than on disk. Measured on PostgreSQL 18: 0.5 times (one text
# column with equal values) to 2.9 times (two short columns).
_MEMORY_PER_DISK = 3.0
_GROUPS = ("Full-sort Groups", "Pre-sorted Groups")  # of an Incremental Sort


def sort_spill(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find sorts that matter and wrote their rows to disk."""
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.kind in {"Sort", "Incremental Sort"}
        and _disk_kb(node)
        and matters(plan, node)
        and not trivial(plan, node)
    ]


def _disk_kb(node: Node) -> list[float]:
    """Return what every process that sorted on disk wrote there."""
    found = [_written(part) for part in _processes(node)]
    return [kb for kb in found if kb]


def _processes(node: Node) -> Iterator[dict[str, Any]]:
    """Yield the sort's own properties and those of each worker."""
    yield dict(node.properties)
    workers = node.properties.get("Workers")
    yield from (w for w in workers if isinstance(w, dict)) if isinstance(workers, list) else ()


def _written(part: dict[str, Any]) -> float:
    on_disk = part.get("Sort Space Type") == "Disk"
    groups = [g for name in _GROUPS if isinstance(g := part.get(name), dict)]
    disks = [d for g in groups if isinstance(d := g.get("Sort Space Disk"), dict)]
    peaks = [float(disk.get("Peak Sort Space Used") or 0.0) for disk in disks]
    return max([float(part.get("Sort Space Used") or 0.0) if on_disk else 0.0, *peaks])


def _finding(plan: Plan, node: Node) -> Finding:
    disks = _disk_kb(node)
    keys = ", ".join(str(key) for key in node.properties.get("Sort Key") or [])
    saved = spill_ms(plan, node)
    return Finding(
        rule="sort-spill",
        severity=spill_severity(plan, saved),
        title=f"The sort by {_short(keys)} takes {spent(plan, own_ms(plan, node))} and writes "
        f"{format_bytes(sum(disks) * KB)} to disk",
        evidence=[
            evidence(
                plan,
                node,
                sort_key=keys,
                method=node.text("Sort Method"),
                disk_bytes=sum(disks) * KB,
                processes_on_disk=len(disks),
            )
        ],
        # With more memory one process may sort alone what several did: enough for all.
        fix=memory_fix(
            plan, node, sum(disks) * KB * _MEMORY_PER_DISK, hashed=False, otherwise=_OTHERWISE
        ),
        saves_ms=saved,
        saves_basis="per execution",
        effort="low",
        confidence="medium",
        reference="PostgreSQL documentation, Resource Consumption: work_mem",
    )


_OTHERWISE = (
    "Fewer or narrower columns make it smaller; an index on the sort keys spares it where only "
    "the first rows are wanted."
)
_LONGEST_KEY = 80


def _short(keys: str) -> str:
    if not keys:
        return "unknown keys"
    return keys if len(keys) <= _LONGEST_KEY else f"{format_count(len(keys.split(', ')))} keys"


RULES = (Rule(name="sort-spill", looks_at="sorts that spill to disk", find=sort_spill),)
