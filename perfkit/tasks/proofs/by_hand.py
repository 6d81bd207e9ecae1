"""What somebody may type to prove an index that could not be proven here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.tasks.proofs.definition import define

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.model import Question

__all__ = ["by_hand"]


def by_hand(question: Question, candidate: Candidate) -> str:
    """Return the statements for a copy of the database: build, execute, roll back.

    Example:
        >>> print(by_hand(Question(statement="select 1"), candidate))  # doctest: +SKIP
        BEGIN;  -- on a copy of the database: writers wait until the ROLLBACK
        SET LOCAL lock_timeout = '2s';
        CREATE INDEX orders_user_id_idx ON orders (user_id);
        EXPLAIN (ANALYZE, BUFFERS) select 1;
        ROLLBACK;
    """
    try:
        together = (candidate, *candidate.companions)
        creates = [f"{define(one).named(one.name)};" for one in together]
    except UsageError:
        return ""
    return "\n".join(
        (
            "BEGIN;  -- on a copy of the database: writers wait until the ROLLBACK",
            "SET LOCAL lock_timeout = '2s';",
            *creates,
            f"EXPLAIN (ANALYZE, BUFFERS) {question.statement.rstrip().rstrip(';')}\n;",
            "ROLLBACK;",
        )
    )
