"""What measuring costs: EXPLAIN ANALYZE reads the clock twice for every row of every node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import evidence, large, own_ms, total_rows
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Nodes that hand rows on without looking at them: 0.05 µs per row with a quick clock,
#: measured. From here on it is the clock that takes the time.
SLOW_CLOCK_MS = 0.0005
#: Rows per loop from which on such a measurement is no accident.
MANY_ROWS = 10_000
#: Share of the execution from which on times of nodes mislead.
OVERHEAD_SHARE = 0.5
_HANDING_ON = {"Limit", "Append"}


def timing_overhead(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find plans whose times consist mostly of reading a slow clock."""
    measured = [(_per_row_ms(plan, node), node) for node in plan.tree if _hands_on(node)]
    if not measured:
        return []
    per_row, node = min(measured, key=lambda pair: pair[0])
    calls = sum(total_rows(one) / plan.times.processes[one.node_id] for one in plan.tree)
    whole = plan.execution_ms or 0.0
    overhead = min(per_row * calls, whole)
    if per_row < SLOW_CLOCK_MS or not large(plan, overhead, OVERHEAD_SHARE):
        return []
    return [_finding(plan, node, per_row, calls, overhead)]


def _hands_on(node: Node) -> bool:
    """Whether ``node`` only hands on many rows per loop: times are rounded once per loop."""
    return node.kind in _HANDING_ON and (node.number("Actual Rows") or 0.0) >= MANY_ROWS


def _per_row_ms(plan: Plan, node: Node) -> float:
    processes = max(plan.times.processes[node.node_id], 1.0)
    return own_ms(plan, node) * processes / max(total_rows(node), 1.0)


def _finding(plan: Plan, node: Node, per_row: float, calls: float, overhead: float) -> Finding:
    whole = max(plan.execution_ms or overhead, overhead)
    return Finding(
        rule="timing-overhead",
        severity="info",
        title=f"Up to {format_share(overhead / whole)} of {format_ms(whole)} may be the clock: a "
        f"{node.kind}, which only hands rows on, takes {format_ms(per_row)} per row",
        evidence=[evidence(plan, node, calls=calls, ms_per_row=per_row, overhead_ms=overhead)],
        fix=Fix(
            text=f"The nodes returned {format_count(calls)} rows, the clock was read twice for "
            "each. Without EXPLAIN the statement is faster; compare with TIMING OFF. "
            "pg_test_timing measures the clock (clock source tsc is quick).",
            test=trial(plan, options="ANALYZE, TIMING OFF"),
        ),
        saves_basis="per execution",
        effort="low",
        confidence="medium",
        reference="PostgreSQL documentation, pg_test_timing",
    )


RULES = (
    Rule(
        name="timing-overhead",
        looks_at="times that are mostly the clock's",
        find=timing_overhead,
    ),
)
