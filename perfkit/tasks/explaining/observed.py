"""One statement explained on one server: everything that was seen there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError
from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.probes.effects import effects
from perfkit.probes.explain_guard import refuse
from perfkit.probes.explain_run import Measured, measure
from perfkit.probes.failures import told
from perfkit.probes.generic_plan import generic_plan, generic_plan_or_error
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.table_facts import table_facts

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from perfkit.plans.model import Plan
    from perfkit.probes.explain_run import Asked
    from perfkit.probes.mysql_server import MySQLServer
    from perfkit.probes.server import Server

__all__ = ["LEAST_COST", "Observed", "observe", "observe_generic"]

_WHERE = "explain"
#: Of plans with estimates only, those with a lower cost are not worth an index (Dexter's bar).
LEAST_COST = 100.0
_NO_VALUES = (
    "Not executed: values are missing, so this is the generic plan, the planner's estimates for "
    "whatever value."
)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a server answered; ``generic`` is None unless it was asked for and there is one."""

    server: Server | MySQLServer
    measured: Measured
    facts: Facts = field(default_factory=Facts)
    generic: Plan | None = None
    notes: tuple[str, ...] = ()


def observe(engine: Engine, asked: Asked, *, timeout_s: float, generic: bool) -> Observed:
    """Plan in a READ ONLY transaction and execute there too, unless the statement writes.

    A statement that writes is executed, where that is asked for, in a second transaction that
    may write and is rolled back as well.
    """
    with rolled_back(_WHERE, engine, timeout_s=timeout_s) as connection:
        server = identify(connection)
        found = Observed(
            server=server,
            measured=measure(connection, server, replace(asked, writes=False)),
        )
        if generic:
            found = _with_generic(connection, server, asked, found)
        if not (asked.writes and found.measured.writing):
            return _with_facts(connection, server, engine, found)
    with rolled_back(_WHERE, engine, timeout_s=timeout_s, read_only=False) as connection:
        found = replace(found, measured=measure(connection, server, asked))
        return _with_facts(connection, server, engine, found)


def observe_generic(engine: Engine, asked: Asked, *, timeout_s: float) -> Observed:
    """Return the plan for unknown values as the plan of the statement; nothing is executed."""
    with rolled_back(_WHERE, engine, timeout_s=timeout_s) as connection:
        server = identify(connection)
        refuse(effects(connection, asked.statement.names), asked, execute=False)
        plan = generic_plan_or_error(connection, server, asked.statement.numbered)
        plan = replace(plan, statement=asked.statement.numbered)
        options = ("GENERIC_PLAN", "VERBOSE", "FORMAT JSON")
        measured = Measured(plan=plan, not_executed=_NO_VALUES, options=options)
        found = Observed(server=server, measured=measured, generic=plan)
        return _with_facts(connection, server, engine, found)


def _with_generic(
    connection: Connection, server: Server, asked: Asked, found: Observed
) -> Observed:
    if not asked.statement.parameters:
        note = "There is no generic plan to compare with: the statement has no parameters."
        return replace(found, notes=(note,))
    plan = generic_plan(connection, server, asked.statement.numbered)
    note = "" if plan else "This server makes no generic plan of the statement."
    return replace(found, generic=plan, notes=(note,) if note else ())


def _with_facts(
    connection: Connection, server: Server, engine: Engine, found: Observed
) -> Observed:
    """Add what the catalogue knows of the tables, if any rule will look at it."""
    plan = found.measured.plan
    if not _worth(plan):
        return found
    pairs = {(node.text("Schema") or "", node.relation) for node in plan.tree if node.relation}
    try:
        with told(_WHERE, engine), connection.begin_nested():
            facts = table_facts(connection, server, sorted(pairs))
    except PerfkitError as error:
        if connection.invalidated:
            raise
        note = f"The catalogue could not be read, which makes some findings less sure: {error}"
        return replace(found, notes=(*found.notes, note.splitlines()[0] + "."))
    return replace(found, facts=facts)


def _worth(plan: Plan) -> bool:
    """Whether anything will be said about the tables of the plan."""
    if plan.analyzed:
        return (plan.execution_ms or 0.0) >= rules.NOTHING_TO_FIX_MS
    return (plan.root.number("Total Cost") or 0.0) >= LEAST_COST
