"""Which columns a plan joins its tables by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import code, identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.model import Plan
    from perfkit.plans.postgres_sql import Token

__all__ = ["joined_columns"]

_JOINS = ("Hash Cond", "Merge Cond", "Join Filter")
_INNER = ("Index Cond", "Recheck Cond", "Filter")


def joined_columns(plan: Plan) -> set[tuple[str, str, str]]:
    """Return (schema, table, column) of every column that is compared with another table's.

    Conditions name columns as alias.column (VERBOSE); the inner side of a nested loop compares
    its own with those of the outer side.
    """
    tables = {
        node.text("Alias") or node.relation: (node.text("Schema") or "", node.relation)
        for node in plan.tree
        if node.relation
    }
    found: set[tuple[str, str, str]] = set()
    for node in plan.tree:
        for key in (*_JOINS, *_INNER):
            named = list(_columns(node.text(key) or ""))
            if len({alias for alias, _ in named}) > 1:
                found |= {(*tables[alias], column) for alias, column in named if alias in tables}
    return {(schema, table or "", column) for schema, table, column in found}


def _columns(text: str) -> Iterator[tuple[str, str]]:
    """Yield alias and column of every ``alias.column``."""
    tokens: list[Token] = code(text)
    for before, dot, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        alias, column = identifier(before), identifier(after)
        if dot.text == "." and alias is not None and column is not None:
            yield alias, column
