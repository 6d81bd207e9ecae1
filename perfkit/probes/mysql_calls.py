"""Which calls in a MariaDB or MySQL statement can only be stored functions; which table it fills.

A built-in function stands alone in front of its parenthesis. What is written behind a dot
(``shop.f(1)``, ``shop.package.f(1)``) is stored, and so is what the server prints in quotes
in the definition of a view (``select `f`() AS `x```).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.mysql.sql import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.postgres_sql import Token

__all__ = ["filled", "qualified_calls", "quoted_calls"]

_FILLS = {"insert", "replace"}
_MODIFIERS = {"low_priority", "high_priority", "delayed", "ignore", "into"}


def qualified_calls(tokens: Sequence[Token]) -> set[str]:
    """Return the calls behind a dot with everything in front of it, lower-cased.

    Example:
        >>> from perfkit.plans.mysql.sql import code
        >>> qualified_calls(code("select shop.`F` (1), max(a)"))
        {'shop.f'}
    """
    _, end = _target(tokens)
    at = [
        place
        for place in range(2, len(tokens) - 1)
        if tokens[place + 1].text == "(" and tokens[place - 1].text == "." and place >= end
    ]
    return {_dotted(tokens, place) for place in at if name_of(tokens[place])}


def quoted_calls(tokens: Sequence[Token]) -> set[str]:
    """Return the calls whose name is quoted, lower-cased: in a view's definition all are stored.

    The columns of a common table expression, ``WITH `c` (`x`) AS (``, are none.
    """
    at = [
        place
        for place in range(len(tokens) - 1)
        if tokens[place].kind == "quoted" and tokens[place + 1].text == "("
    ]
    return {_dotted(tokens, place) for place in at if not _has_columns(tokens, place + 1)}


def filled(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the name, with its database if that is written, of the table of an INSERT or REPLACE.

    Everything else, UPDATE and DELETE too, has none.
    """
    start, end = _target(tokens)
    return tuple(name for token in tokens[start:end] if (name := name_of(token)))


def _target(tokens: Sequence[Token]) -> tuple[int, int]:
    """Return where the table of an INSERT begins and ends; (0, 0) without."""
    if not tokens or tokens[0].text.lower() not in _FILLS:
        return 0, 0
    start = 1
    while start < len(tokens) - 1 and tokens[start].text.lower() in _MODIFIERS:
        start += 1
    end = start + 1
    while end + 1 < len(tokens) and tokens[end].text == ".":
        end += 2
    return start, end


def _dotted(tokens: Sequence[Token], place: int) -> str:
    names = [name_of(tokens[place]) or ""]
    while place >= 2 and tokens[place - 1].text == ".":  # noqa: PLR2004 - a dot and a name
        place -= 2
        names.append(name_of(tokens[place]) or "")
    return ".".join(reversed(names)).lower()


def _has_columns(tokens: Sequence[Token], opening: int) -> bool:
    """Whether AS and a parenthesis follow the one that belongs to ``opening``."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return [token.text.lower() for token in tokens[place + 1 : place + 3]] == ["as", "("]
    return False
