"""How is this statement executed, and what makes it slow?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.errors import UsageError
from perfkit.plans import rules
from perfkit.probes.explain_run import Asked
from perfkit.probes.mysql_session import DIALECTS
from perfkit.probes.mysql_statement import one_statement as mysql_statement
from perfkit.probes.session import as_engine
from perfkit.probes.statement import one_statement
from perfkit.results import Result
from perfkit.tasks.explaining.caveats import caveats
from perfkit.tasks.explaining.observed import observe
from perfkit.tasks.explaining.observed_mysql import observe as observe_mysql
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Engine

    from perfkit.plans.model import Node, Plan
    from perfkit.tasks.explaining.observed import Observed

__all__ = ["ExplainResult", "explain"]

_WHERE = "explain"
_MOST_RUNS = 1000
_PARTS = pa.schema([("part", pa.string()), ("time_ms", pa.float64()), ("share", pa.float64())])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExplainResult(Result):
    """A Result with the plan itself; ``.table`` holds its nodes.

    ``generic`` is the plan for unknown values, None unless asked for.
    """

    plan: Plan
    executed: bool
    generic: Plan | None = None


def explain(
    sql: str,
    engine: Engine | str,
    *,
    params: Mapping[str, Any] | None = None,
    analyze: bool | None = None,
    analyze_writes: bool = False,
    allow_functions: Collection[str] = (),
    timeout_s: float = 30.0,
    generic: bool = False,
    runs: int = 1,
) -> ExplainResult:
    """Explain one statement: its plan, who spent the time, and what to change.

    The server is a PostgreSQL, MySQL or MariaDB. The statement runs in a READ ONLY transaction
    with time limits that is rolled back, whatever happens.
    Statements that write or lock rows are only planned unless ``analyze_writes``; functions
    with effects that no rollback undoes are refused.

    Args:
        sql: one statement; values are named ``:name`` and taken from ``params``.
        engine: a SQLAlchemy engine or a URL.
        params: the values, bound and never pasted.
        analyze: True executes the statement, False only plans it, None executes it where the
            server demonstrably runs on this machine.
        analyze_writes: execute INSERT, UPDATE, DELETE, MERGE and SELECT FOR UPDATE too, in a
            transaction that may write and is rolled back; the caveats list what remains.
        allow_functions: functions of your own (``name`` or ``schema.name``) that may run with
            all they call though they are VOLATILE or cannot be read.
        timeout_s: after this many seconds the server cancels the statement.
        generic: also return the plan for unknown values, as prepared statements get it.
        runs: execute it so often and show the plan of the quickest run but the first.

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
    _check(analyze, allow_functions, analyze_writes=analyze_writes, runs=runs)
    with as_engine(_WHERE, engine, also=DIALECTS) as ready:
        mysql = ready.dialect.name in DIALECTS
        asked = Asked(
            statement=mysql_statement(sql) if mysql else one_statement(sql),
            values=dict(params or {}),
            execute=analyze,
            writes=analyze_writes,
            allowed=tuple(allow_functions),
            runs=runs,
        )
        asked.statement.check(asked.values)
        look = observe_mysql if mysql else observe
        return _result(look(ready, asked, timeout_s=timeout_s, generic=generic))


def _check(
    analyze: bool | None,  # noqa: FBT001 - three states
    allowed: Collection[str],
    *,
    analyze_writes: bool,
    runs: int,
) -> None:
    if analyze is False and analyze_writes:
        raise UsageError(
            "explain: analyze=False and analyze_writes=True exclude each other",
            hint="keep one of them",
        )
    if isinstance(allowed, str):
        raise UsageError(
            "explain: allow_functions takes a list of names", hint=f"allow_functions=[{allowed!r}]"
        )
    if not 1 <= runs <= _MOST_RUNS:
        raise UsageError(f"explain: runs={runs!r} is not from 1 to {_MOST_RUNS}", hint="runs=5")


def _result(found: Observed) -> ExplainResult:
    plan = found.measured.plan
    executed = not found.measured.not_executed
    return ExplainResult(
        analysis="explain",
        question=f"{found.server.title}: how is the statement executed?",
        headline=_headline(plan) if executed else _estimate(plan),
        arrow=plan.arrow,
        noun="nodes",
        findings=rules.findings(plan, found.facts),
        caveats=caveats(found),
        checked=rules.checked(plan) if executed else (),
        totals=_totals(found, plan, executed=executed),
        sections={"where the execution time went": _parts(plan)} if plan.parts else {},
        plan=plan,
        executed=executed,
        generic=found.generic,
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


def _parts(plan: Plan) -> pa.Table:
    """Return what the execution time consists of; the rows add up to it."""
    whole = plan.execution_ms or 0.0
    rows = [
        {"part": what, "time_ms": ms, "share": ms / whole if whole else None}
        for what, ms in plan.parts
    ]
    return pa.Table.from_pylist(rows, schema=_PARTS)


def _totals(found: Observed, plan: Plan, *, executed: bool) -> dict[str, Any]:
    return {
        "server": found.server.title,
        "executed": executed,
        "execution_ms": plan.execution_ms,
        "planning_ms": plan.planning_ms,
        **_several(found.measured.times_ms),
        "nodes": len(plan.tree),
        "shape_id": plan.shape_id,
        "options": ", ".join(found.measured.options),
    }


def _several(times: tuple[float, ...]) -> dict[str, Any]:
    """Return the first (cold) time and the best of the others."""
    if not times[1:]:
        return {}
    return {"runs": len(times), "first_ms": times[0], "best_ms": min(times[1:])}
