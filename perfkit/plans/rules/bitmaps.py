"""Bitmaps that did not fit into memory and so remember pages instead of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import own_ms, spent
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, rows_read, severity, table_keys, where
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES", "needed_mb"]

#: Share of the pages that are lossy.
SHARE = 0.10
#: Bytes of one page in an exact bitmap: an entry and two pointers (tbm_calculate_entries in
#: src/backend/nodes/tidbitmap.c), doubled for bitmaps that are combined before they are read.
ENTRY_BYTES = 64 * 2
_MB = 1024**2
_KINDS = ("Lossy", "Exact")


def lossy_bitmap(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find bitmap scans that matter and of whose pages at least 10 % are lossy."""
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.kind == "Bitmap Heap Scan" and _lossy(node) and matters(plan, node)
    ]


def needed_mb(pages: float) -> int:
    """Return the whole megabytes of work_mem that keep a bitmap of so many pages exact."""
    return int(pages * ENTRY_BYTES / _MB) + 1


def _pages(node: Node) -> tuple[float, float]:
    """Return lossy and all pages; PostgreSQL 18 gives those of workers apart."""
    workers = node.properties.get("Workers")
    parts = [node.properties, *(workers if isinstance(workers, list) else ())]
    known = [part for part in parts if isinstance(part, dict)]
    lossy, exact = (
        sum(float(p.get(f"{kind} Heap Blocks") or 0.0) for p in known) for kind in _KINDS
    )
    return lossy, lossy + exact


def _lossy(node: Node) -> bool:
    lossy, pages = _pages(node)
    rechecked = node.number("Rows Removed by Index Recheck") or 0.0
    return lossy > 0 and lossy >= SHARE * pages and rechecked > 0


def _finding(plan: Plan, node: Node) -> Finding:
    own, (lossy, pages) = own_ms(plan, node), _pages(node)
    rechecked = (node.number("Rows Removed by Index Recheck") or 0.0) * (node.loops or 0.0)
    share = rechecked / max(rows_read(node), 1.0)
    setting = f"work_mem = '{needed_mb(pages)}MB'"
    return Finding(
        rule="lossy-bitmap",
        severity=severity(plan, own),
        title=f"The {where(node)} takes {spent(plan, own)}: {format_count(lossy)} of "
        f"{format_count(pages)} pages did not fit into the bitmap row by row, so "
        f"{format_count(rechecked)} rows were read and thrown away",
        evidence=[evidence(plan, node, lossy_blocks=lossy, exact_blocks=pages - lossy)],
        fix=Fix(
            text=f"Try it with {setting} in one transaction; if it helps, set it for this "
            "statement or role only.",
            snippet=f"SET LOCAL {setting};",
            language="sql",
            test=trial(plan, setting),
        ),
        saves_ms=own * min(share, 1.0),
        saves_basis="per execution",
        effort="low",
        confidence="high",
        reference="PostgreSQL documentation, Resource Consumption (work_mem)",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="lossy-bitmap",
        looks_at="bitmap scans whose bitmap did not fit into memory",
        find=lossy_bitmap,
    ),
)
