"""Caches of a nested loop's inner side (Memoize, PostgreSQL 14+) that do not pay or overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import evidence, inclusive_ms, large, own_ms, spent
from perfkit.plans.rules.memory import KB, memory_fix
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: A cache that answers less often than this is not worth its lookups.
LOW_HITS = 0.10
_COUNTERS = ("Cache Hits", "Cache Misses", "Cache Evictions", "Cache Overflows")
_REFERENCE = "PostgreSQL documentation, Planner Method Configuration: enable_memoize"


def memoize(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find Memoize nodes that hardly ever hit, or throw away what is asked for again."""
    found = (_small(plan, n) or _useless(plan, n) for n in plan.tree if n.kind == "Memoize")
    return [finding for finding in found if finding is not None]


def _counts(node: Node) -> dict[str, float]:
    """Return the counters over all processes: the leader's own and each worker's."""
    workers = node.properties.get("Workers")
    parts = [w for w in workers if isinstance(w, dict)] if isinstance(workers, list) else []
    return {
        name: sum(float(part.get(name) or 0.0) for part in (node.properties, *parts))
        for name in _COUNTERS
    }


def _useless(plan: Plan, node: Node) -> Finding | None:
    counts = _counts(node)
    hits, asked = counts["Cache Hits"], counts["Cache Hits"] + counts["Cache Misses"]
    if not asked or hits >= LOW_HITS * asked or not matters(plan, node):
        return None
    own = own_ms(plan, node)
    return Finding(
        rule="memoize",
        severity="info",
        title=f"The cache of a nested loop (Memoize) takes {spent(plan, own)} and answers "
        f"{format_count(hits)} of {format_count(asked)} lookups ({format_share(hits / asked)})",
        evidence=[evidence(plan, node, **_row(counts), cache_key=node.text("Cache Key"))],
        fix=Fix(
            text="The planner expected fewer different keys: refresh the statistics of the table "
            "that the keys come from, or raise the column's n_distinct.",
            test=trial(plan, "enable_memoize = off"),
        ),
        saves_ms=own,
        saves_basis="per execution, at most",
        effort="low",
        reference=_REFERENCE,
    )


def _small(plan: Plan, node: Node) -> Finding | None:
    """Find a cache that lost entries while what it spares takes a quarter of the time."""
    counts = _counts(node)
    evicted, misses = counts["Cache Evictions"] + counts["Cache Overflows"], counts["Cache Misses"]
    below = sum(inclusive_ms(plan, plan.tree[child]) for child in node.children)
    # An entry that was thrown away can have caused one lookup at most.
    saved = below * min(evicted / misses, 1.0) if misses else 0.0
    if not evicted or not large(plan, saved):
        return None
    peak = (node.number("Peak Memory Usage") or 0.0) * KB
    return Finding(
        rule="memoize",
        severity="warning",
        title=f"The cache of a nested loop (Memoize) is too small: {format_count(evicted)} entries "
        f"were thrown away, the lookups below take {spent(plan, below)}",
        evidence=[
            evidence(plan, node, **_row(counts), cache_key=node.text("Cache Key"), peak_bytes=peak)
        ],
        # All misses together filled what was kept and what was thrown away.
        fix=memory_fix(
            plan,
            node,
            peak * misses / max(misses - evicted, 1.0),
            hashed=True,
            otherwise="An order by the cache key on the outer side makes a small cache enough.",
        ),
        saves_ms=saved,
        saves_basis="per execution, at most",
        effort="low",
        reference=_REFERENCE,
    )


def _row(counts: dict[str, float]) -> dict[str, float]:
    return {name.lower().replace(" ", "_"): value for name, value in counts.items()}


RULES = (
    Rule(
        name="memoize",
        looks_at="caches of nested loops that do not hit or are too small",
        find=memoize,
    ),
)
