"""Read the conjuncts and disjuncts of a printed condition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from perfkit.plans.conditions.operands import Operand, operand
from perfkit.plans.conditions.pieces import bare, conjuncts, levels, split, words_outside
from perfkit.plans.conditions.predicate import Kind, Predicate
from perfkit.plans.conditions.values import Value, value
from perfkit.plans.postgres_sql import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.postgres_sql import Token

__all__ = ["Conditions", "conditions", "predicates"]

_LONGEST = 20_000  # characters: longer conditions are IN lists by the thousand
_FLIPPED = {
    "<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "@>": "<@", "<@": "@>", "&&": "&&",
    "@@": "@@",
}  # fmt: skip
_RANGES = {"<", ">", "<=", ">="}
_PATTERNS = {"~~", "~~*", "~", "~*", "^@"}
_CONTAINS = {"@>", "<@", "&&", "?", "?|", "?&", "@@", "@?", "-|-", "%", "<<", ">>", "<<="}
_PLAIN: set[Kind] = {"equality", "any", "range"}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conjuncts that were read, and those that were not.

    ``alternatives`` holds, for each OR all of whose branches can be read, the predicates of
    each branch. ``unread`` counts the other conjuncts.
    """

    predicates: tuple[Predicate, ...] = ()
    alternatives: tuple[tuple[tuple[Predicate, ...], ...], ...] = ()
    unread: int = 0


@lru_cache(maxsize=4096)  # every rule reads the same few filters
def conditions(text: str | None, alias: str | None = None) -> Conditions:
    """Return what ``text`` says about the table ``alias``, in its order.

    Columns of other tables count as values, which is what they are for a scan that runs once
    per outer row.

    Example:
        >>> read = conditions("((lower(a) = 'x'::text) AND ((b = 1) OR (c = 2)) AND (d <> 3))")
        >>> [p.column for p in read.predicates], len(read.alternatives), read.unread
        (['lower(a)'], 1, 1)
    """
    if not text or len(text) > _LONGEST:
        return Conditions()
    found: list[Predicate] = []
    alternatives = []
    unread = 0
    for part in conjuncts(code(text)):
        if "OR" in words_outside(part):
            branches = _branches(part, alias)
            one = _one_of(branches)
            if one is not None:
                found.append(one)
            elif branches:
                alternatives.append(branches)
            else:
                unread += 1
            continue
        read = _predicates(part, alias)
        found.extend(read)
        unread += not read
    return Conditions(predicates=tuple(found), alternatives=tuple(alternatives), unread=unread)


def predicates(text: str | None, alias: str | None = None) -> list[Predicate]:
    """Return the comparisons that a b-tree on plain columns can use.

    Example:
        >>> [p.column for p in predicates("((a = 1) AND ((b)::text = 'x'::text) AND (f(c) > 2))")]
        ['a', 'b']
    """
    found = conditions(text, alias).predicates
    return [p for p in found if p.kind in _PLAIN and not p.expression and not p.row]


def _branches(part: Sequence[Token], alias: str | None) -> tuple[tuple[Predicate, ...], ...]:
    """Return the predicates of each branch of an OR, () if one of them has none."""
    branches = [
        tuple(p for piece in conjuncts(branch) for p in _predicates(piece, alias))
        for branch in split(part, "OR")
    ]
    return tuple(branches) if all(branches) else ()


def _one_of(branches: Sequence[Sequence[Predicate]]) -> Predicate | None:
    """Return ``a = 1 OR a = 2`` as one of several values."""
    single = [branch[0] for branch in branches if len(branch) == 1]
    first = single[0] if single and len(single) == len(branches) else None
    if first is None or any(
        p.column != first.column or p.operator != "=" or p.kind not in {"equality", "any"}
        for p in single
    ):
        return None
    literals = tuple(literal for p in single for literal in p.literals)
    return replace(first, kind="any", value=" OR ".join(p.value for p in single), literals=literals)


def _predicates(tokens: Sequence[Token], alias: str | None) -> tuple[Predicate, ...]:
    words = [token.text.upper() for token in tokens]
    if "IS" in words[-3:-1]:
        return _is(tokens, words, alias)
    if words[:1] == ["NOT"]:
        return _boolean(tokens[1:], "false", alias)
    position = _operator_at(tokens)
    if position is None:
        return _boolean(tokens, "true", alias)
    left, operator, right = tokens[:position], tokens[position].text, tokens[position + 1 :]
    if words[:1] == ["ROW"]:
        return _row(left, operator, right, alias)
    return _compared(left, operator, right, alias) or (
        _compared(right, _FLIPPED.get(operator, ""), left, alias)
    )


def _is(tokens: Sequence[Token], words: Sequence[str], alias: str | None) -> tuple[Predicate, ...]:
    """Read IS NULL, IS NOT NULL, IS TRUE, IS FALSE."""
    if words[-2:] == ["IS", "NULL"]:
        return _tested(tokens[:-2], "equality", "IS", alias)
    if words[-3:] == ["IS", "NOT", "NULL"]:
        return _tested(tokens[:-3], "not_null", "IS NOT", alias)
    if words[-2] == "IS" and words[-1] in {"TRUE", "FALSE"}:
        return _boolean(tokens[:-2], words[-1].lower(), alias)
    return ()


def _operator_at(tokens: Sequence[Token]) -> int | None:
    """Return the position of the only operator outside brackets, casts not counted."""
    found = [
        position
        for position, (token, depth) in enumerate(levels(tokens))
        if depth == 0 and token.kind == "operator" and token.text != "::"
    ]
    return found[0] if len(found) == 1 else None


def _tested(
    tokens: Sequence[Token], kind: Kind, operator: str, alias: str | None
) -> tuple[Predicate, ...]:
    left = operand(tokens, alias)
    if left is None:
        return ()
    return (_predicate(left, kind, operator, Value("NULL", "constant", frozenset(), ())),)


def _boolean(tokens: Sequence[Token], word: str, alias: str | None) -> tuple[Predicate, ...]:
    column = operand(tokens, alias)
    if column is None or column.cast or column.expression:
        return ()
    return (_predicate(column, "equality", "=", Value(word, "constant", frozenset(), (word[0],))),)


def _compared(
    left: Sequence[Token], operator: str, right: Sequence[Token], alias: str | None
) -> tuple[Predicate, ...]:
    column, compared = operand(left, alias), value(right, alias)
    if column is None or compared is None:
        return ()
    kind = _kind(operator, right)
    return () if kind is None else (_predicate(column, kind, operator, compared),)


def _predicate(column: Operand, kind: Kind, operator: str, compared: Value) -> Predicate:
    return Predicate(
        column=column.text,
        kind=kind,
        operator=operator,
        value=compared.text,
        cast=column.cast,
        expression=column.expression,
        columns=column.columns,
        functions=column.functions,
        source=compared.source,
        tables=compared.tables,
        literals=compared.literals,
    )


def _row(
    left: Sequence[Token], operator: str, right: Sequence[Token], alias: str | None
) -> tuple[Predicate, ...]:
    """Read ``ROW(a, b) < ROW(1, 2)``: a range of the first column, in the order of all."""
    mine = [operand(piece, alias) for piece in split(bare(left[1:]), ",")]
    theirs = value(bare(right[1:]), alias)
    plain = [one.text for one in mine if one is not None and not one.expression]
    if operator not in _RANGES or theirs is None or len(plain) != len(mine) or mine[0] is None:
        return ()
    return (replace(_predicate(mine[0], "range", operator, theirs), row=tuple(plain)),)


def _kind(operator: str, right: Sequence[Token]) -> Kind | None:
    first = right[0].text.upper()
    if first in {"ANY", "ALL", "SOME"}:
        several = operator == "=" and first != "ALL"
        return ("any" if _several(right) else "equality") if several else None
    if operator == "=":
        return "equality"
    if operator in _PATTERNS:
        return "pattern"
    if operator in _CONTAINS:
        return "contains"
    return "range" if operator in _RANGES else None


def _several(right: Sequence[Token]) -> bool:
    """Whether an array literal holds more than one element; an unknown array may."""
    literals = [token.text for token in right if token.kind == "string"]
    return len(literals) != 1 or "," in literals[0]
