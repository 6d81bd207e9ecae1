"""The document of EXPLAIN (FORMAT JSON) -> the nodes depth-first, checked and alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.errors import BadRecord, InputError
from perfkit.plans.model import Node
from perfkit.plans.reading.alike import alike
from perfkit.plans.reading.distributed import below
from perfkit.plans.reading.json_text import MAX_DEPTH, too_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HINT", "MAX_NODES", "checked", "nodes"]

#: Beyond this a plan is none that a planner made.
MAX_NODES = 20_000
HINT = "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) SELECT ..."
_COUNTS = (
    "Actual Rows", "Actual Loops", "Rows Removed by Filter", "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck", "Shared Hit Blocks", "Shared Read Blocks",
    "Shared Dirtied Blocks", "Shared Written Blocks", "Local Hit Blocks", "Local Read Blocks",
    "Local Dirtied Blocks", "Local Written Blocks", "Temp Read Blocks", "Temp Written Blocks",
    "Sort Space Used", "Disk Usage", "Peak Memory Usage", "Maximum Storage", "Hash Batches",
    "HashAgg Batches", "Heap Fetches", "Workers Planned", "Workers Launched", "Plan Width",
    "Actual Startup Time", "Actual Total Time", "Exact Heap Blocks", "Lossy Heap Blocks",
    "I/O Read Time", "I/O Write Time", "Shared I/O Read Time", "Shared I/O Write Time",
    "Local I/O Read Time", "Local I/O Write Time", "Temp I/O Read Time", "Temp I/O Write Time",
    "WAL Records", "WAL FPI", "WAL Bytes",
)  # fmt: skip
_ESTIMATES = ("Startup Cost", "Total Cost", "Plan Rows")
_NAMED = {"ModifyTable": ("Outer", "Member"), "Custom Scan": ("child", "children")}
_LARGEST = 1e18  # rows, blocks or ms: nothing that was measured is larger
_LARGEST_ESTIMATE = 1e200  # the planner stops at 1e100 rows (clamp_row_est)
_QUALIFIED = re.compile(
    r'\b(?:from|join|update|into)\s++(?:only\s++)?"?([\w$]++)"?\."?([\w$]++)"?', re.IGNORECASE
)


def nodes(
    root: Mapping[str, Any], rest: Mapping[str, Any], statement: str | None, *, text: bool = False
) -> list[Node]:
    """Return the nodes below ``root``, depth-first, without recursion: the depth is the input's.

    ``rest`` is the document without the plan; ``text`` tells that it was printed as text.

    Raises:
        BadRecord: a node lacks its type, or a number in it is none.
        InputError: there are more than 20,000 nodes or 300 levels.
    """
    tree: list[Node] = []
    known: list[dict[str, Any]] = []
    waiting: list[tuple[Any, int | None, int]] = [(root, None, 0)]
    while waiting:
        plan, parent_id, depth = waiting.pop()
        properties, plans = _split(plan, len(tree), depth)
        node = Node(node_id=len(tree), parent_id=parent_id, depth=depth, properties=properties)
        tree.append(node)
        known.append(properties)
        if parent_id is not None:
            tree[parent_id].children.append(node.node_id)
        waiting.extend((one, node.node_id, depth + 1) for one in reversed(plans))
        if len(tree) + len(waiting) > MAX_NODES:
            raise InputError(f"read_plan: the plan has more than {MAX_NODES:,} nodes")
    alike(known, rest, text=text)
    _name_inputs(tree, known)
    _add_schemas(known, statement)
    return tree


def _split(plan: Any, node_id: int, depth: int) -> tuple[dict[str, Any], list[Any]]:
    if depth > MAX_DEPTH:
        raise too_deep()
    if not isinstance(plan, dict) or not isinstance(plan.get("Node Type"), str):
        raise BadRecord(f"read_plan: node {node_id} has no 'Node Type'", hint=HINT)
    properties, plans = below(plan)
    if not isinstance(plans, list):
        raise BadRecord(f"read_plan: 'Plans' of node {node_id} is no list")
    checked(properties, f"node {node_id}", _COUNTS)
    checked(properties, f"node {node_id}", _ESTIMATES, _LARGEST_ESTIMATE)
    return properties, plans


def checked(
    properties: Mapping[str, Any], where: str, keys: tuple[str, ...], largest: float = _LARGEST
) -> None:
    """Raise BadRecord where one of ``keys`` is no number that can have been measured."""
    for key in keys:
        if key in properties and not _is_measure(value := properties[key], largest):
            raise BadRecord(f"read_plan: {key!r} of {where} is {str(value)[:40]!r}, not a number")


def _is_measure(value: Any, largest: float) -> bool:
    if value is None:
        return True
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return numeric and 0 <= value <= largest


def _name_inputs(tree: list[Node], known: list[dict[str, Any]]) -> None:
    """Name the inputs by their number, as 14 does: earlier versions and TEXT cannot tell."""
    for node in tree:
        if (names := _NAMED.get(node.kind)) is not None:
            inputs = [one for one in node.children if tree[one].relationship in names]
            for one in inputs:
                known[one]["Parent Relationship"] = names[len(inputs) > 1]


def _add_schemas(known: list[dict[str, Any]], statement: str | None) -> None:
    """Name the schema of tables where the plan does not (no VERBOSE) and the statement does."""
    if statement is None or "." not in statement:
        return
    said: dict[str, set[str]] = {}
    for schema, table in _QUALIFIED.findall(statement):
        said.setdefault(table, set()).add(schema)
    for node in known:
        schemas = said.get(str(node.get("Relation Name", "")), set())
        if "Schema" not in node and len(schemas) == 1:
            node["Schema"] = next(iter(schemas))
