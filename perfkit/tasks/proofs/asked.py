"""A question made ready for one server: its statement, values, plan, and whether it may run."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import QueryFailed, TargetRefused
from perfkit.plans.read import read_plan
from perfkit.probes.effects import effects, named_in
from perfkit.probes.generic_plan import generic_plan
from perfkit.probes.statement import Statement, one_statement
from perfkit.tasks.proofs.examples import examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.tasks.proofs.model import Question

__all__ = ["Asked", "ask", "executed", "planned"]

_OPTIONS = "VERBOSE, FORMAT JSON"
_RUNS = 3
#: No second run once this share of the time allowed is spent.
_PATIENCE = 0.2


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``values`` None means that only the generic plan is known.

    ``not_run`` says why the statement is planned and never executed, "" if it may be.
    """

    statement: Statement
    values: Mapping[str, Any] | None
    plan: Plan
    not_run: str = ""


def ask(connection: Connection, server: Server, question: Question) -> Asked:
    """Find values for the statement and plan it.

    Raises:
        UsageError: it is no single statement that has a plan.
        TargetRefused: planning it might run a function with effects.
        QueryFailed: the server has no plan for it, not even a generic one.
    """
    statement = named(question.statement)
    found = effects(connection, statement.names)
    planner = next((effect for effect in found if effect.planned), None)
    if planner is not None:
        raise TargetRefused(f"proof: {planner.name}() may have effects: {planner.reason}")
    values, plan = _values(connection, server, question, statement)
    asked = Asked(statement=statement, values=values, plan=plan)
    return replace(asked, not_run=_not_run(connection, asked))


def planned(connection: Connection, server: Server, asked: Asked) -> Plan:
    """Return the plan as the server makes it now; nothing is executed.

    Raises:
        QueryFailed: the server has none.
    """
    if asked.values is None:
        return _generic(connection, server, asked.statement.numbered)
    return _explained(connection, asked.statement, asked.values, "")


def executed(connection: Connection, asked: Asked, *, timeout_s: float) -> Plan:
    """Execute the statement up to three times and return the fastest run's plan."""
    assert asked.values is not None, "only what has values is executed"
    start = time.monotonic()
    runs: list[Plan] = []
    while not runs or (len(runs) < _RUNS and time.monotonic() - start < _PATIENCE * timeout_s):
        runs.append(_explained(connection, asked.statement, asked.values, "ANALYZE, BUFFERS, "))
    return min(runs, key=lambda plan: plan.execution_ms or 0.0)


def named(sql: str) -> Statement:
    """Return the statement with ``:p1`` for ``$1``."""
    statement = one_statement(sql)
    parts = [f" :p{t.text[1:]} " if t.kind == "param" else t.text for t in statement.tokens]
    return Statement("".join(parts))


def _values(
    connection: Connection, server: Server, question: Question, statement: Statement
) -> tuple[Mapping[str, Any] | None, Plan]:
    given = _given(question)
    missing = [name for name in statement.parameters if name not in given]
    if not missing:
        return given, _explained(connection, statement, given, "")
    plan = _generic(connection, server, statement.numbered)
    typical = examples(connection, plan, statement.numbered)
    by_name = {
        name: typical[str(number)]
        for number, name in enumerate(statement.parameters, 1)
        if str(number) in typical
    }
    values = by_name | given
    if any(name not in values for name in missing):
        return None, plan
    return values, _explained(connection, statement, values, "")


def _given(question: Question) -> dict[str, Any]:
    """Return the values by the names that the statement has in ``named``."""
    values = question.values
    if hasattr(values, "items"):
        return {f"p{n[1:]}" if n[:1] == "$" else f"p{n}" if n.isdecimal() else n: v
                for n, v in values.items()}  # fmt: skip
    return {f"p{number}": value for number, value in enumerate(values, 1)}


def _generic(connection: Connection, server: Server, numbered: str) -> Plan:
    plan = generic_plan(connection, server, numbered)
    if plan is None:
        raise QueryFailed("proof: the server has no plan for this statement without its values")
    return plan


def _explained(
    connection: Connection, statement: Statement, values: Mapping[str, Any], options: str
) -> Plan:
    bound = statement.bind(values, prefix=f"EXPLAIN ({options}{_OPTIONS}) ")
    return read_plan(connection.execute(bound).scalar_one())


def _not_run(connection: Connection, asked: Asked) -> str:
    """Say why executing the statement would not be safe, or not possible."""
    kinds = {node.kind for node in asked.plan.tree}
    if kinds & {"ModifyTable", "LockRows"}:
        return "the statement writes or locks rows"
    if asked.values is None:
        return "no example values"
    found = effects(connection, asked.statement.names | named_in(asked.plan))
    return f"{found[0].name}() may have effects" if found else ""
