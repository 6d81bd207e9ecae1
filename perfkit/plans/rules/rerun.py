"""The statements that test a finding on the spot: one transaction, rolled back.

They are text for a person to read and run; perfkit itself never runs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Plan

__all__ = ["PLACEHOLDER", "statement_of", "trial"]

#: Stands for a statement that is not known, not whole, or has parameters.
PLACEHOLDER = "-- your statement"
_LONGEST = 10_000  # characters: nobody pastes more
_UTILITY = {"explain", "copy", "call", "do", "prepare", "execute"}


def trial(
    plan: Plan, *settings: str, first: Sequence[str] = (), options: str = "ANALYZE, BUFFERS"
) -> str:
    """Return a transaction that sets ``settings`` and explains the plan's statement.

    ``first`` are statements to run before, which the end of the transaction undoes.

    Example:
        >>> from perfkit import read_plan
        >>> plan = read_plan('[{"Plan": {"Node Type": "Result"}}]')
        >>> print(trial(plan, "enable_nestloop = off"))
        BEGIN;
        SET LOCAL enable_nestloop = off;
        EXPLAIN (ANALYZE, BUFFERS)
        -- your statement
        ROLLBACK;
    """
    before = [*first, *(f"SET LOCAL {setting};" for setting in settings)]
    return "\n".join(("BEGIN;", *before, f"EXPLAIN ({options})", *_lines(plan), "ROLLBACK;"))


def statement_of(plan: Plan) -> str | None:
    """Return the statement that was planned, None unless it can be pasted as it is.

    A text with parameters cannot be run; one with several statements would run the others.
    """
    text = (plan.statement or "").strip()
    if not text or len(text) > _LONGEST or plan.lost:
        return None
    tokens = code(text)
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    kinds = {token.kind for token in tokens} | {token.text for token in tokens}
    if not tokens or ";" in kinds or "param" in kinds or tokens[0].text.lower() in _UTILITY:
        return None
    return text


def _lines(plan: Plan) -> tuple[str, ...]:
    text = statement_of(plan)
    if text is None:
        return (PLACEHOLDER,)
    # On a line of its own: a comment at the end of the text would hide it.
    return (text,) if code(text)[-1].text == ";" else (text, ";")
