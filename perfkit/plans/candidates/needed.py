"""Which columns of a table a statement reads at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.postgres_sql import code, identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.model import Node, Plan

__all__ = ["needed_columns"]

_KEYS = ("Sort Key", "Group Key", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Index Cond",
         "Recheck Cond", "Presorted Key")  # fmt: skip
_SYSTEM = {"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"}


def needed_columns(plan: Plan, scan: Node) -> tuple[str, ...] | None:
    """Return the columns of ``scan`` that it or the nodes above it use, None if unknown.

    A scan prints all columns of the table where dropping some would cost more than it saves:
    what counts is the first list above it that differs. None too for rows that are written.
    """
    alias, own = scan.text("Alias"), scan.properties.get("Output")
    if not own or plan.root.kind == "ModifyTable":
        return None
    texts: list[str] = [str(scan.properties.get(key) or "") for key in _KEYS]
    output = own
    for above in plan.ancestors(scan):
        texts += [_text(above.properties.get(key)) for key in _KEYS]
        listed = above.properties.get("Output")
        if listed and listed != own:
            output = listed
            break
    columns = _columns([*(str(one) for one in output), *texts], alias, _names(own))
    return None if columns & _SYSTEM else tuple(sorted(columns))


def _text(value: Any) -> str:
    return " , ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _names(output: Iterable[Any]) -> set[str]:
    """Return the plain column names in the scan's own list."""
    return {
        name
        for one in output
        if (tokens := code(str(one))) and (name := identifier(tokens[-1])) is not None
        and len(tokens) in {1, 3}
    }  # fmt: skip


def _columns(texts: Iterable[str], alias: str | None, known: set[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        tokens = code(text)
        for at, token in enumerate(tokens):
            name = identifier(token)
            qualified = at > 1 and tokens[at - 1].text == "."
            mine = identifier(tokens[at - 2]) == alias if qualified else True
            if name in known and mine:
                found.add(name)
    return found
