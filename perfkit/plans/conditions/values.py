"""The other side of a comparison: what is known before the scan of a table starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.conditions.operands import CONSTANT_WORDS, type_length
from perfkit.plans.conditions.pieces import joined
from perfkit.plans.postgres_sql import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.conditions.predicate import Source
    from perfkit.plans.postgres_sql import Token

__all__ = ["Value", "value"]

# Functions without effects whose value is fixed for a statement.
_STABLE = {
    "now", "transaction_timestamp", "statement_timestamp", "date_trunc", "current_setting",
    "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery", "timezone",
    "to_timestamp", "to_date", "make_interval", "make_date", "lower", "upper", "date", "coalesce",
    "greatest", "least", "row",
}  # fmt: skip
# A scan computes no aggregate: one in its condition is of the query around a sub-plan.
_AGGREGATES = {"min", "max", "sum", "count", "avg"}
_STABLE_WORDS = {
    "current_date", "current_timestamp", "localtimestamp", "current_time", "localtime",
    "current_user", "session_user",
}  # fmt: skip
_RANK: dict[Source, int] = {"constant": 0, "stable": 1, "parameter": 2, "column": 3}


class Value(NamedTuple):
    """A value; ``tables`` are the aliases of other tables whose columns it needs."""

    text: str
    source: Source
    tables: frozenset[str]
    literals: tuple[str, ...]


class _Piece(NamedTuple):
    """How many tokens a piece of a value has (0: it is none), and where it comes from."""

    length: int
    source: Source = "constant"
    table: str = ""


def value(tokens: Sequence[Token], alias: str | None) -> Value | None:
    """Return the value; None if it needs the scanned table, a sub-plan or a volatile call."""
    source: Source = "constant"
    tables: set[str] = set()
    position = 0
    while position < len(tokens):
        piece = _piece_at(tokens, position, alias)
        if piece.length == 0:
            return None
        if _RANK[piece.source] > _RANK[source]:
            source = piece.source
        tables.update({piece.table} - {""})
        position += piece.length
    if not tokens:
        return None
    return Value(joined(tokens), source, frozenset(tables), tuple(_literals(tokens)))


def _piece_at(tokens: Sequence[Token], position: int, alias: str | None) -> _Piece:
    token, following = tokens[position], [t.text for t in tokens[position + 1 : position + 4]]
    name = identifier(token)
    if token.text == "::":
        return _Piece(1 + type_length(tokens, position + 1))
    if token.text == "(" and following[:1] == ["InitPlan"]:
        # (InitPlan 1).col1
        return _Piece(6 if following[2:3] == [")"] else 0, "stable")
    if token.kind == "param":
        return _Piece(1, "parameter")
    return _Piece(1) if name is None else _named(token, name, following[:1], alias)


def _named(token: Token, name: str, following: list[str], alias: str | None) -> _Piece:
    """Return a column of another table, a call or a constant word."""
    if following == ["."]:
        return _Piece(3 if alias not in {None, name} else 0, "column", name)
    if following == ["("]:
        if name in {"any", "array"}:
            return _Piece(1)
        if name in _AGGREGATES:
            return _Piece(1, "column")
        return _Piece(int(name in _STABLE), "stable")
    known = token.kind == "word" and name in CONSTANT_WORDS
    known = known and (name != "at" or following == ["TIME"])
    return _Piece(int(known), "stable" if name in _STABLE_WORDS else "constant")


def _literals(tokens: Sequence[Token]) -> list[str]:
    """Return the constants, strings without their quotes, array literals cut at commas."""
    found: list[str] = []
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.kind == "number":
            minus = before is not None and before.text == "-"
            found.append(f"-{token.text}" if minus else token.text)
        elif token.kind == "string" and token.text.startswith("'"):
            found.extend(_elements(token.text[1:-1].replace("''", "'"), tokens))
        elif token.kind == "word" and token.text.lower() in {"true", "false"}:
            found.append(token.text.lower()[0])  # as pg_stats prints them
    return found


def _elements(text: str, tokens: Sequence[Token]) -> list[str]:
    """Cut the literal behind ``= ANY``; elements with commas of their own are miscounted."""
    several = tokens[0].text.upper() == "ANY" and text.startswith("{") and text.endswith("}")
    if not several:
        return [text]
    return [element.strip('"') for element in text[1:-1].split(",")] if text != "{}" else []
