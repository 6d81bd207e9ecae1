"""One cost, one finding: which rule has the last word where several explain a node's time.

Each finding names the nodes it is about in its evidence. Where two share a node, the one
that says more exactly what to change stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.results import Finding

__all__ = ["YIELDS", "without_subsumed"]

# Conditions that an index cannot serve as they are written.
_CONDITIONS = ("function-on-column", "implicit-cast", "leading-wildcard", "or-over-columns")
_SCANS = (
    *_CONDITIONS, "partition-pruning", "slow-seq-scan", "inefficient-index",
    "order-by-limit-wrong-index", "heap-fetches", "lossy-bitmap", "join-without-index",
)  # fmt: skip
_LOOPS = ("nl-misestimate", "correlated-subplan", "many-loops", "materialized-repeat")

#: Rule -> rules that explain the same node's time more exactly.
YIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_CONDITIONS, ("partition-pruning", "slow-function")),
    "slow-seq-scan": (*_CONDITIONS, "partition-pruning", "slow-function"),
    "inefficient-index": ("order-by-limit-wrong-index", *_CONDITIONS, "slow-function"),
    "top-n-without-index": (*_SCANS, "large-offset"),
    "join-filter": (*_LOOPS, "join-without-index"),
    "read-efficiency": (*_SCANS, *_LOOPS),
    "repeated-blocks": (*_SCANS, *_LOOPS, "join-filter", "read-efficiency"),
    "cache-miss": (
        *_SCANS, *_LOOPS, "join-filter", "top-n-without-index", "read-efficiency",
        "repeated-blocks", "large-offset",
    ),
    "stale-stats": ("nl-misestimate",),
    "correlated-columns": ("stale-stats",),
    # An index is looked up whatever was estimated; ANALYZE mends an estimate that is old.
    "row-estimate": (*_SCANS, *_LOOPS, "join-filter", "stale-stats"),
}  # fmt: skip


def without_subsumed(findings: Sequence[Finding]) -> list[Finding]:
    """Return ``findings`` without those whose node another rule explains more exactly."""
    by_node: dict[Any, set[str]] = {}
    for finding in findings:
        for node in _nodes(finding):
            by_node.setdefault(node, set()).add(finding.rule)
    return [finding for finding in findings if not _subsumed(finding, by_node)]


def _subsumed(finding: Finding, by_node: Mapping[Any, set[str]]) -> bool:
    better = YIELDS.get(finding.rule, ())
    return any(by_node[node].intersection(better) for node in _nodes(finding))


def _nodes(finding: Finding) -> list[Any]:
    return [row["node"] for row in finding.evidence if row.get("node") is not None]
