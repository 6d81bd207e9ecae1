"""Indexes on the join columns of a table that is read whole for the sake of a few rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.build import build, explained, whole_table
from perfkit.plans.candidates.composite import equal_keys, narrowing_keys
from perfkit.plans.candidates.keys import MAX_COLUMNS
from perfkit.plans.candidates.order import whole_alias
from perfkit.plans.candidates.selectivity import combined, distinct
from perfkit.plans.candidates.sizes import rows
from perfkit.plans.candidates.usable import usable
from perfkit.plans.candidates.want import LARGE_ROWS, MANY_ROWS
from perfkit.plans.conditions import Predicate, conditions

if TYPE_CHECKING:
    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.model import Node

__all__ = ["lookup"]

#: Looking rows up one by one costs about this many times what reading them in a row does:
#: random_page_cost (4) and the descent of the index.
LOOKUP_SHARE = 0.05
_JOINS = {"Nested Loop": "Join Filter", "Hash Join": "Hash Cond", "Merge Join": "Merge Cond"}
_APPENDS = {"Append", "Merge Append"}
_PASSED = {"Hash", "Sort", "Incremental Sort", "Materialize", "Gather", "Gather Merge"}
# Which child may be looked up row by row: not the one whose rows all have to be kept.
_OUTER, _INNER = 0, 1
_SIDES = {
    "Inner": {_OUTER, _INNER}, "Semi": {_OUTER, _INNER}, "Left": {_INNER}, "Anti": {_INNER},
    "Right": {_OUTER}, "Right Semi": {_OUTER}, "Right Anti": {_OUTER},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Join:
    """``others`` is how many rows the other side has, ``before`` what is read of this side."""

    node: Node
    found: tuple[Predicate, ...]
    others: float
    before: float


def lookup(want: Want) -> Candidate | None:
    """Return an index by which the other side of the join could look the rows up."""
    join = _join(want) if want.node.kind == "Seq Scan" else None
    if join is None or max(join.before, want.rows_read) < LARGE_ROWS:
        return None
    if want.rows_read < LARGE_ROWS and join.before < MANY_ROWS:
        return None
    both = (*join.found, *(p for p in want.sorted_found if p.source != "column"))
    equal = equal_keys(want, both)
    joined = {p.column for p in join.found}
    if not joined & {key.column for key in equal}:
        return None
    keys = [*equal, *narrowing_keys(want, want.sorted_found, equal)][:MAX_COLUMNS]
    after = _after(want, join)
    if after + join.others > LOOKUP_SHARE * join.before:
        return None
    built = build(want, keys, min(len(equal), len(keys)), "")
    found = replace(built, rows_after=after, notes=())
    read = replace(want, rows_read=join.before)
    return explained(read, found, "Looks up the rows that the join needs")


def _join(want: Want) -> _Join | None:
    child, alias = want.node, want.alias
    for above in want.plan.ancestors(want.node):
        if above.kind in _JOINS:
            return _described(want, above, child, alias)
        if above.kind in _APPENDS:
            alias = whole_alias(alias)
        elif above.kind not in _PASSED and not _made_unique(above):
            return None
        child = above
    return None


def _made_unique(above: Node) -> bool:
    """Whether the node only removes duplicates, as EXISTS and IN do before a join."""
    groups = above.properties.get("Group Key")
    return above.kind == "Aggregate" and bool(groups) and above.properties.get("Output") == groups


def _described(want: Want, above: Node, child: Node, alias: str | None) -> _Join | None:
    plan, side = want.plan, above.children.index(child.node_id)
    if len(above.children) <= _INNER or side not in _SIDES.get(
        above.text("Join Type") or "", set()
    ):
        return None
    read = conditions(above.text(_JOINS[above.kind]), alias)
    equal = [p for p in read.predicates if p.kind == "equality" and p.source == "column"]
    found = usable(equal, want.table, want.facts)
    if not found:
        return None
    others = rows(plan, plan.tree[above.children[1 - side]])
    looped = above.kind == "Nested Loop" and side == _INNER
    return _Join(
        node=above,
        found=tuple(found),
        others=others,
        before=want.rows_read * (max(others, 1.0) if looped else 1.0),
    )


def _after(want: Want, join: _Join) -> float:
    """Return the rows that all lookups together read."""
    table = whole_table(want)
    several = [
        found
        for p in join.found
        if table and (found := distinct(table.columns.get(p.column), want.table_rows)) is not None
    ]
    if not several:
        return max(rows(want.plan, join.node), join.others)
    each = want.table_rows / max(*several, 1.0)
    inside = combined([p for p in want.found if p.source != "column"], want.table)
    return join.others * each * (1.0 if inside is None else inside)
