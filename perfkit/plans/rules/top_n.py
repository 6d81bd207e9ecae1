"""Sorts of many rows of which a LIMIT wants a few."""

from __future__ import annotations

import re
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
    from collections.abc import Sequence

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Rows sorted at least, and the largest share of them that anybody wants.
AT_LEAST, WANTED_SHARE = 10_000, 0.01
#: Of the rows of the sorted table, this share at least must come out of the joins above it:
#: else an index in the order of the LIMIT leads to many rows that find no partner.
JOINED_SHARE = 0.5
# PostgreSQL numbers the aliases of partitions: orders_1, orders_2, ...
_NUMBERED = re.compile(r"_[0-9]+$")
_ORDER_KEPT = {"Gather", "Gather Merge", "Result", "LockRows", "Subquery Scan"}
_OUTER_KEPT = {"Gather", "Result", "Nested Loop", "Hash Join", "Merge Join"}
_JOIN_TYPES = {"Inner", "Left", None}


def top_n_without_index(plan: Plan, facts: Facts) -> list[Finding]:
    """Find sorts of at least 10,000 rows of one table of which a LIMIT takes at most 1 %."""
    found, proposals = [], Proposals(plan, facts)
    for sort in plan.tree:
        scans = _sorted_scans(plan, sort) if _few_wanted(plan, sort) else []
        if not scans or not matters_ms(plan, own_ms(plan, sort, *scans)):
            continue
        # Whoever knows the table's indexes and has nothing to propose has seen the order there.
        if facts.of(scans[0]) is None or proposals.of(scans[0]) is not None:
            found.append(_finding(proposals, sort, scans))
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


def _sorted_scans(plan: Plan, sort: Node) -> list[Node]:
    """Return the scans whose plain columns are sorted by, if an index could give their order.

    One scan, or those of the partitions of one table.
    """
    node, rows = plan.tree[sort.children[0]], total_rows(plan.tree[sort.children[0]])
    while node.kind in _OUTER_KEPT and node.children:
        if node.text("Join Type") not in _JOIN_TYPES:
            return []
        node = plan.tree[node.children[0]]
    scans = [plan.tree[child] for child in node.children] if node.kind == "Append" else [node]
    if scans != [node] and not _one_table(scans):
        return []
    alias = node.text("Alias") if scans == [node] else _stem(scans[0])
    keys = sort_keys(sort.properties.get("Sort Key") or [], alias)
    joined = rows >= JOINED_SHARE * sum(total_rows(scan) for scan in scans)
    return scans if keys and joined and all(scan.relation for scan in scans) else []


def _one_table(scans: Sequence[Node]) -> bool:
    """Whether ``scans`` read partitions of one table, not the members of a UNION ALL.

    Those have their own names, or read the same table.
    """
    tables = {scan.qualified for scan in scans}
    return len(tables) == len(scans) > 1 and len({_stem(scan) for scan in scans}) == 1


def _stem(scan: Node) -> str:
    """Return the alias of the table that ``scan`` reads a partition of."""
    return _NUMBERED.sub("", scan.text("Alias") or scan.relation or "")


def _wanted(plan: Plan, sort: Node) -> float:
    """Return the rows that the LIMIT took, OFFSET included; each worker sorts out as many."""
    child = sort
    for above in plan.ancestors(sort):
        if above.kind == "Limit":
            break
        child = above
    return total_rows(child) / executions(plan, child)


def _finding(proposals: Proposals, sort: Node, scans: Sequence[Node]) -> Finding:
    plan, scan = proposals.plan, scans[0]
    found, own = proposals.of(scan), own_ms(plan, sort, *scans)
    table = (
        f"{scan.qualified}"
        if len(scans) == 1
        else (f"{format_count(len(scans))} partitions such as {scan.qualified}")
    )
    keys = ", ".join(str(key) for key in sort.properties.get("Sort Key") or [])
    rows = total_rows(plan.tree[sort.children[0]])
    return Finding(
        rule="top-n-without-index",
        severity=severity(plan, own),
        title=f"Reading and sorting {format_count(rows)} rows of {table} takes "
        f"{spent(plan, own)}, and LIMIT wants {format_count(_wanted(plan, sort))} of them",
        evidence=[
            evidence(plan, sort, sort_key=keys, rows_read=rows),
            *(evidence(plan, one) for one in scans),
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
