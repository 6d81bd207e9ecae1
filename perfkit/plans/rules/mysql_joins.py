"""MariaDB and MySQL: joins without an index, joins by mistake, subqueries run row by row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.plans.mysql.index_advice import fix, joined_index
from perfkit.plans.mysql.names import number
from perfkit.plans.mysql.sql import quoted
from perfkit.plans.rules.measures import evidence, inclusive_ms, large, spent, total_rows, where
from perfkit.plans.rules.mysql_scans import SYSTEMS, readings, wasteful
from perfkit.plans.rules.rule import Rule
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: So many pairs of rows compared one by one are what the statement waits for.
PAIRS = 100_000
FACTOR, MANY_LOOPS = 10.0, 1000


def join_buffer(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find joins that compare every row with every row, for want of an index."""
    found = []
    for node in plan.tree:
        pairs = _pairs(node)
        if pairs >= PAIRS and large(plan, inclusive_ms(plan, node)):
            found.append(_compared(plan, node, pairs))
    return found


def misestimated_loop(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find joins that looked a table up far more often than the planner expected."""
    found = []
    for join in plan.tree:
        children = [plan.tree[child] for child in join.children]
        pairs = pairwise(children) if join.kind == "Nested Loop" else ()
        for outer, inner in pairs:
            often = (outer.row_factor or 0.0) >= FACTOR and (inner.loops or 0.0) >= MANY_LOOPS
            if often and large(plan, inclusive_ms(plan, inner)):
                found.append(_misjudged(plan, outer, inner))
    return found


def dependent_subquery(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find subqueries that run again and again; one that lacks an index is told as a scan."""
    scanned = {each.scan.node_id for each in readings(plan) if wasteful(each)}
    found = []
    for node in plan.tree:
        if node.relationship != "SubPlan":
            continue
        below = list(plan.below(node))
        runs = max(
            (part.loops or 0.0 for part in below if part.kind != "Expression Cache"), default=0.0
        )
        told = scanned.intersection(part.node_id for part in below)
        if runs >= MANY_LOOPS and large(plan, inclusive_ms(plan, node)) and not told:
            found.append(_dependent(plan, node, runs))
    return found


def _pairs(node: Node) -> float:
    """Return the pairs compared over all loops; a hash join with a condition compares few."""
    no_hash = node.kind == "Block Nested Loop" or (
        node.kind == "Hash Join"
        and "join_type" not in node.properties
        and not node.text("Hash Cond")
    )
    if not no_hash:
        return 0.0
    removed = (node.number("Rows Removed by Join Filter") or 0.0) * (node.loops or 0.0)
    return removed + total_rows(node)


def _compared(plan: Plan, node: Node, pairs: float) -> Finding:
    took = inclusive_ms(plan, node)
    inner = plan.tree[node.children[-1]] if node.children else node
    index = joined_index(inner, node.text("Join Filter"))
    return Finding(
        rule="mysql-join-buffer",
        severity="warning",
        title=f"The join with {inner.qualified or 'a table'} compares {format_count(pairs)} "
        f"pairs of rows, for want of an index: {spent(plan, took)}",
        evidence=[evidence(plan, node, pairs=pairs, condition=node.text("Join Filter"))],
        fix=fix(index),
        saves_ms=took,
        saves_basis="per execution",
        effort="low" if index else "medium",
        keys={"table": inner.qualified} if inner.qualified else {},
    )


def _misjudged(plan: Plan, outer: Node, inner: Node) -> Finding:
    took = inclusive_ms(plan, inner)
    table = outer.relation or ""
    came, planned = outer.number("Actual Rows") or 0, outer.number("Plan Rows") or 0
    parts = [part for part in (outer.text("Schema"), outer.relation) if part]
    name = ".".join(quoted(part) for part in parts)
    persistent = " PERSISTENT FOR ALL" if plan.system == "mariadb" else ""
    known = bool(name) and not table.startswith("<")
    return Finding(
        rule="mysql-row-estimate",
        severity="warning",
        title=f"{where(outer)} returned {format_count(came)} rows where "
        f"{format_count(planned)} were expected, and {where(inner)} ran "
        f"{format_count(inner.loops or 0)} times: {spent(plan, took)}",
        evidence=[evidence(plan, outer), evidence(plan, inner)],
        fix=Fix(
            text="Refresh the statistics of the table, with histograms of the columns in the "
            "condition (MySQL: UPDATE HISTOGRAM ON column), and compare the plans.",
            snippet=f"ANALYZE TABLE {name}{persistent};" if known else "",
            language="sql" if known else "",
            test=f"SHOW INDEX FROM {name};" if known else "",
        ),
        confidence="medium",
        keys={"table": outer.qualified} if outer.qualified else {},
    )


def _dependent(plan: Plan, node: Node, runs: float) -> Finding:
    took = inclusive_ms(plan, node)
    hits = number(node.properties.get("r_hit_ratio"))
    return Finding(
        rule="mysql-dependent-subquery",
        severity="warning",
        title=f"A subquery runs {format_count(runs)} times, once for each row outside it: "
        f"{spent(plan, took)}",
        evidence=[evidence(plan, node, runs=runs, cache_hit_percent=hits)],
        fix=Fix(
            text="Write it as a join with a derived table that groups once, or as a window "
            "function; an index that has the correlated columns first makes each run cheap.",
        ),
        saves_ms=took,
        saves_basis="per execution",
    )


RULES = (
    Rule(
        name="mysql-join-buffer",
        looks_at="joins that compare every row with every row",
        find=join_buffer,
        systems=SYSTEMS,
    ),
    Rule(
        name="mysql-row-estimate",
        looks_at="joins that ran far more often than planned",
        find=misestimated_loop,
        systems=SYSTEMS,
    ),
    Rule(
        name="mysql-dependent-subquery",
        looks_at="subqueries that run once per row",
        find=dependent_subquery,
        systems=SYSTEMS,
    ),
)
