"""Prove candidates for one statement, by the first method that is available and conclusive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError, TargetRefused
from perfkit.plans.postgres_sql import quoted
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.tasks.proofs.asked import ask
from perfkit.tasks.proofs.built import HiddenIndex, built
from perfkit.tasks.proofs.by_hand import by_hand
from perfkit.tasks.proofs.compared import Job
from perfkit.tasks.proofs.definition import define
from perfkit.tasks.proofs.hypothetical import hypothetical
from perfkit.tasks.proofs.model import Proof
from perfkit.tasks.proofs.sample import sampled, share_of
from perfkit.tasks.proofs.tables import named_table
from perfkit.tasks.proofs.verdict import Figures, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.server import Server
    from perfkit.tasks.proofs.asked import Asked
    from perfkit.tasks.proofs.compared import Compared
    from perfkit.tasks.proofs.model import Method, Question

__all__ = ["METHODS", "prove"]

_WHERE = "proof"
#: In the order in which they are tried: from the one that changes nothing on.
METHODS: tuple[Method, ...] = ("hypopg", "sample", "built")
_WAYS: dict[Method, Callable[[Job, Candidate, Sequence[Question]], Compared]] = {
    "hypopg": hypothetical,
    "sample": sampled,
    "built": built,
}


@dataclass(frozen=True, kw_only=True)
class _Allowed:
    """What may be done on the server of ``engine``."""

    engine: Engine
    methods: tuple[Method, ...] | None
    expendable: bool
    sample: bool
    timeout_s: float
    updates: tuple[Question, ...]

    def refusal(self, server: Server, method: Method) -> str:
        """Say why a method may not be used there, "" if it may."""
        if method == "hypopg":
            return ""
        if server.standby:
            return f"{method}: a standby takes no writes"
        if server.lab or self.expendable or (method == "sample" and self.sample):
            return ""
        return f"{method}: the server is neither the lab nor called expendable"


def prove(
    engine: Engine | str,
    question: Question,
    candidates: Iterable[Candidate],
    *,
    expendable: bool = False,
    sample: bool = False,
    methods: Sequence[Method] | None = None,
    updates: Iterable[Question] = (),
    timeout_s: float = 60.0,
) -> list[Proof]:
    """Compare the plans of one statement without and with each candidate.

    A hypothetical index (HypoPG, where it is installed) changes nothing and may be used
    everywhere. What HypoPG finds to help, or cannot judge, is measured where writing is
    allowed: on the lab, or where ``expendable`` is True. There the index itself is built;
    where the table is large, on a sample copy first. Everything happens in transactions that are
    rolled back; a candidate that cannot be proven is answered with the reason, never raised.

    Args:
        engine: a SQLAlchemy engine or a URL of PostgreSQL.
        question: the statement; values it lacks are taken from the statistics.
        candidates: the indexes, each tried alone.
        expendable: the server's data and time are worth nothing: build there.
        sample: rows may be copied into a scratch schema on any server. They may be personal:
            they leave their table until the rollback.
        methods: only these, in this order.
        updates: the workload's UPDATE statements with their calls: what they change stops
            being HOT if the index has it.
        timeout_s: after this many seconds the server cancels a statement.

    Returns:
        One Proof for each candidate, in their order; :func:`best` chooses.

    Raises:
        UsageError: another database than PostgreSQL.

    Example:
        >>> prove("postgresql://localhost/shop", Question(statement="select 1"), [])
        []
    """
    with as_engine(_WHERE, engine) as ready:
        allowed = _Allowed(
            engine=ready, methods=None if methods is None else tuple(methods),
            expendable=expendable, sample=sample, timeout_s=timeout_s, updates=tuple(updates),
        )  # fmt: skip
        return [_proof(allowed, question, candidate) for candidate in candidates]


def _proof(allowed: _Allowed, question: Question, candidate: Candidate) -> Proof:
    """Try the methods in order; what one finds to help is measured by the next if it may be."""
    found: Proof | None = None
    refused: list[str] = []
    for method in _order(allowed, candidate):
        try:
            found = _tried(allowed, question, candidate, method)
        except PerfkitError as error:
            refused.append(error.message.removeprefix("proof: "))
            continue
        if method != "hypopg" or not found.helps:
            return found
    if found is not None:
        return found
    return Proof(
        candidate=candidate,
        question=question,
        refused="; ".join(dict.fromkeys(refused)),
        test=by_hand(question, candidate),
    )


def _order(allowed: _Allowed, candidate: Candidate) -> tuple[Method, ...]:
    """Return the methods to try; a small table is not worth sampling."""
    if allowed.methods is not None:
        return allowed.methods
    try:
        with rolled_back(_WHERE, allowed.engine, timeout_s=allowed.timeout_s) as connection:
            small = share_of(named_table(connection, candidate)) >= 1.0
    except PerfkitError:
        return METHODS[:1]  # it will say what is wrong
    return ("hypopg", "built", "sample") if small else METHODS


def _tried(allowed: _Allowed, question: Question, candidate: Candidate, method: Method) -> Proof:
    """Return the proof by one method; the new index may be hidden the first time only.

    Raises:
        PerfkitError: the method is not available or has failed.
    """
    try:
        return _once(allowed, question, candidate, method)
    except HiddenIndex:
        return _once(allowed, question, candidate, method)


def _once(allowed: _Allowed, question: Question, candidate: Candidate, method: Method) -> Proof:
    read_only, timed = method == "hypopg", method == "built"
    with rolled_back(
        _WHERE, allowed.engine, timeout_s=allowed.timeout_s, read_only=read_only
    ) as connection:
        server = identify(connection)
        refusal = allowed.refusal(server, method)
        if refusal:
            raise TargetRefused(f"proof: {refusal}")
        asked = ask(connection, server, question)
        job = Job(connection=connection, server=server, asked=asked, timeout_s=allowed.timeout_s)
        compared = _WAYS[method](job, candidate, allowed.updates)
        names = {quoted(name) for name in named_table(connection, candidate).foreign(connection)}
    before, after = (
        Figures.of(compared.before, timed=timed),
        Figures.of(compared.after, timed=timed),
    )
    return Proof(
        candidate=candidate,
        question=question,
        method=method,
        verdict=judge(before, after, used=compared.used),
        used=compared.used,
        before_cost=before.cost,
        after_cost=after.cost,
        before_ms=before.ms,
        after_ms=after.ms,
        before_blocks=before.blocks,
        after_blocks=after.blocks,
        plan_before=compared.before,
        plan_after=compared.after,
        size_bytes=compared.size_bytes,
        size_basis=compared.size_basis,
        write_cost=compared.write_cost,
        share=compared.share,
        foreign_key=bool(names & set(define(candidate).keys[:1])),
        values=asked.values,
        notes=(*compared.notes, *_planned_only(asked, method)),
    )


def _planned_only(asked: Asked, method: Method) -> tuple[str, ...]:
    if method == "hypopg" or not asked.not_run:
        return ()
    return (f"Planned, not executed: {asked.not_run}.",)
