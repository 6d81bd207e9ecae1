"""Whether two partial indexes hold the same rows, though their predicates are written differently.

The server prints a predicate as it was written: ``5 < a AND b`` is not ``b AND a > 5``. What is
evened out here changes neither the rows nor what the planner can conclude from it: the order of
what AND and OR join, of a list of constants and of the two sides of a comparison, and ``= true``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import Token, code

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

__all__ = ["same_rows"]

_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_CONSTANTS = {"string", "number"}
_OPEN, _CLOSE = "([", ")]"


def same_rows(predicate: str | None) -> Hashable:
    """Return a value that is equal for predicates that hold the same rows; None without one.

    Example:
        >>> same_rows("5 < a AND (b = 1)") == same_rows("b = 1 AND a > 5")
        True
    """
    return None if predicate is None else _meaning(code(predicate))


def _meaning(tokens: Sequence[Token]) -> Hashable:
    tokens = _bare(tokens)
    for word in ("or", "and"):
        parts = list(_split(tokens, word))
        if len(parts) > 1 and "between" not in {token.text.lower() for token in tokens}:
            return word, frozenset(map(_meaning, parts))
    return _comparison(tokens)


def _comparison(tokens: Sequence[Token]) -> Hashable:
    """Return one condition with its constant on the right."""
    found = [at for at, token in _outermost(tokens) if token.text in _TURNED]
    if len(found) != 1:
        return _texts(tokens)
    left, right = _bare(tokens[: found[0]]), _bare(tokens[found[0] + 1 :])
    operator = tokens[found[0]].text
    if left and left[0].kind in _CONSTANTS and not (right and right[0].kind in _CONSTANTS):
        left, right, operator = right, left, _TURNED[operator]
    if operator == "=" and _texts(right) == ("true",):
        return _texts(left)
    return _texts(left), operator, _list(right)


def _list(tokens: Sequence[Token]) -> Hashable:
    """Return what ``ANY (ARRAY[...])`` holds whatever its order, other operands as they are."""
    texts = _texts(tokens)
    if texts[:4] != ("any", "(", "array", "[") or texts[-2:] != ("]", ")"):
        return texts
    return "any", frozenset(_texts(part) for part in _split(tokens[4:-2], ","))


def _bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens without brackets around all of them."""
    while tokens and tokens[0].text == "(" and _partner(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _partner(tokens: Sequence[Token]) -> int:
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0:
            return at
    return -1


def _outermost(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Yield the tokens outside brackets and CASE, with their positions."""
    depth = 0
    for at, token in enumerate(tokens):
        word = token.text.lower() if token.kind == "word" else token.text
        depth -= word in {*_CLOSE, "end"}
        if depth == 0:
            yield at, token
        depth += word in {*_OPEN, "case"}


def _split(tokens: Sequence[Token], by: str) -> Iterator[Sequence[Token]]:
    start = 0
    for at, token in _outermost(tokens):
        if token.text.lower() == by:
            yield tokens[start:at]
            start = at + 1
    yield tokens[start:]


def _texts(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(t.text.lower() if t.kind == "word" else t.text for t in tokens)
