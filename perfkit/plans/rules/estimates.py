"""Row estimates that are wrong enough to make the planner choose the wrong way.

Each wrong estimate is told once, at its lowest node, by the rule that knows most about it: a
generic plan that could not know its parameters, columns that depend on each other, or the
estimate alone. Estimates that a nested loop or a spilled hash join is reported for already
are left to those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import code
from perfkit.plans.rules.hashes import spilled_joins
from perfkit.plans.rules.measures import evidence, where
from perfkit.plans.rules.misestimates import FACTOR, HUGE_FACTOR, lowest_wrong
from perfkit.plans.rules.nested_loops import misjudged_loops
from perfkit.plans.rules.repairs import columns_together, repair, statistics_fix
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import ColumnFacts, Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

_REFERENCE = "PostgreSQL documentation, Statistics Used by the Planner"
# A parameter of a prepared statement; (InitPlan 1).col1 is none, nor $0 of an InitPlan to 16.
_PARAMETER = re.compile(r"\$[0-9]+")
_RETURNS = re.compile(r"returns ([^)]*)")
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Join Filter", "Hash Cond", "Merge Cond")


def row_estimate(plan: Plan, facts: Facts) -> list[Finding]:
    """Find the lowest nodes that matter and whose estimate is wrong by a factor of 10."""
    return [
        _row_finding(plan, node)
        for node in _untold(plan)
        if not _parameters(plan, node) and not _depend(plan, facts, node)
    ]


def correlated_columns(plan: Plan, facts: Facts) -> list[Finding]:
    """Find conditions on several columns of a table that hold together more often than apart."""
    return [
        _correlated_finding(plan, facts, node)
        for node in _untold(plan)
        if not _parameters(plan, node) and _depend(plan, facts, node)
    ]


def generic_plan(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find estimates that are wrong because the plan was made before its parameters."""
    return [_generic_finding(plan, node) for node in _untold(plan) if _parameters(plan, node)]


def _untold(plan: Plan) -> Iterator[Node]:
    """Yield the lowest wrong nodes that no loop and no spilled hash is reported for."""
    told = [outer for _, outer, _ in misjudged_loops(plan)]
    told += [table for _, table in spilled_joins(plan) if (table.row_factor or 0.0) >= FACTOR]
    covered = {below.node_id for side in told for below in plan.below(side)}
    return (node for node in lowest_wrong(plan) if node.node_id not in covered)


def _parameters(plan: Plan, node: Node) -> tuple[str, ...]:
    """Return the parameters of a prepared statement in the conditions of ``node``."""
    text = " ".join(node.text(key) or "" for key in _CONDITIONS)
    names = [other.text("Subplan Name") or "" for other in plan.tree]
    own = {p.strip() for name in names for m in _RETURNS.findall(name) for p in m.split(",")}
    found = dict.fromkeys(_PARAMETER.findall(_without_strings(text)))
    return tuple(name for name in found if name not in own)


def _without_strings(text: str) -> str:
    return " ".join(token.text for token in code(text) if token.kind != "string")


def _depend(plan: Plan, facts: Facts, node: Node) -> bool:
    """Whether several columns are compared, and none of them alone explains the estimate."""
    if (node.row_factor or 1.0) < FACTOR or not columns_together(node):
        return False
    return _alone_right(plan, facts, node) is not False


def _alone_right(plan: Plan, facts: Facts, node: Node) -> bool | None:
    """Whether every condition alone was estimated to keep as many rows as came.

    None where the server's statistics are not known. One that was not is wrong by itself:
    its statistics are old, and no extended statistics are needed.
    """
    table = facts.of(node)
    if table is None or not table.rows:
        return None
    came = (node.number("Actual Rows") or 0.0) * plan.times.processes[node.node_id]
    shares = [
        _share(table.columns.get(one.column), one)
        for one in predicates(node.condition, node.text("Alias"))
    ]
    known = [share * table.rows for share in shares if share is not None]
    return None if not known else min(known) * FACTOR > came


def _share(column: ColumnFacts | None, predicate: Predicate) -> float | None:
    """Return the share of rows that the statistics give an equality; None if unknown."""
    if column is None or predicate.kind != "equality" or not column.common:
        return None
    literal = code(predicate.value)[0].text.strip("'").replace("''", "'")
    by_value = dict(zip(column.common, column.shares, strict=False))
    return by_value.get(literal, min(column.shares))


def _expected(node: Node) -> str:
    planned, actual = node.number("Plan Rows"), node.number("Actual Rows")
    return f"{format_count(planned)} rows per loop were expected, {format_count(actual)} came"


def _row_finding(plan: Plan, node: Node) -> Finding:
    factor = node.row_factor or 1.0
    huge = not 1 / HUGE_FACTOR < factor < HUGE_FACTOR
    return Finding(
        rule="row-estimate",
        severity="warning" if huge else "info",
        title=f"{where(node)}: {_expected(node)}",
        evidence=[evidence(plan, node)],
        fix=repair(plan, node),
        saves_basis="per execution",
        effort="low",
        confidence="medium" if huge else "low",
        reference=_REFERENCE,
        keys={"table": node.qualified} if node.qualified else {},
    )


def _correlated_finding(plan: Plan, facts: Facts, node: Node) -> Finding:
    columns = columns_together(node)
    return Finding(
        rule="correlated-columns",
        severity="warning",
        title=f"{where(node)}: for its conditions on {', '.join(columns)} together "
        f"{_expected(node)}",
        evidence=[evidence(plan, node, condition=node.condition)],
        fix=statistics_fix(plan, node, columns),
        saves_basis="per execution",
        effort="low",
        confidence="high" if _alone_right(plan, facts, node) else "medium",
        reference="PostgreSQL documentation, Extended Statistics",
        keys={"table": node.qualified} if node.qualified else {},
    )


def _generic_finding(plan: Plan, node: Node) -> Finding:
    names = ", ".join(_parameters(plan, node))
    return Finding(
        rule="generic-plan",
        severity="warning",
        title=f"{where(node)}, planned without knowing {names}: {_expected(node)}",
        evidence=[evidence(plan, node, condition=node.condition)],
        fix=Fix(
            text="The plan serves all values alike and does not fit these. Have the statement "
            "planned anew for each value, for this statement or role only: planning then costs "
            "its time at every execution.",
            snippet="SET LOCAL plan_cache_mode = force_custom_plan;",
            language="sql",
            test=trial(plan, "plan_cache_mode = force_custom_plan"),
        ),
        saves_basis="per execution",
        effort="low",
        reference="PostgreSQL documentation, Query Planning: plan_cache_mode",
        keys={"table": node.qualified} if node.qualified else {},
    )


RULES = (
    Rule(
        name="row-estimate",
        looks_at="row estimates that are wrong by a factor of 10",
        find=row_estimate,
    ),
    Rule(
        name="correlated-columns",
        looks_at="conditions on columns that depend on each other",
        find=correlated_columns,
    ),
    Rule(
        name="generic-plan",
        looks_at="generic plans whose estimates do not fit the parameters",
        find=generic_plan,
    ),
)
