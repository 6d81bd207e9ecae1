"""How an index that nobody has proven yet is recommended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate

__all__ = ["CREATE_NOTE", "index_fix"]

#: What CREATE INDEX CONCURRENTLY asks for, in one sentence.
CREATE_NOTE = (
    "Run it outside a transaction; if it fails it leaves an invalid index of that name, "
    "which has to be dropped first."
)


def index_fix(candidate: Candidate | None) -> Fix:
    """Return the statement for ``candidate``, said to be not proven."""
    if candidate is None:
        return Fix(
            text="No plain column is compared with a value, so no ordinary index fits: look at "
            "the condition (an index on the expression, pg_trgm for LIKE, OR split into UNION)."
        )
    text = f"Not proven: an index on ({candidate.key_list}) fits the condition. {CREATE_NOTE}"
    if candidate.compared_as_text:
        names = ", ".join(candidate.compared_as_text)
        text += f" It helps only if {names} is of a text type: the condition compares it as text."
    return Fix(text=text, snippet=candidate.sql(), language="sql")
