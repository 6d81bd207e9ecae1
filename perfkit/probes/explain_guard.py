"""What keeps a statement from being executed: said before it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.model import Node, Plan
    from perfkit.probes.effects import Effect
    from perfkit.probes.effects.writes import Writes
    from perfkit.probes.explain_run import Asked
    from perfkit.probes.server import Server

__all__ = ["only_planned", "refuse", "refuse_foreign", "refuse_standby", "refuse_writes", "writing"]

_ESTIMATES = "These are the planner's estimates"
_PROGRAMS = """
select c.relname from pg_catalog.pg_foreign_table f
join pg_catalog.pg_class c on c.oid = f.ftrelid
where c.relname = any(cast(:tables as text[]))
  and exists (select from pg_catalog.unnest(f.ftoptions) as o(text) where o.text like 'program=%')
"""


def only_planned(plan: Plan, server: Server, asked: Asked) -> str:
    """Return why the statement is planned and not executed, "" if it is executed."""
    writes = writing(plan)
    if writes and not asked.writes:
        return (
            f"Not executed: {writes}. {_ESTIMATES}; analyze_writes=True executes it and rolls back."
        )
    if asked.execute is False:
        return f"Not executed, as asked. {_ESTIMATES}."
    if asked.execute or writes:
        return ""
    if not (server.local or server.lab):
        return (
            "Not executed: nothing proves that this server runs on this machine. "
            f"{_ESTIMATES}; analyze=True executes the statement and measures."
        )
    tables = [node.relation or "?" for node in _foreign(plan)]
    if tables:
        return (
            f"Not executed: it reads the foreign table {tables[0]} from another server. "
            f"{_ESTIMATES}; analyze=True executes the statement and measures."
        )
    return ""


def refuse(found: Iterable[Effect], asked: Asked, *, execute: bool) -> None:
    """Refuse functions with effects; if not to ``execute``, those the planner would run.

    Raises:
        TargetRefused: there is one.
    """
    for effect in found:
        if effect.planned or execute:
            raise TargetRefused(
                f"explain: {effect.name}() may have effects that no rollback undoes: "
                f"{effect.reason}",
                hint=_way_out(effect, asked),
            )


def _way_out(effect: Effect, asked: Asked) -> str:
    named = {name.rpartition(".")[2] for name in asked.allowed}
    if not effect.allow and effect.name in named:
        return f"{effect.name}() is PostgreSQL's own and is never allowed"
    ways = [] if effect.planned else ["analyze=False only plans it"]
    if effect.allow:
        ways.append(f"allow_functions=[{effect.allow!r}] runs it")
    return ", or ".join([*ways, "take the call out of the statement"])


def refuse_writes(found: Writes, asked: Asked) -> None:
    """Refuse a write that sets off what no rollback undoes.

    Raises:
        TargetRefused: it does.
    """
    if found.refused:
        raise TargetRefused(f"explain: {found.refused}", hint="analyze=False only plans it")
    refuse(found.effects, asked, execute=True)


def refuse_standby(server: Server) -> None:
    """Refuse to write on a standby.

    Raises:
        UsageError: it is one.
    """
    if server.standby:
        raise UsageError(
            "explain: this server is a standby, which cannot write",
            hint="analyze=False plans it here; the primary can execute it",
        )


def refuse_foreign(connection: Connection, plan: Plan) -> None:
    """Refuse foreign tables that are written to, or that run a program to be read.

    Raises:
        TargetRefused: there is one.
    """
    from sqlalchemy import text

    tables = _foreign(plan)
    written = [node for node in tables if (node.text("Operation") or "Select") != "Select"]
    names = {"tables": [node.relation for node in tables if node.relation]}
    programs: Sequence[str] = ()
    if names["tables"]:
        programs = connection.execute(text(_PROGRAMS), names).scalars().all()
    if written or programs:
        name = written[0].relation if written else programs[0]
        why = "is written to" if written else "runs a program"
        raise TargetRefused(
            f"explain: the foreign table {name} {why}, which no rollback undoes",
            hint="analyze=False only plans it",
        )


def _foreign(plan: Plan) -> list[Node]:
    return [node for node in plan.tree if node.kind == "Foreign Scan"]


def writing(plan: Plan) -> str:
    """Return how a plan writes, "" if it only reads."""
    kinds = {node.kind for node in plan.tree}
    if "ModifyTable" in kinds:
        return "the statement writes"
    return "the statement locks rows" if "LockRows" in kinds else ""
