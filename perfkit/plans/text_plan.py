"""EXPLAIN's text, as psql and auto_explain print it -> the document that FORMAT JSON gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.plans.text_node import HEAD, node_properties

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["text_document"]

_COUNTED = re.compile(r"\((?:cost=[0-9.]+ |actual (?:time|rows)=|never executed\))")
_PROPERTY = re.compile(r" *(?P<key>[A-Z][\w ]*?):(?: +(?P<value>.*))?")
#: Of a subplan: it stands above its first node, a little further in than its parent.
_SUBPLAN = re.compile(r" *(?P<name>(?P<kind>InitPlan|SubPlan|CTE) \S+)(?: \(returns .*\))?")
_BUFFERS = re.compile(r"(shared|local|temp)((?: (?:hit|read|dirtied|written)=[0-9]+)+)")
_COUNT = re.compile(r"(hit|read|dirtied|written)=([0-9]+)")
_SORT = re.compile(r"(?P<method>.+?)  (?P<where>Memory|Disk): (?P<size>[0-9]+)kB")
_TIME = re.compile(r"([0-9.]+) ms")
_NUMBERS = re.compile(
    r"Rows Removed by .*|Workers (?:Planned|Launched)|Heap Fetches|Index Searches"
)
_LISTS = frozenset({"Sort Key", "Group Key", "Presorted Key", "Output"})
_RELATIONS = {"InitPlan": "InitPlan", "CTE": "InitPlan", "SubPlan": "SubPlan"}
_MEMBERS = frozenset({"Append", "Merge Append", "BitmapAnd", "BitmapOr"})


def text_document(text: str) -> dict[str, Any] | None:
    """Return the plan in ``text`` as a document, None when there is no whole one.

    What stands before the plan (a log line, ``Query Text:``, psql's header) is left out; the
    statement behind ``Query Text:`` is kept. A line that is not understood is passed over.

    Example:
        >>> text_document("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)")["Plan"]["Alias"]
        't'
    """
    lines = text.replace("\r\n", "\n").replace("\n\t", "\n").split("\n")
    root = next((n for n, line in enumerate(lines) if _is_root(line)), None)
    if root is None:
        return None
    reader = _Reader()
    for line in lines[root:]:
        reader.take(line)
    statement = _statement(lines[:root])
    return {"Plan": reader.root, **reader.rest, **({"Query Text": statement} if statement else {})}


def _head(line: str) -> re.Match[str] | None:
    """Return the first line of a node, which has a cost or what was counted."""
    head = HEAD.fullmatch(line) if _COUNTED.search(line) else None
    return head if head and (head["cost"] or head["rows"] or head["never"]) else None


def _is_root(line: str) -> bool:
    head = _head(line)
    return head is not None and not head["arrow"]


class _Reader:
    """Takes the lines of one plan; nodes hang on the nearest one that stands further left."""

    def __init__(self) -> None:
        self.root: dict[str, Any] | None = None
        self.rest: dict[str, Any] = {}
        self._open: list[tuple[int, dict[str, Any]]] = []
        self._subplan: tuple[int, re.Match[str]] | None = None
        self._over = False

    def take(self, line: str) -> None:
        if head := _head(line):
            self._node(head)
        elif found := _SUBPLAN.fullmatch(line):
            place = len(line) - len(line.lstrip())
            self._close(place)
            self._subplan = (place, found)
        elif found := _PROPERTY.fullmatch(line):
            self._property(len(line) - len(line.lstrip()), found)

    def _node(self, head: re.Match[str]) -> None:
        place = len(head["indent"])
        if self.root is not None and not head["arrow"]:
            return  # of another plan
        node = node_properties(head)
        self._close(place)
        if self.root is None:
            self.root, place = node, place - 1
        else:
            self._hang(node, self._open[-1][1], place)
        self._open.append((place, node))

    def _hang(self, node: dict[str, Any], parent: dict[str, Any], place: int) -> None:
        siblings = parent.setdefault("Plans", [])
        if self._subplan is not None and self._subplan[0] < place:
            found = self._subplan[1]
            node["Parent Relationship"] = _RELATIONS[found["kind"]]
            node["Subplan Name"] = found["name"]
        else:
            node["Parent Relationship"] = _relationship(parent, siblings)
        self._subplan = None
        siblings.append(node)

    def _close(self, place: int) -> None:
        """Leave the nodes that stand as far right as ``place`` or further; the root stays."""
        while len(self._open) > 1 and self._open[-1][0] >= place:
            self._open.pop()

    def _property(self, place: int, found: re.Match[str]) -> None:
        key, value = found["key"], found["value"] or ""
        self._over |= place <= self._open[0][0] + 1  # "Planning:", "JIT:", times
        if key in {"Planning Time", "Execution Time"}:
            if time := _TIME.fullmatch(value):
                self.rest[key] = float(time[1])
        elif not self._over:
            self._close(place)
            node = self._open[-1][1]
            for name, plain in _plain(key, value):
                node.setdefault(name, plain)


def _relationship(parent: dict[str, Any], siblings: Iterable[dict[str, Any]]) -> str:
    if parent["Node Type"] in _MEMBERS:
        return "Member"
    if parent["Node Type"] == "Subquery Scan":
        return "Subquery"
    run = [one for one in siblings if one["Parent Relationship"] in {"Outer", "Inner"}]
    return "Inner" if run else "Outer"


def _plain(key: str, value: str) -> list[tuple[str, Any]]:
    """Return the properties that one line of text holds, as JSON names them."""
    if key == "Buffers":
        return [
            (f"{kind.capitalize()} {what.capitalize()} Blocks", int(count))
            for kind, counts in _BUFFERS.findall(value)
            for what, count in _COUNT.findall(counts)
        ]
    if key == "Sort Method" and (sort := _SORT.fullmatch(value)):
        return [
            ("Sort Method", sort["method"]),
            ("Sort Space Used", int(sort["size"])),
            ("Sort Space Type", sort["where"]),
        ]
    if _NUMBERS.fullmatch(key):
        return [(key, float(value))] if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", value) else []
    return [(key, _listed(value) if key in _LISTS else value)]


def _listed(value: str) -> list[str]:
    """Split at the commas that stand outside of parentheses and quotes."""
    parts, depth, quote = [""], 0, ""
    for sign in value:
        if quote or sign in "\"'":
            quote = "" if sign == quote else quote or sign
        depth += 0 if quote else (sign in "([") - (sign in ")]")
        if sign == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _statement(before: list[str]) -> str | None:
    text = "\n".join(before)
    _, found, statement = text.partition("Query Text: ")
    return statement.split("\nQuery Parameters: ", 1)[0].strip() or None if found else None
