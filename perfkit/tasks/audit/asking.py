"""What one statement of the workload asks for: its plan, and the indexes that might help it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError
from perfkit.plans.candidates import candidates
from perfkit.plans.postgres_sql import code
from perfkit.probes.failures import told
from perfkit.probes.generic_plan import generic_plan
from perfkit.tasks.audit.patterns import answered_by_prefix
from perfkit.tasks.proofs import Question
from perfkit.tasks.proofs.asked import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.tasks.audit.workload import Asked

__all__ = ["plans_of", "wanted_by"]

#: So many candidates of one statement are tried: each proof plans or executes it anew.
_TRIED = 4
_LITERALS = {"string", "number"}


def plans_of(connection: Connection, server: Server, asked: Asked) -> list[Plan]:
    """Return the plan for the recorded values, if there are any, and the one for unknown ones.

    Empty if the server makes none: the text was cut, or this role may not see the tables.
    """
    known = _with_values(connection, server, asked) if asked.values else None
    unknown = generic_plan(connection, server, asked.text)
    return [plan for plan in (known, unknown) if plan is not None]


def _with_values(connection: Connection, server: Server, asked: Asked) -> Plan | None:
    from sqlalchemy.exc import DBAPIError

    question = Question(statement=asked.text, values=asked.values)
    try:
        with told("index_audit", connection.engine), connection.begin_nested():
            return ask(connection, server, question).plan
    except (PerfkitError, DBAPIError):
        if connection.invalidated:
            raise
        return None


def wanted_by(asked: Asked, plans: Sequence[Plan], facts: Facts) -> list[Candidate]:
    """Return at most four candidates, those for the recorded values first.

    A recorded value is one of many: no partial index may rest on it.
    """
    found: dict[object, Candidate] = {}
    for one in _every(plans, facts):
        example = asked.example and any(t.kind in _LITERALS for t in code(one.where))
        if not example and not answered_by_prefix(one, facts, asked):
            found.setdefault((one.schema, one.table, one.body), one)
    return list(found.values())[:_TRIED]


def _every(plans: Sequence[Plan], facts: Facts) -> Iterator[Candidate]:
    for plan in plans:
        yield from candidates(plan, facts)
