"""Tables read whole for a join that needs a few of their rows, for want of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates.joins import LOOKUP_SHARE, lookup
from perfkit.plans.candidates.want import wanted
from perfkit.plans.rules.indexes import Proposals
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, rows_read, severity, table_keys
from perfkit.plans.rules.seq_scans import spared_ms
from perfkit.plans.scans import matters, wasteful_groups
from perfkit.results import Finding
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

_JOINS = {"Nested Loop", "Hash Join", "Merge Join"}


def join_without_index(plan: Plan, facts: Facts) -> list[Finding]:
    """Find scans of whole tables of which a join needs so few rows that it could look them up."""
    proposals = Proposals(plan, facts)
    told = {scan.node.node_id for scans in wasteful_groups(plan) for scan in scans}
    scans = [n for n in plan.tree if n.kind == "Seq Scan" and n.node_id not in told]
    cases = [(n, _join(plan, n)) for n in scans if n.loops and matters(plan, n)]
    return [
        _finding(proposals, node, join)
        for node, join in cases
        if join is not None and _looked_up(proposals, node, join)
    ]


def _join(plan: Plan, node: Node) -> Node | None:
    return next((above for above in plan.ancestors(node) if above.kind in _JOINS), None)


def _looked_up(proposals: Proposals, node: Node, join: Node) -> bool:
    want = wanted(proposals.plan, node, proposals.facts)
    if want is None or lookup(want) is None or proposals.of(node) is None:
        return False
    return want.table is not None or _expected(proposals.plan, node, join)


def _expected(plan: Plan, node: Node, join: Node) -> bool:
    """Whether the planner expected few lookups: an index that exists would have been used."""
    inside = {node.node_id, *(above.node_id for above in plan.ancestors(node))}
    others = [plan.tree[child] for child in join.children if child not in inside]
    planned = [other.number("Plan Rows") for other in others[:1]]
    read = rows_read(node) / max(node.loops or 1.0, 1.0)
    return bool(planned) and planned[0] is not None and planned[0] <= LOOKUP_SHARE * read


def _finding(proposals: Proposals, node: Node, join: Node) -> Finding:
    plan, (_, fix) = proposals.plan, proposals.fix(node)
    own, needed = own_ms(plan, node), total_rows(join)
    times = f" {format_count(node.loops)} times" if join.kind == "Nested Loop" else ""
    return Finding(
        rule="join-without-index",
        severity=severity(plan, own),
        title=f"The {node.node_type.lower().replace('seq scan', 'sequential scan')} on "
        f"{node.qualified} takes {spent(plan, own)}: it is read whole{times} for a join that "
        f"returns {format_count(needed)} rows",
        evidence=[evidence(plan, node), evidence(plan, join)],
        fix=fix,
        saves_ms=spared_ms(own, rows_read(node), needed),
        saves_basis="per execution",
        effort="low",
        confidence="medium" if proposals.facts.of(node) else "low",
        reference="PostgreSQL documentation, Planner/Optimizer: nested loop with inner index scan",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="join-without-index",
        looks_at="tables read whole for joins that need few of their rows",
        find=join_without_index,
    ),
)
