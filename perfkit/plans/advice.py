"""How an index that nobody has proven yet is recommended, and how to try it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate

__all__ = ["CREATE_NOTE", "index_fix", "index_test"]

#: What CREATE INDEX CONCURRENTLY asks for, in one sentence.
CREATE_NOTE = (
    "Run it outside a transaction; if it fails it leaves an invalid index of that name, "
    "which has to be dropped first."
)
# What HypoPG can pretend; GIN and GiST it cannot.
_PRETENDED = {"btree", "brin", "hash", "bloom"}
_STATEMENT = "-- your statement"


def index_fix(candidate: Candidate | None, *, statement: str | None = None) -> Fix:
    """Return the script for ``candidate``, said to be not proven, and how to try it.

    The indexes without which it is of no use are in the script.

    ``statement`` is what the index is for, as it can be pasted; None leaves a place for it.
    """
    if candidate is None:
        return Fix(
            text="No plain column is compared with a value, so no ordinary index fits: look at "
            "the condition (an index on the expression, pg_trgm for LIKE, OR split into UNION)."
        )
    together = (candidate, *candidate.companions)
    return Fix(
        text=_text(candidate),
        snippet="\n".join(one.sql() for one in together),
        language="sql",
        test=index_test(candidate, statement),
    )


def index_test(candidate: Candidate, statement: str | None = None) -> str:
    """Return statements that show whether the planner would use the index, and leave nothing."""
    together = (candidate, *candidate.companions)
    explained = f"EXPLAIN\n{(statement or _STATEMENT).rstrip(';')}\n;"
    if all(one.method in _PRETENDED and not one.partitions for one in together):
        pretended = [f"SELECT hypopg_create_index({literal(_create(one))});" for one in together]
        return "\n".join((*pretended, explained, "SELECT hypopg_reset();"))
    extensions = {
        f"CREATE EXTENSION IF NOT EXISTS {one.extension};": None
        for one in together
        if one.extension
    }
    return "\n".join(
        (
            "-- On a copy: until the rollback nobody can write to the table.",
            "BEGIN;",
            "SET LOCAL lock_timeout = '200ms';",
            *extensions,
            *(one.sql(concurrently=False) for one in together),
            explained,
            "ROLLBACK;",
        )
    )


def _text(candidate: Candidate) -> str:
    text = f"Not proven: an index on ({candidate.key_list}) fits the condition. {CREATE_NOTE}"
    if candidate.reason:
        text = f"Not proven: an index on {candidate.body}. {candidate.reason} {CREATE_NOTE}"
    if candidate.compared_as_text:
        names = ", ".join(candidate.compared_as_text)
        text += f" It helps only if {names} is of a text type: the condition compares it as text."
    return " ".join((text, *candidate.notes))


def _create(candidate: Candidate) -> str:
    return candidate.sql(concurrently=False).rstrip(";")
