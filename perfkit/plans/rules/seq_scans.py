"""Sequential scans that an index would spare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.advice import index_fix
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import Scan, wasteful_scans
from perfkit.results import Finding
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan

__all__ = ["RULES"]


#: From here on the scan is what the statement waits for.
CRITICAL_SHARE = 0.5


def slow_seq_scan(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find sequential scans on large tables that keep at most 10 % of the rows read."""
    return [_finding(plan, scan) for scan in wasteful_scans(plan)]


def _finding(plan: Plan, scan: Scan) -> Finding:
    table = scan.node.qualified or "a table"
    share = scan.self_ms / (plan.execution_ms or scan.self_ms)
    return Finding(
        rule="slow-seq-scan",
        severity="critical" if share >= CRITICAL_SHARE else "warning",
        title=f"The sequential scan on {table} takes {format_ms(scan.self_ms)} "
        f"({format_share(share)} of the time): it reads {format_count(scan.rows_read)} rows "
        f"to keep {format_count(scan.rows_kept)}",
        evidence=[
            {
                "node": scan.node.node_id,
                "table": table,
                "condition": scan.node.condition,
                "rows_read": scan.rows_read,
                "rows_kept": scan.rows_kept,
                "self_ms": scan.self_ms,
            }
        ],
        fix=index_fix(scan.candidate),
        saves_ms=scan.self_ms,
        saves_basis="per execution",
        effort="low" if scan.candidate else "medium",
        keys={"table": table},
    )


RULES = (
    Rule(
        name="slow-seq-scan",
        looks_at="sequential scans that throw away 90 % of what they read",
        find=slow_seq_scan,
    ),
)
