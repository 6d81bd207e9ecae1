"""Tokens of a printed condition cut at its brackets and connectives; without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.postgres_sql import Token

__all__ = ["bare", "conjuncts", "joined", "levels", "split", "words_outside"]


def conjuncts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Split at the ANDs of the outermost levels."""
    parts: list[Sequence[Token]] = []
    waiting = [tokens]
    while waiting:
        tokens = bare(waiting.pop())
        words = words_outside(tokens)
        pieces = [tokens]
        if "AND" in words and not words & {"BETWEEN", "OR", "CASE"}:
            pieces = split(tokens, "AND")
        if len(pieces) == 1:
            parts.append(tokens)
        else:
            waiting.extend(reversed(pieces))
    return parts


def words_outside(tokens: Sequence[Token]) -> set[str]:
    """Return the words outside all brackets, in capitals."""
    return {
        token.text.upper() for token, depth in levels(tokens) if depth == 0 and token.kind == "word"
    }


def levels(tokens: Sequence[Token]) -> list[tuple[Token, int]]:
    """Return each token with the number of brackets around it."""
    found, depth = [], 0
    for token in tokens:
        depth -= token.text in {")", "]"}
        found.append((token, depth))
        depth += token.text in {"(", "["}
    return found


def split(tokens: Sequence[Token], separator: str) -> list[Sequence[Token]]:
    """Split at a word or a mark, such as AND or a comma, outside all brackets."""
    pieces: list[Sequence[Token]] = []
    start = 0
    for position, (token, depth) in enumerate(levels(tokens)):
        if depth == 0 and token.kind in {"word", "mark"} and token.text.upper() == separator:
            pieces.append(tokens[start:position])
            start = position + 1
    return [*pieces, tokens[start:]]


def bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """Take off the parentheses that enclose everything."""
    start, end = 0, len(tokens)
    partner = _partners(tokens)
    while end - start > 1 and partner.get(start) == end - 1:
        start, end = start + 1, end - 1
    return tokens[start:end]


def joined(tokens: Sequence[Token]) -> str:
    """Return the tokens without enclosing parentheses, with blanks between them."""
    return " ".join(token.text for token in bare(tokens))


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """Return the position of the closing parenthesis of each opening one."""
    opened: list[int] = []
    partner: dict[int, int] = {}
    for position, token in enumerate(tokens):
        if token.text == "(":
            opened.append(position)
        elif token.text == ")" and opened:
            partner[opened.pop()] = position
    return partner
