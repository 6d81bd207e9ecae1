"""Sorts that do not fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_bytes, format_ms

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

# Rows in memory take more room than on disk: quicksort needs about 2.5 times as much.
_MEMORY_PER_DISK = 2.5
_KB = 1024


def sort_spill(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find sorts that matter and wrote their rows to disk."""
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.kind == "Sort" and _disk_kb(node) and matters(plan, node)
    ]


def _disk_kb(node: Node) -> float:
    on_disk = node.text("Sort Space Type") == "Disk"
    return (node.number("Sort Space Used") or 0.0) if on_disk else 0.0


def _finding(plan: Plan, node: Node) -> Finding:
    disk = _disk_kb(node)
    own = plan.times.self_ms[node.node_id] or 0.0
    needed_mb = int(disk * _MEMORY_PER_DISK / _KB) + 1
    keys = ", ".join(str(key) for key in node.properties.get("Sort Key") or [])
    return Finding(
        rule="sort-spill",
        severity="warning",
        title=f"The sort by {keys} takes {format_ms(own)} and writes "
        f"{format_bytes(disk * _KB)} to disk",
        evidence=[
            {
                "node": node.node_id,
                "sort_key": keys,
                "method": node.text("Sort Method"),
                "disk_bytes": disk * _KB,
                "self_ms": own,
            }
        ],
        fix=Fix(
            text=f"Try it with work_mem = {needed_mb} MB in one transaction, compare, then set it "
            "for this statement or role only: every sort and hash of every connection may use it.",
            snippet=f"SET LOCAL work_mem = '{needed_mb}MB';",
            language="sql",
        ),
        effort="low",
    )


RULES = (Rule(name="sort-spill", looks_at="sorts that spill to disk", find=sort_spill),)
