"""Prove candidates for one statement, by the first method that is available and conclusive."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError, TargetRefused
from perfkit.probes.session import as_engine, rolled_back
from perfkit.tasks.proofs.attempt import WHERE, Allowed, attempt
from perfkit.tasks.proofs.built import HiddenIndex
from perfkit.tasks.proofs.by_hand import by_hand
from perfkit.tasks.proofs.model import Proof
from perfkit.tasks.proofs.tables import named_table
from perfkit.tasks.proofs.together import together

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.model import Method, Question

__all__ = ["METHODS", "prove"]

#: In the order in which they are tried: from the one that changes nothing on.
METHODS: tuple[Method, ...] = ("hypopg", "sample", "built")
_SMALL: tuple[Method, ...] = ("hypopg", "built", "sample")
#: Up to here the index is built within seconds (one to two per million rows): no sample is
#: as true. Larger tables are sampled first.
BUILT_ROWS, BUILT_BYTES = 5_000_000, 2 * 2**30


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
        candidates: the indexes, each tried alone; those of further tables also beside the one
            that helps most, or in pairs where none helps alone.
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
    with as_engine(WHERE, engine) as ready:
        allowed = Allowed(
            engine=ready, methods=None if methods is None else tuple(methods),
            expendable=expendable, sample=sample, timeout_s=timeout_s, updates=tuple(updates),
        )  # fmt: skip
        prove_one = partial(_proof, allowed, question)
        return together(prove_one, [prove_one(candidate) for candidate in candidates])


def _proof(allowed: Allowed, question: Question, candidate: Candidate) -> Proof:
    """Try the methods in order; what one finds to help is measured by the next if it may be."""
    found: Proof | None = None
    refused: list[str] = []
    for method in _order(allowed, candidate):
        try:
            found = _tried(allowed, question, candidate, method)
        except PerfkitError as error:
            why = error.message.removeprefix("proof: ")
            refused.append(why)
            if found is not None and not isinstance(error, TargetRefused):
                found = replace(found, notes=(*found.notes, f"Not measured ({method}): {why}."))
            continue
        if _conclusive(found):
            return found
    found = found or Proof(candidate=candidate, question=question)
    if found.helps:
        return found
    why = "; ".join(dict.fromkeys(refused))
    return replace(found, refused=why, test=by_hand(question, candidate))


def _conclusive(found: Proof) -> bool:
    """Whether no further method is needed: not to measure, and not to look at all rows."""
    if found.method == "hypopg":
        return not found.helps
    return found.verdict != "not proven"


def _order(allowed: Allowed, candidate: Candidate) -> tuple[Method, ...]:
    """Return the methods to try; a table of moderate size is not worth sampling."""
    if allowed.methods is not None:
        return allowed.methods
    try:
        with rolled_back(WHERE, allowed.engine, timeout_s=allowed.timeout_s) as connection:
            table = named_table(connection, candidate)
    except PerfkitError:
        return METHODS[:1]  # it will say what is wrong
    small = table.rows <= BUILT_ROWS and table.size_bytes <= BUILT_BYTES
    return _SMALL if small else METHODS


def _tried(allowed: Allowed, question: Question, candidate: Candidate, method: Method) -> Proof:
    """Return the proof by one method; the new index may be hidden the first time only.

    Raises:
        PerfkitError: the method is not available or has failed.
    """
    try:
        return attempt(allowed, question, candidate, method)
    except HiddenIndex:
        return attempt(allowed, question, candidate, method)
