"""Calls with constants alone, which the planner computes wherever it meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import code, identifier
from perfkit.probes.sql_names import Names, names_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from perfkit.plans.postgres_sql import Token

__all__ = ["folded"]


def folded(text: str, columns: Collection[str]) -> Names:
    """Return the calls in ``text`` (an index's expression, a check) that need no row.

    The planner computes them whenever it reads the table, whatever the statement asks for.
    ``columns`` are those of the table; a call that mentions one waits for a row.

    Example:
        >>> sorted(call.name for call in folded("f(a) > g(1)", {"a"}).calls)
        ['g']
    """
    tokens = code(text)
    found = Names()
    for at in range(len(tokens) - 1):
        if identifier(tokens[at]) and tokens[at + 1].text == "(":
            inside = list(_inside(tokens[at + 1 :]))
            if not any(identifier(token) in columns for token in inside):
                found |= names_in([*tokens[max(at - 2, 0) : at + 1], *inside])
    return found


def _inside(tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens up to the parenthesis that closes the first."""
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        yield token
        if depth == 0:
            return
