"""Sorts of many rows of which a LIMIT wants a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.conditions import sort_keys
from perfkit.plans.rules.indexes import Proposals
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, severity, table_keys
from perfkit.plans.scans import executions, matters_ms
from perfkit.results import Finding
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Rows sorted at least, and the largest share of them that anybody wants.
AT_LEAST, WANTED_SHARE = 10_000, 0.01
#: Of the rows of the sorted table, this share at least must come out of the joins above it:
#: else an index in the order of the LIMIT leads to many rows that find no partner.
JOINED_SHARE = 0.5
_ORDER_KEPT = {"Gather", "Gather Merge", "Result", "LockRows", "Subquery Scan"}
_OUTER_KEPT = {"Gather", "Result", "Nested Loop", "Hash Join", "Merge Join"}
_JOIN_TYPES = {"Inner", "Left", None}


def top_n_without_index(plan: Plan, facts: Facts) -> list[Finding]:
    """Find sorts of at least 10,000 rows of one table of which a LIMIT takes at most 1 %."""
    found, proposals = [], Proposals(plan, facts)
    for sort in plan.tree:
        scan = _sorted_scan(plan, sort) if _few_wanted(plan, sort) else None
        if scan is None or not matters_ms(plan, own_ms(plan, sort, scan)):
            continue
        # Whoever knows the table's indexes and has nothing to propose has seen the order there.
        if facts.of(scan) is None or proposals.of(scan) is not None:
            found.append(_finding(proposals, sort, scan))
    return found


def _few_wanted(plan: Plan, sort: Node) -> bool:
    if sort.kind != "Sort" or not sort.loops or not sort.children:
        return False
    rows = total_rows(plan.tree[sort.children[0]]) / executions(plan, sort)
    few = total_rows(sort) / executions(plan, sort) <= WANTED_SHARE * rows
    return rows >= AT_LEAST and few and _limited(plan, sort)


def _limited(plan: Plan, sort: Node) -> bool:
    for above in plan.ancestors(sort):
        if above.kind not in _ORDER_KEPT:
            return above.kind == "Limit"
    return False


def _sorted_scan(plan: Plan, sort: Node) -> Node | None:
    """Return the scan whose plain columns are sorted by, if an index could give their order."""
    node, rows = plan.tree[sort.children[0]], total_rows(plan.tree[sort.children[0]])
    while node.kind in _OUTER_KEPT and node.children:
        if node.text("Join Type") not in _JOIN_TYPES:
            return None
        node = plan.tree[node.children[0]]
    keys = sort_keys(sort.properties.get("Sort Key") or [], node.text("Alias"))
    joined = rows >= JOINED_SHARE * total_rows(node)
    return node if node.relation and keys and joined else None


def _wanted(plan: Plan, sort: Node) -> float:
    """Return the rows that the LIMIT took, OFFSET included; each worker sorts out as many."""
    child = sort
    for above in plan.ancestors(sort):
        if above.kind == "Limit":
            break
        child = above
    return total_rows(child) / executions(plan, child)


def _finding(proposals: Proposals, sort: Node, scan: Node) -> Finding:
    plan, found = proposals.plan, proposals.of(scan)
    own = own_ms(plan, sort, scan)
    keys = ", ".join(str(key) for key in sort.properties.get("Sort Key") or [])
    rows = total_rows(plan.tree[sort.children[0]])
    return Finding(
        rule="top-n-without-index",
        severity=severity(plan, own),
        title=f"Reading and sorting {format_count(rows)} rows of {scan.qualified} takes "
        f"{spent(plan, own)}, and LIMIT wants {format_count(_wanted(plan, sort))} of them",
        evidence=[
            evidence(plan, sort, sort_key=keys, rows_read=rows),
            evidence(plan, scan),
        ],
        fix=proposals.advice(
            found,
            f"An index in the order of {keys} (behind the columns that are compared with =) "
            "gives the first rows without a sort.",
        ),
        saves_ms=own * (1 - WANTED_SHARE),
        saves_basis="per execution",
        effort="low" if found else "medium",
        confidence="medium" if plan.tree[sort.children[0]] is scan else "low",
        reference="PostgreSQL documentation, Indexes and ORDER BY",
        keys=table_keys(scan),
    )


RULES = (
    Rule(
        name="top-n-without-index",
        looks_at="sorts of whole tables of which a LIMIT takes a few rows",
        find=top_n_without_index,
    ),
)
