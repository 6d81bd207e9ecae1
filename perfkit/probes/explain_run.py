"""Ask the server for a plan: planned only, or executed and measured, and always undone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.plans.read import read_plan
from perfkit.probes.effects import effects, named_in
from perfkit.probes.effects.writes import Writes, writes
from perfkit.probes.explain_guard import (
    only_planned,
    refuse,
    refuse_foreign,
    refuse_standby,
    refuse_writes,
    writing,
)
from perfkit.probes.explain_options import Options, options
from perfkit.probes.failures import sqlstate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.probes.statement import Statement

__all__ = ["Asked", "Measured", "Run", "measure", "planned"]

#: Syntax error, feature not supported, invalid or undefined parameter, no right to it.
_OPTION_REFUSED = {"42601", "0A000", "22023", "42704", "42501"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to explain and how: ``execute`` None means where the server is on this machine.

    ``writes`` lets statements that write or lock rows be executed; ``allowed`` are the user's
    own functions that may run (``name`` or ``schema.name``); ``runs`` is how often.
    """

    statement: Statement
    values: Mapping[str, Any] = field(default_factory=dict)
    execute: bool | None = None
    writes: bool = False
    allowed: Collection[str] = ()
    runs: int = 1


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A plan, and why it holds estimates only ("" if the statement was executed).

    ``times_ms`` are the execution times of all runs, in order; ``plan`` is that of the quickest
    but the first (of the only one). ``bare_ms`` is the time of a run without a clock around
    every node, None if there was none. ``writes`` is None for a statement that only reads.
    ``options`` are those of EXPLAIN, ``dropped`` names those that the release lacks.
    """

    plan: Plan
    not_executed: str = ""
    times_ms: tuple[float, ...] = ()
    bare_ms: float | None = None
    options: tuple[str, ...] = ()
    dropped: str = ""
    notes: tuple[str, ...] = ()
    writes: Writes | None = None

    @property
    def writing(self) -> bool:
        """Whether the statement writes or locks rows."""
        return bool(writing(self.plan))


@dataclass(kw_only=True)
class Run:
    """One statement on one connection, inside a transaction that will be rolled back."""

    connection: Connection
    server: Server
    asked: Asked
    options: Options | None = None  # of the last EXPLAIN
    refused: str = ""  # the options that this server has by its number, yet refuses

    @cached_property
    def plan(self) -> Plan:
        """The plan with estimates only: nothing is executed."""
        return self._explained(analyze=False)

    def executed(self, *, timing: bool = True) -> Plan:
        """Execute and measure; whatever it wrote is undone before this returns."""
        return self._explained(analyze=True, timing=timing)

    @property
    def notes(self) -> tuple[str, ...]:
        """What this server could not be asked though it should know it, a sentence each."""
        note = f"This server refused options of EXPLAIN; left out: {self.refused}."
        return (note,) if self.refused else ()

    @property
    def used(self) -> tuple[str, ...]:
        """The options of the last EXPLAIN."""
        return self.options.names if self.options else ()

    @property
    def dropped(self) -> str:
        """The options that this release does not have yet, "" if none."""
        return self.options.dropped if self.options else ""

    def _explained(self, *, analyze: bool, timing: bool = True) -> Plan:
        """Explain with all options that this release has, else once more with the fewest."""
        from sqlalchemy.exc import DBAPIError

        number, fewest = self.server.number, bool(self.refused)
        wanted = options(number, analyze=analyze, timing=timing, fewest=fewest)
        try:
            return self._sent(wanted)
        except DBAPIError as error:
            lost = error.connection_invalidated
            if lost or fewest or sqlstate(error) not in _OPTION_REFUSED:
                raise
            less = options(number, analyze=analyze, timing=timing, fewest=True)
            plan = self._sent(less)
            self.refused = ", ".join(name for name in wanted.names if name not in less.names)
            return plan

    def _sent(self, wanted: Options) -> Plan:
        asked, self.options = self.asked, wanted
        bound = asked.statement.bind(asked.values, prefix=f"EXPLAIN ({wanted.text}) ")
        savepoint = self.connection.begin_nested()
        try:
            answer = self.connection.execute(bound).scalar_one()
            _check_rules(answer)
            plan = read_plan(answer)
            return replace(plan, statement=asked.statement.numbered)
        finally:
            if savepoint.is_active:
                savepoint.rollback()


def _check_rules(answer: Any) -> None:
    """Refuse the plans of a statement that rules have made several statements of, or none."""
    if isinstance(answer, list) and not (len(answer) == 1 and isinstance(answer[0], dict)):
        made = f"{len(answer)} statements" if len(answer) > 1 else "no statement"
        raise UsageError(
            f"explain: a rule of the table makes {made} of this one",
            hint="explain what the rule runs, one at a time (\\d TABLE lists the rules)",
        )


def measure(connection: Connection, server: Server, asked: Asked) -> Measured:
    """Plan the statement and execute it where that is asked for and nothing stays of it.

    A statement that writes is executed only with ``asked.writes``, and needs a transaction
    that may write.

    Raises:
        TargetRefused: it calls a function with effects that no rollback undoes.
    """
    run = Run(connection=connection, server=server, asked=asked)
    names = asked.statement.names
    refuse(effects(connection, names, allowed=asked.allowed), asked, execute=False)
    reason = only_planned(run.plan, server, asked)
    if reason:
        return _planned_only(run, reason)
    found = _checked(run)
    plans = [run.executed() for _ in range(asked.runs)]
    used, dropped = run.used, run.dropped
    bare = run.executed(timing=False) if asked.runs > 1 else None
    return Measured(
        plan=min(plans[1:] or plans, key=_took),
        times_ms=tuple(_took(plan) for plan in plans),
        bare_ms=_took(bare) if bare else None,
        options=used,
        dropped=dropped,
        notes=run.notes,
        writes=found,
    )


def planned(connection: Connection, server: Server, asked: Asked) -> Plan:
    """Return the plan with estimates only: nothing is executed."""
    return Run(connection=connection, server=server, asked=asked).plan


def _planned_only(run: Run, reason: str) -> Measured:
    plan = run.plan
    return Measured(
        plan=plan, not_executed=reason, options=run.used, dropped=run.dropped, notes=run.notes
    )


def _checked(run: Run) -> Writes | None:
    """Refuse what may not be executed; return what a write sets off, None for a read."""
    asked, connection, plan = run.asked, run.connection, run.plan
    names = asked.statement.names | named_in(plan)
    refuse_foreign(connection, plan)
    if not writing(plan):
        refuse(effects(connection, names, allowed=asked.allowed), asked, execute=True)
        return None
    refuse_standby(run.server)
    found = writes(connection, plan, names, asked.allowed)
    refuse_writes(found, asked)
    return found


def _took(plan: Plan) -> float:
    return plan.execution_ms or 0.0
