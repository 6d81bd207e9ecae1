"""One attempt at a proof: one method, one transaction that is rolled back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.postgres_sql import quoted
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs.asked import ask
from perfkit.tasks.proofs.built import built
from perfkit.tasks.proofs.compared import Job
from perfkit.tasks.proofs.definition import define
from perfkit.tasks.proofs.hypothetical import hypothetical
from perfkit.tasks.proofs.model import Proof
from perfkit.tasks.proofs.sample import sampled
from perfkit.tasks.proofs.tables import named_table
from perfkit.tasks.proofs.verdict import Figures, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.server import Server
    from perfkit.tasks.proofs.asked import Asked
    from perfkit.tasks.proofs.compared import Compared
    from perfkit.tasks.proofs.model import Method, Question, Verdict

__all__ = ["WHERE", "Allowed", "attempt"]

WHERE = "proof"
_WAYS: dict[Method, Callable[[Job, Candidate, Sequence[Question]], Compared]] = {
    "hypopg": hypothetical,
    "sample": sampled,
    "built": built,
}


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What may be done on the server of ``engine``; see :func:`perfkit.tasks.proofs.prove`."""

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


def attempt(allowed: Allowed, question: Question, candidate: Candidate, method: Method) -> Proof:
    """Return what one method finds.

    Raises:
        PerfkitError: the method is not allowed, not available, or has failed.
    """
    read_only = method == "hypopg"
    with rolled_back(
        WHERE, allowed.engine, timeout_s=allowed.timeout_s, read_only=read_only
    ) as connection:
        server = identify(connection)
        if refusal := allowed.refusal(server, method):
            raise TargetRefused(f"proof: {refusal}")
        asked = ask(connection, server, question)
        job = Job(connection=connection, server=server, asked=asked, timeout_s=allowed.timeout_s)
        compared = _WAYS[method](job, candidate, allowed.updates)
        foreign = named_table(connection, candidate).foreign(connection)
    before, after = (
        Figures.of(p, timed=method == "built") for p in (compared.before, compared.after)
    )
    verdict, small = _weighed(compared, before, after)
    return Proof(
        candidate=candidate,
        question=question,
        method=method,
        verdict=verdict,
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
        foreign_key={quoted(name) for name in foreign} >= set(define(candidate).keys[:1]),
        values=asked.values,
        notes=(*compared.notes, *small, *_planned_only(asked, method)),
    )


def _weighed(
    compared: Compared, before: Figures, after: Figures
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict; that of a sample holds for the table only if the index helps.

    The table's keys are as large as those of the sample, but it has more of them to pass over.
    """
    verdict = judge(before, after, used=compared.used)
    share = 1.0 if compared.share is None else compared.share
    if verdict == "helps" or not 0.0 < share < 1.0:
        return verdict, ()
    found = "makes no difference" if verdict == "tie" else "is not used"
    times = f"{1.0 / share:.0f} times as large"
    return "not proven", (f"On the sample the index {found}; the table is {times}.",)


def _planned_only(asked: Asked, method: Method) -> tuple[str, ...]:
    if method == "hypopg" or not asked.not_run:
        return ()
    return (f"The proof only planned it: {asked.not_run}.",)
