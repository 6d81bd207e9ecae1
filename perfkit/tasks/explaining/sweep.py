"""Where does the plan flip when one parameter takes common and rare values?"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.probes.explain_run import Run, measure
from perfkit.probes.generic_plan import generic_plan
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.table_facts import table_facts
from perfkit.tasks.explaining.sweep_values import swept, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from perfkit.plans.model import Plan
    from perfkit.probes.explain_run import Asked
    from perfkit.probes.server import Server
    from perfkit.tasks.explaining.sweep_values import Swept, Value

__all__ = ["Point", "Sweep", "check_parameter", "sweep"]

_WHERE = "explain"


@dataclass(frozen=True, kw_only=True)
class Point:
    """The plan for one value; ``execution_ms`` is None unless it was executed."""

    value: Value
    plan: Plan
    execution_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The plans for the values of a parameter; ``why_not`` says why there are none.

    ``generic`` is the plan for whatever value, None where the server makes none.
    """

    name: str
    compared: Swept | None = None
    points: tuple[Point, ...] = ()
    generic: Plan | None = None
    why_not: str = ""
    notes: tuple[str, ...] = ()


def check_parameter(asked: Asked, name: str) -> None:
    """Raise UsageError unless ``name`` is a parameter of the statement."""
    known = asked.statement.parameters
    if name not in known:
        listed = ", ".join(f":{one}" for one in known) or "none"
        raise UsageError(
            f"explain: the statement has no parameter :{name} to sweep",
            hint=f"its parameters: {listed}" if known else "write :name in place of the value",
        )


def sweep(engine: Engine, asked: Asked, name: str, *, timeout_s: float) -> Sweep:
    """Explain the statement for values of the column that ``:name`` is compared with.

    They are executed only where ``asked.execute`` is True, and no more of them once half of
    ``timeout_s`` is spent; others are planned.
    """
    with rolled_back(_WHERE, engine, timeout_s=timeout_s) as connection:
        server = identify(connection)
        generic = generic_plan(connection, server, asked.statement.numbered)
        if generic is None:
            return Sweep(name=name, why_not="the server makes no plan without its value")
        pairs = {(n.text("Schema") or "", n.relation) for n in generic.tree if n.relation}
        facts = table_facts(connection, server, sorted(pairs))
        compared = swept(generic, facts, asked.statement.parameters.index(name) + 1)
        if isinstance(compared, str):
            return Sweep(name=name, generic=generic, why_not=compared)
        found = Sweep(name=name, compared=compared, generic=generic)
        chosen = values(compared)
        if not chosen:
            why = f"nothing is known of its values: ANALYZE {compared.table.name} has them counted"
            return replace(found, why_not=why)
        looked = _Looking(connection, server, asked, name, time.monotonic() + timeout_s / 2)
        points = tuple(looked.points(chosen))
        return replace(found, points=points, notes=tuple(looked.notes))


class _Looking:
    """Plans (and executes, while there is time) the statement for one value after the other."""

    def __init__(
        self, connection: Connection, server: Server, asked: Asked, name: str, until: float
    ) -> None:
        self._connection, self._server, self._asked = connection, server, asked
        self._name, self._until = name, until
        self.notes: list[str] = []

    def points(self, chosen: list[Value]) -> Iterator[Point]:
        for value in chosen:
            bound = {**self._asked.values, self._name: value.text}
            asked = replace(self._asked, values=bound, writes=False, runs=1)
            if asked.execute and time.monotonic() < self._until:
                yield self._executed(value, asked)
            else:
                yield Point(value=value, plan=self._planned(asked))
        if self._asked.execute and time.monotonic() >= self._until:
            self.notes.append("The time was used up: the last values are planned, not executed.")

    def _planned(self, asked: Asked) -> Plan:
        return Run(connection=self._connection, server=self._server, asked=asked).plan

    def _executed(self, value: Value, asked: Asked) -> Point:
        from sqlalchemy.exc import DBAPIError

        try:
            measured = measure(self._connection, self._server, asked)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            self.notes.append(f"For :{self._name} = {value.text!r} the server gave up: planned.")
            return Point(value=value, plan=self._planned(asked))
        done = measured.plan.execution_ms if measured.plan.analyzed else None
        return Point(value=value, plan=measured.plan, execution_ms=done)
