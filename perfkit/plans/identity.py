"""What a node does, whatever way it was chosen to do it: to find it again in another plan.

Two plans of one statement differ in how tables are read and joined, in what order, with what
values. A node's key leaves that out:

* a scan is known by its table and alias, or what else it reads: a Seq Scan and an Index Scan
  of one alias match; of partitions the numbers at the end of the alias are left out;
* a join is known by the relations below it, whatever its algorithm, type and order;
* sorts, groupings and windows are known by their keys, whether hashed, sorted or incremental;
  a partial aggregate is another one than that which finishes it;
* other nodes by their kind, the relations below and their conditions, with literals and
  parameters replaced.

Equal keys are numbered in the order of the plan. Conditions of scans and joins stand in no key:
the same one may be an index condition, a filter, or a join's.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from perfkit.fingerprint import fingerprint
from perfkit.plans.times.processes import separate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Plan
    from perfkit.plans.node import Node

__all__ = ["identity"]

_JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
_APPENDS = frozenset({"Append", "Merge Append"})
_SORTS = frozenset({"Sort", "Incremental Sort"})
_GROUPS = frozenset({"Aggregate", "Group"})
_READS = ("Relation Name", "Function Name", "Table Function Name", "CTE Name", "Tuplestore Name")
_SAME_KIND = {"Gather Merge": "Gather", "Merge Append": "Append"}
#: Kinds of scans that read no table; all that read one are alike.
_OTHER_SCANS = frozenset(
    {"Function Scan", "Table Function Scan", "Values Scan", "CTE Scan", "WorkTable Scan",
     "Subquery Scan", "Named Tuplestore Scan"}
)  # fmt: skip
_NUMBER = re.compile(r"_[0-9]+\Z")
_QUALIFIER = re.compile(r'(?:\b[^\W\d][\w$]*|"(?:[^"]|"")*")\.(?=[^\W\d]|")')
_SUBPLAN = re.compile(r"\((?:init|sub)plan [^()]*\)(?:\.col\?|\.col[0-9]+)?")
_NAMED = 6  # more relations than these are counted


class _Relations(NamedTuple):
    """The relations below a node: a sum of their hashes, so that their order is no matter."""

    number: int = 0
    total: int = 0
    names: tuple[str, ...] = ()

    def __add__(self, other: object) -> _Relations:
        """Return the relations of both."""
        assert isinstance(other, _Relations)
        number = self.number + other.number
        names = tuple(sorted(self.names + other.names)) if number <= _NAMED else ()
        return _Relations(number, (self.total + other.total) % 2**64, names)

    def __str__(self) -> str:
        """Return their names if they are few."""
        return ", ".join(self.names) or f"{self.number} relations {self.total:016x}"


def identity(plan: Plan) -> list[str]:
    """Return a key for each node of ``plan``, in its order; no two are equal.

    Example:
        >>> from perfkit.plans.read import read_plan
        >>> identity(read_plan({"Plan": {"Node Type": "Seq Scan", "Relation Name": "t"}}))
        ['scan t']
    """
    scans = _scans(plan.tree)
    below = _below(plan.tree, scans)
    seen: Counter[str] = Counter()
    keys = []
    for node in plan.tree:
        key = scans[node.node_id] or _key(node, below[node.node_id])
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key} #{seen[key]}")
    return keys


def _scans(tree: Sequence[Node]) -> list[str | None]:
    """Return the keys of the nodes that read something, None for others."""
    appended = [False] * len(tree)
    found: list[str | None] = []
    for node in tree:
        if node.parent_id is not None:
            parent = tree[node.parent_id]
            appended[node.node_id] = parent.kind in _APPENDS or (
                appended[parent.node_id] and not separate(node)
            )
        found.append(_scan(node, appended=appended[node.node_id]))
    return found


def _scan(node: Node, *, appended: bool) -> str | None:
    if node.kind == "ModifyTable":
        return None
    read = next((text for key in _READS if (text := node.text(key))), None)
    alias = node.text("Alias")
    if read is None and (alias is None or node.kind not in _OTHER_SCANS):
        return None
    alias = _NUMBER.sub("", alias) if alias and appended else alias
    kind = node.kind.lower() if node.kind in _OTHER_SCANS else "scan"
    return " ".join(dict.fromkeys(part for part in (kind, read, alias) if part))


def _below(tree: Sequence[Node], scans: Sequence[str | None]) -> list[_Relations]:
    """Return the relations at and below each node, without those of InitPlans and SubPlans."""
    found = [_Relations()] * len(tree)
    for node in reversed(tree):
        scan = scans[node.node_id]
        if scan is not None:
            name = scan.removeprefix("scan ")
            found[node.node_id] += _Relations(1, _hash(name), (name,))
        if node.parent_id is not None and node.relationship not in {"InitPlan", "SubPlan"}:
            found[node.parent_id] += found[node.node_id]
    return found


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _key(node: Node, below: _Relations) -> str:
    """Return the key of a node that reads no relation itself."""
    kind = node.kind
    if kind == "ModifyTable":
        return " ".join(
            text for key in ("Operation", "Relation Name", "Alias") if (text := node.text(key))
        ).lower()
    if kind in _JOINS:
        return f"join of {below}"
    if kind in _SORTS:
        return f"sort by {_texts(node, 'Sort Key')}"
    if kind in _GROUPS:
        return _aggregate(node, below)
    conditions = _plain(node.condition or "")
    name = _SAME_KIND.get(kind, kind).lower()
    return f"{name} of {below}" + (f" where {conditions}" if conditions else "")


def _aggregate(node: Node, below: _Relations) -> str:
    partial = "partial " if node.text("Partial Mode") == "Partial" else ""
    keys = _texts(node, "Group Key") or _texts(node, "Grouping Sets")
    return f"{partial}aggregate by {keys}" if keys else f"{partial}aggregate of {below}"


def _texts(node: Node, key: str) -> str:
    """Return a list of expressions, normalised; in any order for groups, which have none."""
    value = node.properties.get(key)
    texts = [_plain(str(one)) for one in value] if isinstance(value, list) else []
    return ", ".join(sorted(texts) if key == "Group Key" else texts)


def _plain(expression: str) -> str:
    """Return an expression without values and without the aliases that VERBOSE adds."""
    return _SUBPLAN.sub("?", _QUALIFIER.sub("", fingerprint(expression)))
