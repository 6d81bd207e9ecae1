"""A plan whose indentation was lost (a chat, a web page) -> its lines further in again.

Nodes are printed depth first, and most kinds have a number of inputs of their own: that tells
who hangs on whom. It does not where an Append, a SubPlan or a node of an extension could end
anywhere; then all nodes are put below the first one, and that is said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit.plans.reading.heads import described, head_of
from perfkit.plans.reading.inputs import NEEDED
from perfkit.plans.reading.logical import Line, footer_rows, key_of, marker_of
from perfkit.plans.reading.sections import SUMMARY

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RESTORED", "indented"]

RESTORED = (
    "The indentation is lost: which node is below which was told from the number of inputs "
    "that each has."
)
UNKNOWN = (
    "The indentation is lost, and with it which node is below which: all were put below the "
    "first one."
)
_LEAVES = frozenset(
    ["Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Tid Scan",
     "Tid Range Scan", "Function Scan", "Table Function Scan", "Values Scan", "CTE Scan",
     "WorkTable Scan", "Named Tuplestore Scan", "Foreign Scan"]
)  # fmt: skip
#: Only below a node, with what belongs to it.
_OWN = frozenset(
    ["Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "TID Cond", "Join Filter", "Filter",
     "One-Time Filter", "Rows Removed by Filter", "Sort Key", "Sort Method", "Group Key", "Output",
     "Heap Fetches", "Buffers", "I/O Timings", "Sampling", "Window", "Storage", "Relations",
     "Remote SQL"]
)  # fmt: skip
_EITHER = frozenset({"SetOp"})  # two inputs since 18, one before
_BITMAPS = frozenset({"BitmapAnd", "BitmapOr"})
_STEP, _WITHIN = 6, 2  # how far in EXPLAIN prints a child, and a node's own lines


def indented(lines: Sequence[Line]) -> tuple[Sequence[Line], tuple[str, ...]]:
    """Return ``lines`` at places that tell the tree, and what to say where these are not theirs."""
    arrows = [line for line in lines if line.text.startswith("->")]
    if len({line.place for line in arrows}) > 1 or not _is_flat(lines, arrows):
        return lines, ()
    restored = _Tree(lines).places()
    if restored is None:
        return _Flat(lines).places() or lines, (UNKNOWN,)
    return restored, (RESTORED,)


def _is_flat(lines: Sequence[Line], arrows: Sequence[Line]) -> bool:
    """Whether a node's own line stands where the first node does, or too many nodes below it."""
    beside = [line for line in lines[1:] if line.place <= lines[0].place + 1]
    if any(_is_first(line) for line in beside):
        return False  # several plans
    if any(_is_of_a_node(line) for line in beside if line.place <= lines[0].place):
        return True
    if any(NEEDED.get(_kind(line)) for line in arrows[:-1]):
        return True
    root = _kind(lines[0])
    most = 0 if root in _LEAVES else NEEDED.get(root, math.inf) + (root in _EITHER)
    below = len(arrows) - sum(marker_of(line.text) is not None for line in lines)
    return below > most and root != "ModifyTable"  # up to 13 it has one input per table


def _is_first(line: Line) -> bool:
    if line.text.startswith("->") or key_of(line.text) is not None:
        return False
    head = head_of(line.text)
    return head is not None and bool(head.counts)


def _is_of_a_node(line: Line) -> bool:
    """Whether the line is one that EXPLAIN prints further in than the node it belongs to."""
    pair = key_of(line.text)
    return pair is not None and pair[0] in _OWN


def _kind(line: Line) -> str:
    head = head_of(line.text)
    return str(described(head.what)["Node Type"]) if head is not None else ""


class _Flat:
    """Puts every node below the first one."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.base = lines[0].place
        self.place = self.base  # of the last node
        self.below = False  # behind the nodes

    def places(self) -> list[Line] | None:
        """Return the lines at their new places; None where these cannot be told."""
        found: list[Line] = []
        for number, line in enumerate(self.lines):
            place = self._place(line) if number or line.text.startswith("->") else self._root(line)
            if place is None:
                return None
            found.append(Line(place, line.text))
        return found

    def _place(self, line: Line) -> int | None:
        if line.text.startswith("->"):
            depth = self.depth(_kind(line))
            if depth is None:
                return None
            self.place = self.base + _STEP * depth
            return self.place
        if marker := marker_of(line.text):
            depth = self.owned(marker)
            return None if depth is None else self.base + _STEP * depth + _WITHIN
        pair = key_of(line.text)
        if (pair is not None and pair[0] in SUMMARY) or footer_rows(line.text) is not None:
            self.below = True
            return self.base
        return (self.base if self.below else self.place) + _WITHIN

    def _root(self, line: Line) -> int:
        self.depth(_kind(line))
        return self.base

    def depth(self, kind: str) -> int | None:
        """Return how deep a node of ``kind`` is that stands behind those before."""
        return int(bool(kind))

    def owned(self, _marker: str) -> int | None:
        """Return how deep the node is that a subplan hangs on."""
        return 0


class _Tree(_Flat):
    """Puts every node below the last one that lacks an input."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__(lines)
        self.open: list[dict[str, Any]] = []  # depth, inputs that are missing, those found
        self.last: dict[str, Any] = {}
        self.owner: dict[str, Any] | None = None  # of the subplan whose name was read

    def depth(self, kind: str) -> int | None:
        parent = self.owner or self._parent(kind)
        if parent is None and self.last:
            return None
        if parent is not None and self.owner is None:
            parent["found"] += 1
            parent["missing"] -= 1
        self.owner = None
        missing = self._inputs(kind)
        if missing is None:
            return None
        depth = 0 if parent is None else parent["depth"] + 1
        self.last = {"depth": depth, "missing": missing, "found": 0, "kind": kind}
        self.open.append(self.last)
        return depth

    def _parent(self, kind: str) -> dict[str, Any] | None:
        while self.open and (not self.open[-1]["missing"] or self._closes(kind)):
            self.open.pop()
        return self.open[-1] if self.open else None

    def _closes(self, kind: str) -> bool:
        return self.open[-1]["kind"] in _BITMAPS and kind != "Bitmap Index Scan"

    def _inputs(self, kind: str) -> float | None:
        """Return how many inputs ``kind`` has; None where the lines cannot tell."""
        if kind in _BITMAPS:
            return None if any(one["kind"] in _BITMAPS for one in self.open) else math.inf
        if (kind in NEEDED or kind in _LEAVES) and kind not in _EITHER:
            return NEEDED.get(kind, 0)
        if any(one["missing"] for one in self.open):
            return None
        return 1 if kind == "Result" else math.inf

    def owned(self, marker: str) -> int | None:
        """InitPlans and CTEs are printed above a node's inputs; a SubPlan could be of anyone."""
        self._parent("")
        fresh = [one for one in (*self.open[-1:], self.last) if not one.get("found", 1)]
        if not fresh or marker.startswith("SubPlan"):
            return None
        self.owner = fresh[0]
        return int(self.owner["depth"])
