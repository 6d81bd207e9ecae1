"""Read a plan as people have it: from EXPLAIN, from auto_explain, out of a psql window."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import BadRecord, EmptyInput, InputError, UnknownFormat
from perfkit.plans.model import Node, Plan
from perfkit.plans.text_plan import text_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "read_plan"]

#: Beyond these a text is no plan that a person or a log ever held.
MAX_BYTES = 10_000_000
MAX_NODES = 20_000
MAX_DEPTH = 300

_HINT = "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) SELECT ..."
_STATEMENT = "Query Text"
_NUMBERS = (
    "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Actual Startup Time",
    "Actual Total Time", "Actual Rows", "Actual Loops", "Rows Removed by Filter",
    "Rows Removed by Join Filter", "Rows Removed by Index Recheck", "Shared Hit Blocks",
    "Shared Read Blocks", "Temp Read Blocks", "Temp Written Blocks", "Sort Space Used",
    "Workers Planned", "Workers Launched",
)  # fmt: skip
_LARGEST = 1e18  # rows, blocks or ms: nothing that was measured is larger

# A line of psql's aligned output: "| ... +|", "║ ... ↵║", " ... +".
_EDGES = re.compile(r"^[ \t]*[|│║]?|[ \t]*[+↵]?[ \t]*[|│║]?[ \t]*$", re.MULTILINE)
_FRAME = re.compile(r"^[ \t]*[|│║] |[ \t]*[+↵]?[ \t]*[|│║]?[ \t]*$", re.MULTILINE)
_START = re.compile(r"\[\s*\{|\{\s*\"")
_QUALIFIED = re.compile(
    r'\b(?:from|join|update|into)\s+(?:only\s+)?"?([\w$]+)"?\."?([\w$]+)"?', re.IGNORECASE
)
_TRIES = 50


def read_plan(text_or_json: str | bytes | list[Any] | Mapping[str, Any]) -> Plan:
    """Return the plan in ``text_or_json``.

    Understood are documents of ``EXPLAIN (FORMAT JSON)``, decoded or as text, also with
    psql's borders and ``+`` around them or pgAdmin's doubled quotes, and the JSON of
    auto_explain, also with its log line in front; and the text that EXPLAIN and auto_explain
    print otherwise.

    Raises:
        EmptyInput: there is nothing in it.
        UnknownFormat: it holds no plan.
        InputError: it holds several plans, or is larger than 10 MB, 20,000 nodes or 300 levels.
        BadRecord: a node lacks its type, or a number in it is none.

    Example:
        >>> read_plan('[{"Plan": {"Node Type": "Result"}}]')
        <Plan: Result, 1 nodes>
    """
    document = _document(text_or_json)
    rest = {key: value for key, value in document.items() if key not in {"Plan", _STATEMENT}}
    statement = document.get(_STATEMENT)
    tree = _tree(document["Plan"])
    if isinstance(statement, str):
        _add_schemas(tree, statement)
    return Plan(
        tree=tree,
        document=_checked(rest, "the plan", ("Planning Time", "Execution Time")),
        statement=statement if isinstance(statement, str) else None,
    )


def _document(source: Any) -> Mapping[str, Any]:
    if isinstance(source, bytes):
        source = source.decode("utf-8", "replace")
    value = _decoded(source) if isinstance(source, str) else source
    if isinstance(value, list):
        if len(value) > 1:
            raise InputError(
                f"read_plan: there are {len(value)} plans in it", hint="pass one of them"
            )
        value = value[0] if value else None
    if not _is_document(value):
        raise UnknownFormat("read_plan: this is no plan in JSON", hint=_HINT)
    assert isinstance(value, dict)
    return value


def _is_document(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Plan"), dict)


def _decoded(text: str) -> Any:
    if len(text) > MAX_BYTES:
        raise InputError(f"read_plan: the text is larger than {MAX_BYTES:,} bytes", hint=_HINT)
    if not text.strip():
        raise EmptyInput("read_plan: the text is empty", hint=_HINT)
    try:
        return json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        return _unwrapped(text)


def _unwrapped(text: str) -> Any:
    """Find the JSON in a paste: behind a log prefix, in a frame, with doubled quotes."""
    bare = _EDGES.sub("", text)
    for candidate in dict.fromkeys((text, bare, bare.replace('""', '"'))):
        found = list(_documents(candidate))
        if found:
            return found
    for candidate in (text, _FRAME.sub("", text)):  # in text the indentation says who is whose
        if (document := text_document(candidate)) is not None:
            return document
    raise UnknownFormat("read_plan: there is no complete plan in the text", hint=_HINT)


def _documents(text: str) -> Iterator[Any]:
    """Yield the documents in ``text``; brackets of log prefixes are tried and passed over."""
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_TRIES):
        start = _START.search(text, position)
        if start is None:
            return
        position = start.start() + 1
        try:
            value, end = decoder.raw_decode(text, start.start())
        except ValueError:
            continue
        except RecursionError:
            raise _too_deep() from None
        found = [item for item in _listed(value) if _is_document(item)]
        yield from found
        position = end if found else position


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _tree(root: Mapping[str, Any]) -> list[Node]:
    """Return the nodes depth-first, without recursion: the depth is the input's."""
    tree: list[Node] = []
    waiting: list[tuple[Any, int | None, int]] = [(root, None, 0)]
    while waiting:
        plan, parent_id, depth = waiting.pop()
        node = _node(plan, len(tree), parent_id, depth)
        tree.append(node)
        if parent_id is not None:
            tree[parent_id].children.append(node.node_id)
        children = plan.get("Plans") or []
        if not isinstance(children, list):
            raise BadRecord(f"read_plan: 'Plans' of node {node.node_id} is no list")
        waiting.extend((child, node.node_id, depth + 1) for child in reversed(children))
        if len(tree) + len(waiting) > MAX_NODES:
            raise InputError(f"read_plan: the plan has more than {MAX_NODES:,} nodes")
    return tree


def _add_schemas(tree: list[Node], statement: str) -> None:
    """Name the schema of tables where the plan does not (no VERBOSE) and the statement does."""
    said: dict[str, set[str]] = {}
    for schema, table in _QUALIFIED.findall(statement):
        said.setdefault(table, set()).add(schema)
    for number, node in enumerate(tree):
        schemas = said.get(node.relation or "", set())
        if "Schema" not in node.properties and len(schemas) == 1:
            known = {**node.properties, "Schema": next(iter(schemas))}
            tree[number] = replace(node, properties=known)


def _node(plan: Any, node_id: int, parent_id: int | None, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise _too_deep()
    if not isinstance(plan, dict) or not isinstance(plan.get("Node Type"), str):
        raise BadRecord(f"read_plan: node {node_id} has no 'Node Type'", hint=_HINT)
    properties = {key: value for key, value in plan.items() if key != "Plans"}
    return Node(
        node_id=node_id,
        parent_id=parent_id,
        depth=depth,
        properties=_checked(properties, f"node {node_id}", _NUMBERS),
    )


def _checked(properties: dict[str, Any], where: str, numbers: tuple[str, ...]) -> dict[str, Any]:
    for key in numbers:
        value = properties.get(key)
        if value is not None and not _is_measure(value):
            raise BadRecord(f"read_plan: {key!r} of {where} is {str(value)[:40]!r}, not a number")
    return properties


def _is_measure(value: Any) -> bool:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return numeric and 0 <= value <= _LARGEST


def _too_deep() -> InputError:
    return InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels")
