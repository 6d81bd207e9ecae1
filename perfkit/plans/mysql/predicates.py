"""Plain column conditions out of the expressions that MariaDB and MySQL print.

MariaDB prints ``o.`status` = 'paid' and o.total < 5``, MySQL
``((`shop`.`o`.`status` = 'paid') and (`shop`.`o`.`total` < 5))``. What a b-tree can use is
picked out: conjuncts that compare one column of the scanned table with a value known before
the scan starts. Everything else (OR, functions of columns, LIKE, subqueries) is left out.
MariaDB prints texts without escaping them: one with a quote in it counts as no literal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfkit.plans.conditions.pieces import bare, levels
from perfkit.plans.mysql.sql import Dialect, code, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.postgres_sql import Token

__all__ = ["Predicate", "predicates", "sort_columns"]

_LONGEST = 10_000  # characters: longer conditions are IN lists by the thousand
_FLIPPED = {"=": "=", "<=>": "<=>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_LITERALS = {"string", "number"}


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """``column`` compared with a value; ``literal``: ``text`` holds nothing but literals."""

    column: str
    kind: Literal["equality", "any", "range"]
    text: str
    literal: bool = False


def predicates(text: str | None, alias: str | None) -> list[Predicate]:
    """Return the comparisons of columns of ``alias`` that an index can use, in their order.

    Example:
        >>> [p.column for p in predicates("o.`a` = 1 and (o.b > 2 or o.c = 3)", "o")]
        ['a']
    """
    if not text or not alias or len(text) > _LONGEST:
        return []
    found = (_predicate(part, alias) for part in _conjuncts(code(text, Dialect())))
    return [predicate for predicate in found if predicate is not None]


def sort_columns(keys: Sequence[str], alias: str | None) -> list[tuple[str, bool]]:
    """Return column and "descending" of each key; [] unless all are columns of ``alias``."""
    found = []
    for key in keys:
        tokens = code(key, Dialect())
        descending = bool(tokens) and tokens[-1].text.lower() == "desc"
        column = _column(tokens[:-1] if descending else tokens, alias or "")
        if column is None:
            return []
        found.append((column, descending))
    return found


def _conjuncts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    parts: list[Sequence[Token]] = []
    waiting = [tokens]
    while waiting:
        tokens = bare(waiting.pop())
        words = {token.text.lower() for token, depth in levels(tokens) if depth == 0}
        if words & {"or", "||", "xor"}:
            continue
        pieces = _split(tokens)
        if len(pieces) == 1:
            parts.append(tokens)
        else:
            waiting.extend(reversed(pieces))
    return parts


def _split(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Split at the ANDs outside brackets, but not at that of a BETWEEN."""
    pieces: list[Sequence[Token]] = []
    start, between = 0, False
    for position, (token, depth) in enumerate(levels(tokens)):
        word = token.text.lower() if token.kind == "word" and depth == 0 else ""
        if word == "and" and not between:
            pieces.append(tokens[start:position])
            start = position + 1
        between = word == "between" or (between and word != "and")
    return [*pieces, tokens[start:]]


def _predicate(tokens: Sequence[Token], alias: str) -> Predicate | None:
    words = [token.text.lower() for token in tokens]
    if words[-2:] == ["is", "null"]:
        column = _column(tokens[:-2], alias)
        return None if column is None else _made(column, "equality", "is null", [], tokens)
    for position, (token, depth) in enumerate(levels(tokens)):
        word = token.text.lower()
        if depth == 0 and (word in _FLIPPED or word in {"between", "in"}):
            return _compared(tokens, position, word, alias)
    return None


def _compared(tokens: Sequence[Token], at: int, word: str, alias: str) -> Predicate | None:
    left, right = tokens[:at], tokens[at + 1 :]
    column = _column(left, alias)
    if column is None and word in _FLIPPED:
        left, right = right, left
        column = _column(left, alias)
    if column is None or not right or not _is_value(right, alias, word):
        return None
    if word == "in":
        several = sum(token.kind in _LITERALS for token in right) != 1
        return _made(column, "any" if several else "equality", word, right, tokens)
    return _made(column, "equality" if word in {"=", "<=>"} else "range", word, right, tokens)


def _made(
    column: str,
    kind: Literal["equality", "any", "range"],
    word: str,
    values: Sequence[Token],
    tokens: Sequence[Token],
) -> Predicate:
    plain = {"(", ")", ",", "and"} if word in {"in", "between"} else {"-"}
    literal = all(token.kind in _LITERALS or token.text.lower() in plain for token in values)
    return Predicate(column=column, kind=kind, text=_joined(tokens), literal=literal)


def _column(tokens: Sequence[Token], alias: str) -> str | None:
    """Return the column in ``col``, ``alias.col`` or ``db.alias.col``; None for others."""
    names = [name_of(token) for token in tokens[::2]]
    dots = all(token.text == "." for token in tokens[1::2])
    if not tokens or len(tokens) not in {3, 5} or not dots or None in names:
        return None
    return names[-1] if str(names[-2]).lower() == alias.lower() else None


def _is_value(tokens: Sequence[Token], alias: str, word: str) -> bool:
    """Whether it is known before the scan: literals, columns of others, calls without ours."""
    words = {token.text.lower() for token in tokens} - ({"and"} if word == "between" else set())
    if words & {"select", "or", "subquery", "and", alias.lower()}:
        return False
    named = {str(name_of(token)).lower() for token in tokens}
    return alias.lower() not in named


def _joined(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens).replace(" . ", ".")
