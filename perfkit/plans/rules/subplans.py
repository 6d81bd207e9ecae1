"""Parts of a statement that run too often or in full: correlated subqueries and CTEs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import code, identifier
from perfkit.plans.rules.measures import evidence, inclusive_ms, large, own_ms, spent, total_rows
from perfkit.plans.rules.nested_loops import one_pass_ms
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import wasteful_scans
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: A subquery that runs less often is no loop to get rid of.
MANY_CALLS = 1000
#: A CTE is computed in vain if at most this share of its rows is kept.
KEPT_SHARE = 0.10
# A condition is not moved below these: it would change what they return.
_BARRIERS = {"Limit", "WindowAgg", "Recursive Union", "ModifyTable", "Unique", "SetOp", "LockRows"}
_PASSING = {"Gather", "Gather Merge", "Sort", "Result", "Subquery Scan", "Append"}


_AT_ONCE = (
    "Compute it for all rows at once: join the table, or a subquery that groups it "
    "by the correlated column (LEFT JOIN LATERAL keeps several columns of one row); "
    "EXISTS instead of count(*) > 0 lets the planner make a join of it."
)
#: A result that is kept and read again for every row: NOT IN, or a comparison with ALL or ANY.
_LIST = (
    "Each row is compared with the whole list that the subquery returns. Write NOT IN as "
    "NOT EXISTS (SELECT ... WHERE the columns are equal): the planner makes an anti join of it "
    "(the two differ where the list has a NULL: NOT IN then returns nothing). Or give it enough "
    "work_mem for a hash table of the list (hashed SubPlan)."
)


def correlated_subplan(plan: Plan, facts: Facts) -> list[Finding]:
    """Find subqueries that ran once per row of the query around them."""
    wasteful = {scan.node.node_id for scan in wasteful_scans(plan)}
    return [
        _subplan_finding(plan, facts, node)
        for node in plan.tree
        if node.relationship == "SubPlan"
        and (node.loops or 0.0) >= MANY_CALLS
        and large(plan, inclusive_ms(plan, node))
        and not any(below.node_id in wasteful for below in plan.below(node))
    ]


def cte_materialized(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find CTEs computed in full although a condition outside keeps a tenth of their rows."""
    return [
        _cte_finding(plan, body, scans)
        for body in plan.tree
        if (body.text("Subplan Name") or "").startswith("CTE ")
        and (scans := _readers(plan, body))
        and _in_vain(plan, body, scans)
    ]


def _readers(plan: Plan, body: Node) -> list[Node]:
    name = (body.text("Subplan Name") or "").removeprefix("CTE ")
    owner = plan.tree[body.parent_id or 0]
    return [
        node
        for node in plan.below(owner)
        if node.kind == "CTE Scan" and node.text("CTE Name") == name
    ]


def _in_vain(plan: Plan, body: Node, scans: list[Node]) -> bool:
    """Whether every reader filters, all keep a tenth, and the filters could be moved in."""
    rows = total_rows(body)
    kept = sum(total_rows(scan) for scan in scans)
    filtered = all(scan.text("Filter") and (scan.loops or 0.0) <= 1 for scan in scans)
    costly = large(plan, inclusive_ms(plan, body) + own_ms(plan, *scans))
    return filtered and costly and kept <= KEPT_SHARE * rows and _movable(plan, body, scans)


def _movable(plan: Plan, body: Node, scans: list[Node]) -> bool:
    """Whether the readers' conditions may be applied inside ``body``."""
    node = body
    while node.kind in _PASSING and node.children:
        node = plan.tree[node.children[0]]
    if node.kind in _BARRIERS:
        return False
    columns = [_filter_columns(scan) for scan in scans]
    if node.kind != "Aggregate":
        return all(columns)
    keys = {_last_name(str(key)) for key in node.properties.get("Group Key") or []}
    return all(names and names <= keys for names in columns)


def _filter_columns(scan: Node) -> set[str | None]:
    return {one.column for one in predicates(scan.text("Filter"), scan.text("Alias"))}


def _last_name(key: str) -> str | None:
    tokens = code(key)
    return identifier(tokens[-1]) if tokens else None


def _subplan_finding(plan: Plan, facts: Facts, node: Node) -> Finding:
    ms = inclusive_ms(plan, node)
    alternative = one_pass_ms(plan, facts, node)
    owner = plan.tree[node.parent_id or 0]
    return Finding(
        rule="correlated-subplan",
        severity="warning",
        title=f"A subquery ran {format_count(node.loops)} times, once per row: {spent(plan, ms)}",
        evidence=[
            evidence(plan, node, subplan=node.text("Subplan Name")),
            *(
                evidence(plan, scan)
                for scan in plan.below(node)
                if scan.relation and scan is not node
            ),
            evidence(plan, owner),
        ],
        fix=Fix(text=_LIST if node.kind == "Materialize" else _AT_ONCE, test=trial(plan)),
        saves_ms=None if alternative is None else max(ms - alternative, 0.0),
        saves_basis="per execution",
        effort="medium",
        reference="PostgreSQL documentation, Using EXPLAIN: subplans run once per outer row",
    )


def _cte_finding(plan: Plan, body: Node, scans: list[Node]) -> Finding:
    name = (body.text("Subplan Name") or "").removeprefix("CTE ")
    rows, kept = total_rows(body), sum(total_rows(scan) for scan in scans)
    ms = inclusive_ms(plan, body) + own_ms(plan, *scans)
    return Finding(
        rule="cte-materialized",
        severity="warning",
        title=f"The CTE {name} is computed in full, {spent(plan, ms)}: "
        f"{format_count(kept)} of its {format_count(rows)} rows "
        f"({format_share(kept / max(rows, 1.0))}) are kept",
        evidence=[
            evidence(plan, body, rows=rows),
            *(evidence(plan, scan, condition=scan.text("Filter")) for scan in scans),
        ],
        fix=Fix(
            text=f"Write WITH {name} AS NOT MATERIALIZED (PostgreSQL 12 and newer; before, a "
            "subquery in FROM): the condition is then applied inside, where an index may serve "
            "it. Read several times it is computed several times: compare.",
            snippet=f"WITH {name} AS NOT MATERIALIZED (",
            language="sql",
            test=trial(plan),
        ),
        # What is certain: no row is stored and read again. Whether an index serves the
        # condition is not in the plan.
        saves_ms=own_ms(plan, *scans),
        saves_basis="per execution, at least",
        effort="low",
        confidence="medium" if len(scans) == 1 else "low",
        reference="PostgreSQL documentation, WITH Queries: Common Table Expression Materialization",
    )


RULES = (
    Rule(
        name="correlated-subplan",
        looks_at="subqueries that run once per row",
        find=correlated_subplan,
    ),
    Rule(
        name="cte-materialized",
        looks_at="CTEs computed in full and filtered afterwards",
        find=cte_materialized,
    ),
)
