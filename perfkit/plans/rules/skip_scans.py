"""Indexes searched again for every value of a column that no condition looks up.

From PostgreSQL 18 on the planner may use an index without its first column ("skip scan"), and
EXPLAIN counts the searches. An index that begins with the column looked up is searched once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates import Candidate
from perfkit.plans.candidates.keys import arranged
from perfkit.plans.conditions import predicates
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.scan_facts import evidence, severity, table_keys, where
from perfkit.plans.scans import matters
from perfkit.results import Finding
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan
    from perfkit.plans.rules.indexes import Proposals

__all__ = ["skip_finding", "skips"]

#: Searches at least, and for each execution, from which on another order of columns pays.
AT_LEAST, PER_LOOP = 1000, 100
_INDEX_SCANS = {"Index Scan", "Index Only Scan"}


def skips(plan: Plan, node: Node) -> bool:
    """Whether ``node`` matters and searched its index once per value of a column.

    A list of values is searched one by one as well: it does not count.
    """
    searches, condition = node.number("Index Searches") or 0.0, node.text("Index Cond") or ""
    many = searches >= max(AT_LEAST, PER_LOOP * (node.loops or 0.0))
    return node.kind in _INDEX_SCANS and many and "ANY" not in condition and matters(plan, node)


def skip_finding(proposals: Proposals, node: Node) -> Finding:
    """Return what is slow about it, and the index that is searched once."""
    plan, searches = proposals.plan, node.number("Index Searches") or 1.0
    own, wanted = own_ms(plan, node), _searched_once(node)
    return Finding(
        rule="inefficient-index",
        severity=severity(plan, own),
        title=f"The {where(node)} takes {spent(plan, own)}: it searches the index "
        f"{format_count(searches)} times to find {format_count(total_rows(node))} rows",
        evidence=[evidence(plan, node, index_searches=searches)],
        fix=proposals.advice(
            wanted,
            "The index begins with a column that is not looked up, and is searched again for "
            "each of its values: one that begins with what is looked up is searched once.",
        ),
        saves_ms=own * (1 - (node.loops or 1.0) / searches) if wanted else None,
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Multicolumn Indexes",
        keys=table_keys(node),
    )


def _searched_once(node: Node) -> Candidate | None:
    found = predicates(node.text("Index Cond"), node.text("Alias"))
    keys = arranged(found, (), limited=False)
    if not keys or node.relation is None:
        return None
    return Candidate(schema=node.text("Schema"), table=node.relation, keys=keys)
