"""Plain column conditions and sort keys out of the expressions that a plan prints.

PostgreSQL prints conditions as fully parenthesised SQL, for example
``((orders.user_id = 42) AND ((orders.status)::text = 'pending'::text))``. What a b-tree
can use is picked out of it: conjuncts that compare one plain column of the scanned table
with a value known before the scan starts. Everything else (OR, functions of columns,
LIKE, comparisons of two columns, sub-plans) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfkit.plans.postgres_sql import Token, code, identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Predicate", "SortKey", "predicates", "sort_keys"]

Kind = Literal["equality", "any", "range"]

_LONGEST = 20_000  # characters: longer conditions are IN lists by the thousand
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
# Functions without effects whose value is fixed for a statement.
_STABLE = {"now", "transaction_timestamp", "statement_timestamp", "date_trunc", "current_setting"}
_CONSTANT_WORDS = {
    "true", "false", "null", "any", "array", "interval", "current_date", "current_timestamp",
    "localtimestamp", "current_time", "localtime", "current_user", "session_user",
    "at", "time", "zone",
}  # fmt: skip
_TYPE_WORDS = {"with", "without", "time", "zone", "varying", "precision", "double", "character"}
# Casting a column to these leaves its order alone if it is a text type already.
_SAME_ORDER = {"text"}


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """``column`` compared with ``value``, which is known before the scan starts.

    ``kind`` is ``equality`` (also IS NULL), ``any`` (one of several values) or ``range``.
    ``cast`` is the type the column is cast to before comparing, "" for none: ``text`` is
    harmless for varchar, but a number compared as text cannot use its index.
    """

    column: str
    kind: Kind
    operator: str
    value: str
    cast: str = ""


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """One column of an ORDER BY; ``nulls_first`` as PostgreSQL would do it."""

    column: str
    descending: bool = False
    nulls_first: bool = False


def predicates(text: str | None, alias: str | None = None) -> list[Predicate]:
    """Return the usable comparisons of ``text``, in its order.

    ``alias`` names the scanned table: columns of other tables count as values, which is
    what they are for a scan that runs once per outer row.

    Example:
        >>> [p.column for p in predicates("((a = 1) AND ((b)::text = 'x'::text) AND (f(c) > 2))")]
        ['a', 'b']
    """
    if not text or len(text) > _LONGEST:
        return []
    found = (_predicate(part, alias) for part in _conjuncts(code(text)))
    return [predicate for predicate in found if predicate is not None]


def sort_keys(keys: Sequence[str], alias: str | None = None) -> list[SortKey]:
    """Return the sort keys; [] unless all of them are plain columns of the table ``alias``."""
    found = [_sort_key(key, alias) for key in keys]
    return [key for key in found if key is not None] if all(found) else []


def _conjuncts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Split at the ANDs of the outermost level; without recursion, conditions nest deep."""
    parts: list[Sequence[Token]] = []
    waiting = [tokens]
    while waiting:
        tokens = _bare(waiting.pop())
        words = {token.text.upper() for token, depth in _levels(tokens) if depth == 0}
        pieces = _split(tokens, "AND") if "AND" in words and "BETWEEN" not in words else [tokens]
        if "OR" in words:
            continue
        if len(pieces) == 1:
            parts.append(tokens)
        else:
            waiting.extend(reversed(pieces))
    return parts


def _levels(tokens: Sequence[Token]) -> list[tuple[Token, int]]:
    """Return each token with the number of brackets around it."""
    levels, depth = [], 0
    for token in tokens:
        depth -= token.text in {")", "]"}
        levels.append((token, depth))
        depth += token.text in {"(", "["}
    return levels


def _split(tokens: Sequence[Token], word: str) -> list[Sequence[Token]]:
    pieces: list[Sequence[Token]] = []
    start = 0
    for position, (token, depth) in enumerate(_levels(tokens)):
        if depth == 0 and token.kind == "word" and token.text.upper() == word:
            pieces.append(tokens[start:position])
            start = position + 1
    return [*pieces, tokens[start:]]


def _bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """Take off the parentheses that enclose everything."""
    start, end = 0, len(tokens)
    partner = _partners(tokens)
    while end - start > 1 and partner.get(start) == end - 1:
        start, end = start + 1, end - 1
    return tokens[start:end]


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


def _predicate(tokens: Sequence[Token], alias: str | None) -> Predicate | None:
    words = [token.text.upper() for token in tokens]
    if words[-2:] == ["IS", "NULL"]:
        return _compared(tokens[:-2], "IS", tokens[-1:], alias)
    if words[:1] == ["NOT"]:
        return _boolean(tokens[1:], "false", alias)
    position = _operator_at(tokens)
    if position is None:
        return _boolean(tokens, "true", alias)
    left, operator, right = tokens[:position], tokens[position].text, tokens[position + 1 :]
    return _compared(left, operator, right, alias) or (
        _compared(right, _FLIPPED.get(operator, ""), left, alias)
    )


def _operator_at(tokens: Sequence[Token]) -> int | None:
    """Return the position of the only operator outside brackets, casts not counted."""
    found = [
        position
        for position, (token, depth) in enumerate(_levels(tokens))
        if depth == 0 and token.kind == "operator" and token.text != "::"
    ]
    return found[0] if len(found) == 1 else None


def _boolean(tokens: Sequence[Token], value: str, alias: str | None) -> Predicate | None:
    column = _column(tokens, alias)
    if column is None or column[1]:
        return None
    return Predicate(column=column[0], kind="equality", operator="=", value=value)


def _compared(
    left: Sequence[Token], operator: str, right: Sequence[Token], alias: str | None
) -> Predicate | None:
    column = _column(left, alias)
    if column is None or not right or not _is_value(right, alias):
        return None
    kind = _kind(operator, right)
    if kind is None:
        return None
    return Predicate(
        column=column[0], kind=kind, operator=operator, value=_joined(right), cast=column[1]
    )


def _kind(operator: str, right: Sequence[Token]) -> Kind | None:
    first = right[0].text.upper()
    if first in {"ANY", "ALL", "SOME"}:
        several = operator == "=" and first != "ALL"
        return ("any" if _several(right) else "equality") if several else None
    if operator in {"=", "IS"}:
        return "equality"
    return "range" if operator in _FLIPPED else None


def _several(right: Sequence[Token]) -> bool:
    """Whether an array literal holds more than one element; an unknown array may."""
    literals = [token.text for token in right if token.kind == "string"]
    return len(literals) != 1 or "," in literals[0]


def _column(tokens: Sequence[Token], alias: str | None) -> tuple[str, str] | None:
    """Return column and cast of ``col``, ``alias.col`` or ``(col)::text``; None for others."""
    tokens, cast = _without_cast(_bare(tokens))
    if cast and cast not in _SAME_ORDER:
        return None
    column = _plain_column(tokens, alias)
    return None if column is None else (column, cast)


def _without_cast(tokens: Sequence[Token]) -> tuple[Sequence[Token], str]:
    """Return what ``something::type`` casts, and the type ("" for none)."""
    if len(tokens) < 3 or tokens[-2].text != "::":  # noqa: PLR2004 - something::type
        return tokens, ""
    return _bare(tokens[:-2]), tokens[-1].text.lower()


def _plain_column(tokens: Sequence[Token], alias: str | None) -> str | None:
    """Return the column that ``col`` or ``alias.col`` names."""
    if len(tokens) == 1 and tokens[0].text.lower() not in _CONSTANT_WORDS:
        return identifier(tokens[0])
    if len(tokens) != 3 or tokens[1].text != ".":  # noqa: PLR2004 - alias.column
        return None
    table, column = identifier(tokens[0]), identifier(tokens[2])
    return column if table is not None and alias in {None, table} else None


def _is_value(tokens: Sequence[Token], alias: str | None) -> bool:
    """Whether the tokens hold no column of the scanned table, no sub-plan, no volatile call."""
    position = 0
    while position < len(tokens):
        taken = _constant_at(tokens, position, alias)
        if taken == 0:
            return False
        position += taken
    return True


def _constant_at(tokens: Sequence[Token], position: int, alias: str | None) -> int:
    """Return how many tokens from ``position`` form a piece of a constant, 0 for none."""
    token, following = tokens[position], [t.text for t in tokens[position + 1 : position + 4]]
    name = identifier(token)
    if token.text == "::":
        return 1 + _type_length(tokens, position + 1)
    if token.text == "(" and following[:1] == ["InitPlan"]:
        return 6 if following[2:3] == [")"] else 0  # (InitPlan 1).col1
    return 1 if name is None else _named_constant(token, name, following[:1], alias)


def _named_constant(token: Token, name: str, following: list[str], alias: str | None) -> int:
    """Return how many tokens a column of another table, a call or a constant word has."""
    if following == ["."]:
        return 3 if alias not in {None, name} else 0
    if following == ["("]:
        return int(name in _STABLE | {"any", "array"})
    return int(token.kind == "word" and name in _CONSTANT_WORDS)


def _type_length(tokens: Sequence[Token], position: int) -> int:
    """Return the number of tokens of a type name: ``"Mood"``, ``timestamp with time zone``."""
    end = position + 1
    while end < len(tokens) and (
        tokens[end].text.lower() in _TYPE_WORDS
        or tokens[end].text == "."
        or tokens[end - 1].text == "."
    ):
        end += 1
    return end - position


def _joined(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in _bare(tokens))


def _sort_key(key: str, alias: str | None) -> SortKey | None:
    tokens = code(key)
    words = [token.text.upper() for token in tokens]
    descending = False
    nulls: str | None = None
    if words[-2:-1] == ["NULLS"]:
        nulls, tokens, words = words[-1], tokens[:-2], words[:-2]
    if words[-1:] in (["DESC"], ["ASC"]) and len(words) > 1:
        descending, tokens = words[-1] == "DESC", tokens[:-1]
    column = _column(tokens, alias)
    if column is None:
        return None
    first = descending if nulls is None else nulls == "FIRST"
    return SortKey(column=column[0], descending=descending, nulls_first=first)
