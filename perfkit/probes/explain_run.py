"""Ask the server for a plan: planned only, or executed and measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.errors import TargetRefused
from perfkit.plans.read import read_plan
from perfkit.probes.effects import Effect, effects, named_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.probes.statement import Statement

__all__ = ["Measured", "measure", "planned"]

_OPTIONS = "VERBOSE, FORMAT JSON"
_WITH_SETTINGS = 120000  # server_version_num of the first release with EXPLAIN (SETTINGS)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A plan, and why it holds estimates only ("" if the statement was executed)."""

    plan: Plan
    not_executed: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to explain and how: ``execute`` None means where the server is on this machine."""

    statement: Statement
    values: Mapping[str, Any] = field(default_factory=dict)
    execute: bool | None = None


def measure(connection: Connection, server: Server, asked: Asked) -> Measured:
    """Plan the statement and execute it where that is asked for and changes nothing.

    Raises:
        TargetRefused: it calls a function with effects that no rollback undoes.
    """
    _refuse(effects(connection, asked.statement.names), execute=asked.execute)
    plan = planned(connection, server, asked)
    reason = _only_planned(plan, server, asked.execute)
    if reason:
        return Measured(plan=plan, not_executed=reason)
    _refuse(effects(connection, named_in(plan)), execute=True)
    return Measured(plan=_explained(connection, server, asked, "ANALYZE, BUFFERS, "))


def planned(connection: Connection, server: Server, asked: Asked) -> Plan:
    """Return the plan with estimates only: nothing is executed."""
    return _explained(connection, server, asked, "")


def _explained(connection: Connection, server: Server, asked: Asked, options: str) -> Plan:
    settings = "SETTINGS, " if server.number >= _WITH_SETTINGS else ""
    prefix = f"EXPLAIN ({options}{settings}{_OPTIONS}) "
    return read_plan(
        connection.execute(asked.statement.bind(asked.values, prefix=prefix)).scalar_one()
    )


def _only_planned(plan: Plan, server: Server, execute: bool | None) -> str:  # noqa: FBT001 - three states
    kinds = {node.kind for node in plan.tree}
    if "ModifyTable" in kinds:
        return "Not executed: the statement writes. These are the planner's estimates."
    if "LockRows" in kinds:
        return "Not executed: the statement locks rows. These are the planner's estimates."
    if execute is False:
        return "Not executed, as asked: these are the planner's estimates."
    if execute is None and not (server.local or server.lab):
        return (
            "Not executed: nothing proves that this server runs on this machine. These are the "
            "planner's estimates; analyze=True executes the statement and measures."
        )
    return ""


def _refuse(found: list[Effect], *, execute: bool | None) -> None:
    """Refuse functions with effects; only planned, those that the planner would not run pass."""
    dangerous = [effect for effect in found if effect.planned or execute is not False]
    if not dangerous:
        return
    first = dangerous[0]
    planner = "take the call out of the statement"
    raise TargetRefused(
        f"explain: {first.name}() may have effects that no rollback undoes: {first.reason}",
        hint=planner if first.planned else f"analyze=False only plans it, or {planner}",
    )
