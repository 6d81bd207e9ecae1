"""What the texts of a plan name, after the server has expanded views and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.probes.sql_names import Called, Names, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.model import Node, Plan

__all__ = ["named_in", "texts_of"]

_NAMES = ("Relation Name", "Function Name", "Schema")


def named_in(plan: Plan) -> Names:
    """Return the functions, tables, types and operators that the texts of a plan name."""
    found = Names()
    for node in plan.tree:
        for text in texts_of(node):
            found |= names_in(text)
        found |= _own(node)
    return found


def texts_of(node: Node) -> Iterator[str]:
    """Yield the texts of a node: conditions, keys, output columns, calls."""
    for key, value in node.properties.items():
        if key in _NAMES:
            continue
        parts: list[Any] = value if isinstance(value, list) else [value]
        yield from (part for part in parts if isinstance(part, str))


def _own(node: Node) -> Names:
    """Return the names that stand alone: they are not quoted as SQL would."""
    words = frozenset(word for key in _NAMES if (word := node.text(key)))
    function = node.text("Function Name")
    calls = {Called(function, node.text("Schema") or "")} if function else set()
    return Names(frozenset(calls), words)
