"""The keys of a Sort node as keys that an index could have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.conditions.operands import operand
from perfkit.plans.conditions.predicate import SortKey
from perfkit.plans.postgres_sql import code, identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["sort_keys"]


def sort_keys(keys: Sequence[str], alias: str | None = None) -> list[SortKey]:
    """Return the sort keys; [] unless all of them are plain columns of the table ``alias``.

    A collation is printed unless it is that of the type: it may be the column's own.
    """
    found = [_sort_key(key, alias) for key in keys]
    return [key for key in found if key is not None] if all(found) else []


def _sort_key(key: str, alias: str | None) -> SortKey | None:
    tokens = code(key)
    words = [token.text.upper() for token in tokens]
    descending = False
    nulls: str | None = None
    if words[-2:-1] == ["NULLS"]:
        nulls, tokens, words = words[-1], tokens[:-2], words[:-2]
    if words[-1:] in (["DESC"], ["ASC"]) and len(words) > 1:
        descending, tokens, words = words[-1] == "DESC", tokens[:-1], words[:-1]
    collation = ""
    if words[-2:-1] == ["COLLATE"]:
        collation, tokens = quoted(identifier(tokens[-1]) or ""), tokens[:-2]
    column = operand(tokens, alias)
    if column is None or column.expression:
        return None
    first = descending if nulls is None else nulls == "FIRST"
    return SortKey(
        column=column.text, descending=descending, nulls_first=first, collation=collation
    )
