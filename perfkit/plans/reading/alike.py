"""What TEXT and JSON, and old and new versions, print differently of the same plan, made equal.

TEXT leaves out counters that are 0 and flags that are false; JSON prints them. Where a node's
own line tells that they were counted, they are 0. Where nothing in the whole plan was touched,
TEXT cannot tell "no blocks" from "BUFFERS OFF": the zeros of JSON are left out then.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from perfkit.plans.reading.lines import BLOCKS
from perfkit.plans.reading.values import items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["alike", "alike_document"]

_OLD_TIMES = ("I/O Read Time", "I/O Write Time")
_TEMP_TIMES = ("Temp I/O Read Time", "Temp I/O Write Time")
_NEW_TIMES = (
    "Shared I/O Read Time", "Shared I/O Write Time", "Local I/O Read Time",
    "Local I/O Write Time", *_TEMP_TIMES,
)  # fmt: skip
_WAL = ("WAL Records", "WAL FPI", "WAL Bytes")
_RARE = (("WAL Buffers Full",), ("WAL FPI Bytes",))  # since 18 and 19
_REMOVED = {
    "Filter": "Rows Removed by Filter",
    "Join Filter": "Rows Removed by Join Filter",
    "Recheck Cond": "Rows Removed by Index Recheck",
    "Conflict Filter": "Rows Removed by Conflict Filter",
}
_ZERO_MS = {"Actual Startup Time": 0.0, "Actual Total Time": 0.0}
_HEAP = {"Exact Heap Blocks": 0, "Lossy Heap Blocks": 0}


def alike(tree: Sequence[dict[str, Any]], rest: Mapping[str, Any], *, text: bool) -> None:
    """Make the properties of all nodes equal; ``tree`` is depth-first, ``rest`` the document.

    With ``text`` the plan was printed as text, and what that leaves out is completed.
    """
    for node in tree:
        node.setdefault("Parallel Aware", False)
        node.setdefault("Async Capable", False)
        if not node.get("Workers", True):
            del node["Workers"]
    if text:
        timed = any("Actual Total Time" in node for node in tree)
        for node in tree:
            _completed(node, timed=timed)
            _by_kind(node)
    if "Actual Loops" in tree[0]:
        parts = (rest.get(key) for key in ("Planning", "Serialization"))
        others = [one for one in parts if isinstance(one, dict)]
        for keys in (BLOCKS, _WAL, *_RARE, _times(tree, others)):
            _counted(tree, others, keys, text=text)


def alike_document(rest: dict[str, Any]) -> dict[str, Any]:
    """Name the execution time of 9.3 and earlier as later versions do; leave out no settings."""
    if "Total Runtime" in rest:
        rest.setdefault("Execution Time", rest.pop("Total Runtime"))
    if rest.get("Settings") == {}:
        del rest["Settings"]
    return rest


def _completed(node: dict[str, Any], *, timed: bool) -> None:
    if "Actual Loops" not in node:
        return
    if timed and not node["Actual Loops"]:
        node.update(_ZERO_MS | node)
    for condition, removed in _REMOVED.items():
        if condition in node:
            node.setdefault(removed, 0)
    kind = node["Node Type"]
    if kind in {"Index Scan", "Index Only Scan"} and "Index Cond" in node:
        node.setdefault("Rows Removed by Index Recheck", 0)
    elif kind == "Bitmap Heap Scan":
        node.update(_HEAP | node)
    elif kind == "Aggregate" and "HashAgg Batches" in node:
        node.setdefault("Disk Usage", 0)


def _by_kind(node: dict[str, Any]) -> None:
    kind = node["Node Type"]
    if kind == "Aggregate":
        node.setdefault("Partial Mode", "Simple")
        if "HashAgg Batches" in node and "Total Cost" in node:
            node.setdefault("Planned Partitions", 0)
    elif kind in {"Append", "Merge Append"}:
        node.setdefault("Subplans Removed", 0)
    elif kind == "Gather":
        node.setdefault("Single Copy", False)
    elif kind == "Function Scan" and len(items(node.get("Function Call", ""))) > 1:
        node.pop("Function Name", None)  # ROWS FROM (...): TEXT prints its alias alone


def _counted(
    tree: Sequence[dict[str, Any]],
    others: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    *,
    text: bool,
) -> None:
    """Let every node have all of ``keys`` where anything was counted, otherwise none."""
    if not any(node.get(key) for node in chain(tree, others) for key in keys):
        for node in tree:
            for key in keys:
                node.pop(key, None)
    elif text:
        zeros = dict.fromkeys(keys, 0.0 if keys[0].endswith("Time") else 0)
        for node in tree:
            if "Actual Loops" in node:
                node.update(zeros | node)


def _times(tree: Iterable[Mapping[str, Any]], others: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """Return the names that the plan's version has for the times of I/O."""
    names = {key for node in chain(tree, others) for key in node if key in _ALL_TIMES}
    if names.isdisjoint(_OLD_TIMES):
        return _NEW_TIMES
    return _OLD_TIMES if names.isdisjoint(_TEMP_TIMES) else (*_OLD_TIMES, *_TEMP_TIMES)


_ALL_TIMES = frozenset([*_OLD_TIMES, *_NEW_TIMES])
