"""How is this statement executed, and what makes it slow?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.plans import rules
from perfkit.probes.explain_run import Asked, Measured, measure
from perfkit.probes.server import Server, identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.probes.statement import one_statement
from perfkit.results import Result
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from perfkit.plans.model import Node, Plan

__all__ = ["ExplainResult", "explain"]

_WHERE = "explain"
_MISSED = 0.03  # self times that miss the whole by more than this are worth a word


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExplainResult(Result):
    """A Result with the plan itself; ``.table`` holds its nodes."""

    plan: Plan
    executed: bool


def explain(
    sql: str,
    engine: Engine | str,
    *,
    params: Mapping[str, Any] | None = None,
    analyze: bool | None = None,
    timeout_s: float = 30.0,
) -> ExplainResult:
    """Explain one statement of PostgreSQL: its plan, who spent the time, and findings.

    It runs in a READ ONLY transaction with time limits that is rolled back, whatever happens.
    Statements that write or lock rows are planned, never executed; functions with effects
    that no rollback undoes are refused.

    Args:
        sql: one statement; values are named ``:name`` and taken from ``params``.
        engine: a SQLAlchemy engine or a URL.
        params: the values, bound and never pasted.
        analyze: True executes the statement, False only plans it, None executes it where the
            server demonstrably runs on this machine.
        timeout_s: after this many seconds the server cancels the statement.

    Returns:
        A Result with one row per node, ``.plan``, and times in ms of wall time.

    Raises:
        UsageError: no or several statements, a missing value, another database.
        TargetRefused: a function with effects would be executed.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: the server refused, cancelled or timed out the statement.

    Example:
        >>> explain("select 1 where :x > 0", "postgresql://localhost/shop",
        ...         params={"x": 1})  # doctest: +SKIP
    """
    asked = Asked(statement=one_statement(sql), values=dict(params or {}), execute=analyze)
    asked.statement.check(asked.values)
    with (
        as_engine(_WHERE, engine) as ready,
        rolled_back(_WHERE, ready, timeout_s=timeout_s) as connection,
    ):
        server = identify(connection)
        measured = measure(connection, server, asked)
    return _result(server, measured)


def _result(server: Server, measured: Measured) -> ExplainResult:
    plan = measured.plan
    executed = not measured.not_executed
    return ExplainResult(
        analysis="explain",
        question=f"{server.title}: how is the statement executed?",
        headline=_headline(plan) if executed else _estimate(plan),
        arrow=plan.arrow,
        noun="nodes",
        findings=rules.findings(plan),
        caveats=_caveats(plan, measured),
        checked=rules.checked(plan) if executed else (),
        totals=_totals(server, plan, executed=executed),
        plan=plan,
        executed=executed,
    )


def _headline(plan: Plan) -> str:
    took = format_ms(plan.execution_ms or 0.0)
    if (plan.execution_ms or 0.0) < rules.NOTHING_TO_FIX_MS:
        return f"It took {took}: nothing to fix."
    node, own = _slowest(plan)
    share = format_share(own / (plan.execution_ms or own))
    return (
        f"It took {took}, {share} of it in {_named(node)}, which returned "
        f"{format_count((node.number('Actual Rows') or 0) * (node.loops or 0))} rows"
    )


def _estimate(plan: Plan) -> str:
    cost, rows = plan.root.number("Total Cost") or 0.0, plan.root.number("Plan Rows") or 0.0
    return (
        f"Planned, not executed: {format_count(rows)} rows are expected at a cost of "
        f"{format_count(round(cost))}, with {_named(plan.root)} on top"
    )


def _slowest(plan: Plan) -> tuple[Node, float]:
    own = [value or 0.0 for value in plan.times.self_ms]
    node = max(plan.tree, key=lambda each: own[each.node_id])
    return node, own[node.node_id]


def _named(node: Node) -> str:
    return f"{node.node_type} on {node.qualified}" if node.qualified else node.node_type


def _caveats(plan: Plan, measured: Measured) -> list[str]:
    notes = [measured.not_executed] if measured.not_executed else []
    whole = plan.root.total_ms
    parts = sum(value or 0.0 for value in plan.times.self_ms)
    if whole and (not plan.times.consistent or abs(parts - whole) > _MISSED * whole):
        notes.append(
            f"The nodes' own times add up to {format_ms(parts)}, the whole took "
            f"{format_ms(whole)}: the times of this plan do not agree with each other."
        )
    if not measured.not_executed:
        notes.append("One execution, with the caches as they were.")
    return notes


def _totals(server: Server, plan: Plan, *, executed: bool) -> dict[str, Any]:
    return {
        "server": server.title,
        "executed": executed,
        "execution_ms": plan.execution_ms,
        "planning_ms": plan.planning_ms,
        "nodes": len(plan.tree),
        "shape_id": plan.shape_id,
    }
