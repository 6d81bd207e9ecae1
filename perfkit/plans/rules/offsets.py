"""Pages far behind the first: rows that are produced only to be skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import inclusive_ms, spent, total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, severity
from perfkit.plans.scans import matters_ms
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Rows read for each row returned, and how many at least.
PER_RETURNED, AT_LEAST = 10.0, 1000
_KEYSET = """\
-- instead of OFFSET: continue behind the last row of the page before
SELECT ... WHERE (created_at, id) < (:last_created_at, :last_id)
ORDER BY created_at DESC, id DESC LIMIT 20;"""


def large_offset(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find Limits that skip at least 1,000 rows and 10 for each one they return."""
    return [
        _finding(plan, node)
        for node in plan.tree
        if node.kind == "Limit" and _skips(plan, node) and matters_ms(plan, _skipped_ms(plan, node))
    ]


def _child(plan: Plan, limit: Node) -> Node | None:
    own = [plan.tree[child] for child in limit.children]
    return next((node for node in own if node.relationship not in {"InitPlan", "SubPlan"}), None)


def _skipped(plan: Plan, limit: Node) -> float:
    """Return the rows that came in and did not go out: a Limit asks for none it does not need."""
    child = _child(plan, limit)
    return 0.0 if child is None else total_rows(child) - total_rows(limit)


def _skips(plan: Plan, limit: Node) -> bool:
    skipped = _skipped(plan, limit)
    return skipped >= AT_LEAST and skipped >= (PER_RETURNED - 1) * total_rows(limit)


def _skipped_ms(plan: Plan, limit: Node) -> float:
    """Return the time between the first row and the last, as far as it went into skipped ones.

    What comes before the first row (a sort) has to be done for any page.
    """
    child = _child(plan, limit)
    if child is None:
        return 0.0
    whole, first = child.number("Actual Total Time"), child.number("Actual Startup Time")
    if not whole or first is None:
        return 0.0
    share = _skipped(plan, limit) / max(total_rows(child), 1.0)
    return inclusive_ms(plan, child) * (1 - min(first / whole, 1.0)) * share


def _finding(plan: Plan, limit: Node) -> Finding:
    child, cost = _child(plan, limit) or limit, _skipped_ms(plan, limit)
    skipped = _skipped(plan, limit)
    return Finding(
        rule="large-offset",
        severity=severity(plan, cost),
        title=f"OFFSET skips {format_count(skipped)} rows to return "
        f"{format_count(total_rows(limit))}: {spent(plan, cost)}, and more on every further page",
        evidence=[
            evidence(plan, limit, rows_read=total_rows(child), rows_skipped=skipped),
            evidence(plan, child),
        ],
        fix=Fix(
            text="Ask for what follows the last row of the page before (keyset pagination): with "
            "an index on the columns of ORDER BY, made unique by the key, every page costs the "
            "same. The columns below stand for those of your ORDER BY.",
            snippet=_KEYSET,
            language="sql",
            test="-- the same statement without OFFSET: what is left is what a page has to cost",
        ),
        saves_ms=cost,
        saves_basis="per execution",
        effort="medium",
        confidence="high",
        reference="PostgreSQL documentation, LIMIT and OFFSET",
    )


RULES = (
    Rule(name="large-offset", looks_at="OFFSETs that skip rows by the thousand", find=large_offset),
)
