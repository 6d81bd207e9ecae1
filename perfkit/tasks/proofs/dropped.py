"""What statements would do without an index that exists: the drop, tried before it is done."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfkit.errors import PerfkitError, TargetRefused, UsageError
from perfkit.probes.failures import told
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.tasks.proofs.asked import ask, planned
from perfkit.tasks.proofs.built import undone
from perfkit.tasks.proofs.hypothetical import extension, forget, schema_of_hypopg
from perfkit.tasks.proofs.verdict import TIE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.tasks.proofs.asked import Asked
    from perfkit.tasks.proofs.model import Question

__all__ = ["DropProof", "PlanChange", "prove_drop"]

_WHERE = "proof"
_HIDES = (1, 4)  # HypoPG's first version that can hide an index
# An index of a partitioned table is used through those of the partitions: all of them go.
_INDEX = """
with recursive family as (
    select c.oid from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = :schema and c.relname = :name and c.relkind in ('i', 'I')
    union all
    select h.inhrelid from family f join pg_catalog.pg_inherits h on h.inhparent = f.oid
)
select oid::bigint from family
"""
_SUPERUSER = "select rolsuper from pg_catalog.pg_roles where rolname = current_user"
_INVALIDATE = """
update pg_catalog.pg_index set indisvalid = false where indexrelid = any(cast(:oids as oid[]))
"""


@dataclass(frozen=True, kw_only=True)
class PlanChange:
    """A statement whose plan is another one without the index."""

    question: Question
    before_cost: float
    after_cost: float
    plan_before: Plan
    plan_after: Plan

    @property
    def ratio(self) -> float:
        """The cost without the index for each unit of cost with it."""
        return self.after_cost / self.before_cost if self.before_cost else 1.0

    @property
    def hurts(self) -> bool:
        """Whether the statement costs over a third more: 1 / 0.75, the tie the other way."""
        return self.ratio * TIE > 1.0


@dataclass(frozen=True, kw_only=True)
class DropProof:
    """What planning found when the index was hidden from the planner.

    ``method`` is "hypopg", "catalogue" (marked invalid in a transaction that was rolled back)
    or "none"; ``tested`` counts the statements that could be planned, ``refused`` says why the
    others, or all, could not.
    """

    schema: str
    index: str
    method: Literal["hypopg", "catalogue", "none"] = "none"
    verdict: Literal["no change", "changes", "hurts", "cannot test"] = "cannot test"
    tested: int = 0
    changes: tuple[PlanChange, ...] = ()
    refused: str = ""


def prove_drop(
    engine: Engine | str,
    index: tuple[str, str],
    questions: Iterable[Question],
    *,
    expendable: bool = False,
    timeout_s: float = 60.0,
) -> DropProof:
    """Plan the statements with and without an existing index; nothing is executed or locked.

    HypoPG from version 1.4 on hides the index from this session's planner. Without it, on the
    lab or a server that is called ``expendable``, a superuser marks it invalid in a transaction
    that is rolled back. Everywhere else it cannot be tested.

    Args:
        engine: a SQLAlchemy engine or a URL of PostgreSQL.
        index: its schema and name.
        questions: the statements of the workload; what has no values is planned for unknown
            ones.
        expendable: the server's data are worth nothing.
        timeout_s: after this many seconds the server cancels a statement.

    Returns:
        The statements whose plans change, with their costs; the costliest change first.

    Example:
        >>> prove_drop(engine, ("public", "orders_user_idx"), questions).verdict  # doctest: +SKIP
        'no change'
    """
    schema, name = index
    empty = DropProof(schema=schema, index=name)
    try:
        with (
            as_engine(_WHERE, engine) as ready,
            rolled_back(_WHERE, ready, timeout_s=timeout_s, read_only=False) as connection,
        ):
            return _proven(connection, empty, tuple(questions), expendable=expendable)
    except PerfkitError as error:
        return replace(empty, refused=error.message)


def _proven(
    connection: Connection, empty: DropProof, questions: Sequence[Question], *, expendable: bool
) -> DropProof:
    from sqlalchemy import text

    server = identify(connection)
    place = {"schema": empty.schema, "name": empty.index}
    oids = list(connection.execute(text(_INDEX), place).scalars())
    if not oids:
        raise UsageError(f"proof: there is no index {empty.index!r} in schema {empty.schema!r}")
    way, hidden = _way(connection, server, oids, expendable=expendable)
    asked, failed = _asked(connection, server, questions)
    with hidden:
        after = [planned(connection, server, each) for _, each in asked]
    changes = [
        _change(question, each.plan, plan)
        for (question, each), plan in zip(asked, after, strict=True)
        if each.plan.shape_id != plan.shape_id
    ]
    changes.sort(key=lambda change: change.before_cost - change.after_cost)
    return replace(
        empty,
        method=way,
        verdict=_verdict(changes) if asked else "cannot test",
        tested=len(asked),
        changes=tuple(changes),
        refused=failed,
    )


def _asked(
    connection: Connection, server: Server, questions: Sequence[Question]
) -> tuple[list[tuple[Question, Asked]], str]:
    """Plan the statements as they are now; of those that have no plan say why."""
    asked: list[tuple[Question, Asked]] = []
    failed = ""
    for question in questions:
        try:
            with told(_WHERE, connection.engine), connection.begin_nested():
                asked.append((question, ask(connection, server, question)))
        except PerfkitError as error:
            failed = error.message.removeprefix("proof: ")
    return asked, failed


def _way(
    connection: Connection, server: Server, oids: Sequence[int], *, expendable: bool
) -> tuple[Literal["hypopg", "catalogue"], AbstractContextManager[None]]:
    """Return how the index can be hidden here.

    Raises:
        TargetRefused: it cannot.
    """
    schema, version, _ = extension(connection)
    if schema is not None and _hides(version):
        return "hypopg", _hidden(connection, schema_of_hypopg(connection), oids)
    superuser = bool(connection.exec_driver_sql(_SUPERUSER).scalar())
    if (server.lab or expendable) and superuser and not server.standby:
        return "catalogue", _invalid(connection, oids)
    raise TargetRefused(
        "proof: a drop cannot be tested here: it takes HypoPG 1.4 or newer, or a superuser on the "
        "lab or a server that is called expendable"
    )


def _hides(version: str | None) -> bool:
    parts = (version or "0.0").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdecimal()) >= _HIDES


@contextmanager
def _hidden(connection: Connection, schema: str, oids: Sequence[int]) -> Iterator[None]:
    """Hide the indexes from this session's planner with HypoPG."""
    from sqlalchemy import text

    try:
        for oid in oids:
            connection.execute(text(f"select {schema}.hypopg_hide_index({oid})"))
        with connection.begin_nested():
            yield
    finally:
        for oid in oids:
            forget(connection, f"{schema}.hypopg_unhide_index({oid})")


@contextmanager
def _invalid(connection: Connection, oids: Sequence[int]) -> Iterator[None]:
    """Mark the indexes invalid until the savepoint is rolled back: nobody else sees it."""
    from sqlalchemy import text

    with undone(connection):
        connection.execute(text(_INVALIDATE), {"oids": list(oids)})
        yield


def _change(question: Question, before: Plan, after: Plan) -> PlanChange:
    return PlanChange(
        question=question,
        before_cost=before.root.number("Total Cost") or 0.0,
        after_cost=after.root.number("Total Cost") or 0.0,
        plan_before=before,
        plan_after=after,
    )


def _verdict(changes: Sequence[PlanChange]) -> Literal["no change", "changes", "hurts"]:
    if not changes:
        return "no change"
    return "hurts" if any(change.hurts for change in changes) else "changes"
