"""The side of a comparison that belongs to the scanned table: a column or an expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfkit.plans.conditions.pieces import bare
from perfkit.plans.postgres_sql import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.postgres_sql import Token

__all__ = ["CONSTANT_WORDS", "Operand", "operand", "plain_column", "rendered", "type_length"]

#: Words that stand for themselves in an expression, none of them a column.
CONSTANT_WORDS = {
    "true", "false", "null", "any", "array", "interval", "current_date", "current_timestamp",
    "localtimestamp", "current_time", "localtime", "current_user", "session_user",
    "at", "time", "zone",
}  # fmt: skip
# Not reserved: columns may have these names, which PostgreSQL prints without quotes.
_NAMES_TOO = {"at", "zone"}
_FIXED_WORDS = {"true", "false", "null", "from"}
_TYPE_WORDS = {"with", "without", "time", "zone", "varying", "precision", "double", "character"}
# Casting a column to these leaves its order alone if it is a text type already.
_SAME_ORDER = {"text"}
_KINDS = {"word", "quoted", "string", "number", "operator", "mark"}
_MARKS = set("().,[]")
_TIGHT_BEFORE, _TIGHT_AFTER = set(").,[]") | {"::"}, set("(.[") | {"::"}
_LONGEST = 200  # tokens: nobody indexes longer expressions


@dataclass(frozen=True, kw_only=True)
class Operand:
    """``text`` is a column's name or, with ``expression``, SQL over ``columns``."""

    text: str
    cast: str = ""
    expression: bool = False
    columns: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()


@dataclass
class _Parts:
    """What an expression is made of; ``unusable`` if no index can be built on it."""

    kept: list[Token] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    unusable: bool = False


def operand(tokens: Sequence[Token], alias: str | None) -> Operand | None:
    """Return the column or expression that the tokens are, None if they are neither.

    ``col``, ``alias.col`` and ``(col)::text`` are columns.
    """
    tokens = bare(tokens)
    inner, cast = _without_cast(tokens)
    column = plain_column(inner, alias)
    if column is not None and (not cast or cast in _SAME_ORDER):
        return Operand(text=column, cast=cast, columns=(column,))
    return _expression(tokens, alias)


def plain_column(tokens: Sequence[Token], alias: str | None) -> str | None:
    """Return the column that ``col`` or ``alias.col`` names."""
    if len(tokens) == 1 and tokens[0].text.lower() not in CONSTANT_WORDS - _NAMES_TOO:
        return identifier(tokens[0])
    if len(tokens) != 3 or tokens[1].text != ".":  # noqa: PLR2004 - alias.column
        return None
    table, column = identifier(tokens[0]), identifier(tokens[2])
    return column if table is not None and alias in {None, table} else None


def rendered(tokens: Sequence[Token]) -> str:
    """Return the tokens as one piece of SQL, with blanks where they are usual."""
    pieces: list[str] = []
    before = "("
    for token in tokens:
        # A word in front of a bracket is a function, unless it is a connective such as FROM.
        call = token.text == "(" and before not in {"::", ""} and _is_name(before)
        tight = token.text in _TIGHT_BEFORE or before in _TIGHT_AFTER or call
        pieces.append(token.text if tight else f" {token.text}")
        before = token.text
    return "".join(pieces)


def type_length(tokens: Sequence[Token], position: int) -> int:
    """Return the number of tokens of a type name: ``"Mood"``, ``timestamp with time zone``."""
    end = position + 1
    while end < len(tokens) and (
        tokens[end].text.lower() in _TYPE_WORDS
        or tokens[end].text == "."
        or tokens[end - 1].text == "."
    ):
        end += 1
    return end - position


def _is_name(text: str) -> bool:
    return (text[0].isalpha() or text[0] in '_"') and text.lower() not in {
        "from", "zone", "and", "or", "not", "when", "then", "else", "in",
    }  # fmt: skip


def _without_cast(tokens: Sequence[Token]) -> tuple[Sequence[Token], str]:
    """Return what ``something::type`` casts, and the type ("" for none)."""
    if len(tokens) < 3 or tokens[-2].text != "::":  # noqa: PLR2004 - something::type
        return tokens, ""
    return bare(tokens[:-2]), tokens[-1].text.lower()


def _expression(tokens: Sequence[Token], alias: str | None) -> Operand | None:
    if not 1 < len(tokens) <= _LONGEST or any(not _allowed(token) for token in tokens):
        return None
    parts = _Parts()
    position = 0
    while position < len(tokens) and not parts.unusable:
        position += _take(tokens, position, alias, parts)
    if parts.unusable or not parts.columns or not _balanced(parts.kept):
        return None
    return Operand(
        text=rendered(parts.kept),
        expression=True,
        columns=tuple(parts.columns),
        functions=frozenset(parts.functions),
    )


def _allowed(token: Token) -> bool:
    return token.kind in _KINDS and (token.kind != "mark" or token.text in _MARKS)


def _balanced(tokens: Sequence[Token]) -> bool:
    opened = 0
    for token in tokens:
        opened += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if opened < 0:
            return False
    return opened == 0


def _take(tokens: Sequence[Token], position: int, alias: str | None, parts: _Parts) -> int:
    """Take one piece of an expression into ``parts`` and return how many tokens it has."""
    token = tokens[position]
    if token.text == "::":
        length = 1 + type_length(tokens, position + 1)
        parts.kept.extend(tokens[position : position + length])
        return length
    name = identifier(token)
    if name is None:
        parts.kept.append(token)
        return 1
    following = [t.text for t in tokens[position + 1 : position + 4]]
    return _take_name(tokens[position : position + 5], name, following, _Scope(alias, parts))


@dataclass(frozen=True)
class _Scope:
    alias: str | None
    parts: _Parts


def _take_name(tokens: Sequence[Token], name: str, following: Sequence[str], scope: _Scope) -> int:
    parts = scope.parts
    if following[:1] == ["."] and following[2:3] != ["("]:
        column = plain_column(tokens[:3], scope.alias)
        parts.unusable = column is None
        parts.columns[column or ""] = None
        parts.kept.append(tokens[min(2, len(tokens) - 1)])
        return 3
    if following[:1] == ["("]:
        return _take_call(tokens, name, parts)
    if name == "at" and [word.upper() for word in following[:2]] == ["TIME", "ZONE"]:
        parts.kept.extend(tokens[:3])
        return 3
    if tokens[0].kind == "word" and name in CONSTANT_WORDS - _NAMES_TOO:
        parts.unusable = name not in _FIXED_WORDS
    elif not (tokens[0].kind == "word" and name in _FIXED_WORDS):
        parts.unusable = following[:1] == ["."] or name in {"case", "collate", "subplan", "is"}
        parts.columns[name] = None
    parts.kept.append(tokens[0])
    return 1


def _take_call(tokens: Sequence[Token], name: str, parts: _Parts) -> int:
    """Take a function's name; EXTRACT(year FROM ...) with its field."""
    parts.functions.add(name)
    taken = 3 if name == "extract" else 1
    parts.kept.extend(tokens[:taken])
    return taken
