"""The keys of an Aggregate: one list, or the grouping sets that JSON nests."""

from __future__ import annotations

from typing import Any

from perfkit.plans.reading.values import items

__all__ = ["KEY_LINES", "with_grouping"]

#: The lines that tell what an Aggregate groups by.
KEY_LINES = frozenset({"Group Key", "Hash Key", "Sort Key"})


def with_grouping(root: dict[str, Any]) -> dict[str, Any]:
    """Replace the collected key lines of every node below ``root`` by what JSON has."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        if "Grouping Sets" in node:
            node.update(_keys(node.pop("Grouping Sets")))
    return root


def _keys(lines: list[tuple[int, str, str]]) -> dict[str, Any]:
    if len(lines) == 1 and lines[0][1] == "Group Key" and lines[0][2] != "()":
        return {"Group Key": items(lines[0][2])}
    sets: list[dict[str, Any]] = []
    last = (0, "")
    for place, key, value in lines:
        columns = [] if value == "()" else items(value)
        if key == "Sort Key":
            sets.append({key: columns})
        elif key == "Hash Key":  # every hash table has one set of keys
            sets.append({"Hash Keys": [columns]})
        elif last[1] == "Sort Key" or last == (place, key):
            sets[-1].setdefault("Group Keys", []).append(columns)
        else:
            sets.append({"Group Keys": [columns]})
        last = (place, key)
    return {"Grouping Sets": sets}
