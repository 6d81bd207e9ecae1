"""The shape of very many plans: each distinct tree is read once.

Reading a plan as a whole costs 0.1 to 1 ms. Plans of one statement differ in numbers and values
alone, so the tree is taken out of the text first (JSON: a decoder that skips all else; text: the
lines that begin nodes), and only a tree that was not seen before is read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from perfkit.errors import PerfkitError
from perfkit.plans.read import read_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.model import Plan

__all__ = ["Shapes", "described", "readable"]

_MOST = 200_000  # distinct trees that are remembered
_SCANS = 3  # that a description names
_LIMIT = 70


class _Node(msgspec.Struct, rename=lambda name: name.replace("_", " ").title(), frozen=True):
    """What makes a node's shape: the properties that ``plans.shape`` looks at."""

    node_type: str | None = None
    operation: str | None = None
    strategy: str | None = None
    partial_mode: str | None = None
    command: str | None = None
    join_type: str | None = None
    scan_direction: str | None = None
    custom_plan_provider: str | None = None
    relation_name: str | None = None
    index_name: str | None = None
    cte_name: str | None = msgspec.field(default=None, name="CTE Name")
    function_name: str | None = None
    table_function_name: str | None = None
    tuplestore_name: str | None = None
    parent_relationship: str | None = None
    parallel_aware: bool | None = None
    plans: list[_Node] | None = None


class _Document(msgspec.Struct, frozen=True):
    plan: _Node = msgspec.field(name="Plan")


_decode = msgspec.json.Decoder(_Document).decode
_decode_list = msgspec.json.Decoder(list[_Document]).decode
_encode = msgspec.msgpack.Encoder().encode


@dataclass
class Shapes:
    """Shapes by tree, and how each shape is described; ``unread`` counts what is no plan."""

    known: dict[bytes, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unread: int = 0

    def shape(self, text: str) -> str | None:
        """Return the shape of the plan in ``text``; None of one that is cut off or no plan."""
        tree = _tree(text)
        found = self.known.get(tree)
        if found is None:  # one that is cut off may have the outline of a whole one: not kept
            found = self._read(text)
            if found is not None:
                self._keep(tree, found)
        self.unread += found is None
        return found

    def _keep(self, tree: bytes, shape: str) -> None:
        if len(self.known) >= _MOST:
            self.known.clear()
        self.known[tree] = shape

    def _read(self, text: str) -> str | None:
        plan = readable(text)
        if plan is None:
            return None
        shape = plan.shape_id
        self.names.setdefault(shape, described(plan))
        return shape


def readable(text: str | None) -> Plan | None:
    """Return the plan in ``text``, None if it is none or its end is missing."""
    try:
        plan = read_plan(text or "")
    except PerfkitError:
        return None
    return None if plan.lost else plan


def described(plan: Plan) -> str:
    """Return the scans of a plan in few words: ``Seq Scan on orders, Hash Join, ...``."""
    named = []
    for node in plan.tree:
        index, relation = node.text("Index Name"), node.relation
        if relation and node.kind != "ModifyTable":
            using = f" using {index}" if index else ""
            named.append(f"{node.node_type}{using} on {relation}")
        elif node.kind in {"Hash Join", "Merge Join", "Nested Loop"}:
            named.append(node.node_type)
        elif node.kind == "Bitmap Index Scan" and named and index:
            named[-1] = f"{named[-1]} by {index}"
    parts = list(dict.fromkeys(named)) or [plan.root.node_type]
    parts.sort(key=lambda part: " on " not in part)  # stable: scans first
    text = ", ".join(parts[:_SCANS]) + (", ..." if len(parts) > _SCANS else "")
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"


def _tree(text: str) -> bytes:
    """Return a key that plans of one tree share; plans of different trees never do."""
    start = text.lstrip()[:1]
    try:
        if start == "{":
            return _digest(_encode(_decode(text)))
        if start == "[":
            return _digest(_encode(_decode_list(text)))
    except (msgspec.MsgspecError, RecursionError):
        return _digest(text.encode("utf-8", "surrogatepass"))
    if "(cost=" not in text:
        return _digest(text.encode("utf-8", "surrogatepass"))
    return _digest("\n".join(_outline(text[_begin(text) :])).encode("utf-8", "surrogatepass"))


def _outline(text: str) -> Iterator[str]:
    """Yield the lines that begin a node or a part of the plan (InitPlan, CTE), without numbers."""
    for line in text.split("\n"):
        node, found, _ = line.partition("(cost=")
        if found or ":" not in line:
            yield node


def _begin(text: str) -> int:
    """Return where the line of the first node begins: above it stands the statement."""
    return text.rfind("\n", 0, text.index("(cost=")) + 1


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
