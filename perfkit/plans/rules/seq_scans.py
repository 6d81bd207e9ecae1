"""Sequential scans that an index would spare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.rules.indexes import Proposals
from perfkit.plans.rules.measures import spent
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, severity, table_keys
from perfkit.plans.scans import wasteful_groups
from perfkit.results import Finding
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan
    from perfkit.plans.scans import Scan

__all__ = ["RULES", "spared_ms"]

#: A row found through an index costs about as much as four rows of a scan: the ratio of the
#: defaults of random_page_cost and seq_page_cost.
ROW_THROUGH_INDEX = 4.0
# (NOT (SubPlan 1)): the condition is the subquery, no index on this table can serve it.
_ONLY_SUBPLAN = re.compile(r"\(?(?:NOT )?\(?(?:hashed |alternatives: )?SubPlan [^()]*\)?\)?")


def slow_seq_scan(plan: Plan, facts: Facts) -> list[Finding]:
    """Find sequential scans on large tables that keep at most 10 % of the rows read."""
    proposals = Proposals(plan, facts)
    return [
        _finding(proposals, scans)
        for scans in wasteful_groups(plan)
        if not _ONLY_SUBPLAN.fullmatch(scans[0].node.text("Filter") or "")
    ]


def spared_ms(own_ms: float, read: float, kept: float) -> float:
    """Return what an index would spare of a scan that took ``own_ms``: an estimate."""
    return own_ms * max(1.0 - ROW_THROUGH_INDEX * kept / max(read, 1.0), 0.0)


@dataclass(frozen=True, kw_only=True)
class _Sum:
    own_ms: float
    read: float
    kept: float


def _sum(scans: list[Scan]) -> _Sum:
    return _Sum(
        own_ms=sum(scan.self_ms for scan in scans),
        read=sum(scan.rows_read for scan in scans),
        kept=sum(scan.rows_kept for scan in scans),
    )


def _finding(proposals: Proposals, scans: list[Scan]) -> Finding:
    plan = proposals.plan
    whole, first = _sum(scans), max(scans, key=lambda scan: scan.self_ms)
    found, fix = proposals.fix(first.node)
    return Finding(
        rule="slow-seq-scan",
        severity=severity(plan, whole.own_ms),
        title=f"{_subject(first, len(scans))} {spent(plan, whole.own_ms)}: "
        f"{'it reads' if len(scans) == 1 else 'they read'} {format_count(whole.read)} rows "
        f"to keep {format_count(whole.kept)}",
        evidence=[evidence(plan, scan.node) for scan in scans],
        fix=fix,
        saves_ms=spared_ms(whole.own_ms, whole.read, whole.kept) if found else None,
        saves_basis="per execution",
        effort="low" if found else "medium",
        confidence="medium" if found else "low",
        reference="PostgreSQL documentation, Examining Index Usage",
        keys=table_keys(first.node),
    )


def _subject(scan: Scan, members: int) -> str:
    table = scan.node.qualified or "a table"
    if members == 1:
        return f"The sequential scan on {table} takes"
    return f"The sequential scans on {members} partitions such as {table} take"


RULES = (
    Rule(
        name="slow-seq-scan",
        looks_at="sequential scans that throw away 90 % of what they read",
        find=slow_seq_scan,
    ),
)
