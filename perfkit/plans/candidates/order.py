"""The order in which a scan's rows are wanted, and how many of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.sizes import limit_of, planned_rows, rows
from perfkit.plans.conditions import SortKey, sort_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.facts import IndexFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["Order", "flipped", "of_index", "order_above", "whole_alias"]

_PASSED = {"Gather", "Gather Merge", "Result", "LockRows"}
_APPENDS = {"Append", "Merge Append"}
_SORTS = {"Sort", "Incremental Sort"}
_JOINS = {"Nested Loop", "Hash Join", "Merge Join"}
_EXTREME = re.compile(r"(?:PARTIAL )?(?:min|max)\(([^()]+)\)")
_NUMBERED = re.compile(r"_[0-9]+\Z")
_GROUPS = {"Aggregate", "Group"}
#: A join that throws away more than this leaves too little for a Limit to be reached early.
_KEPT_BY_JOIN = 0.5
#: Nobody expects an order to survive more joins than this.
_MOST_JOINS = 8


@dataclass(frozen=True, kw_only=True)
class Order:
    """``keys`` of the sort above; ``limit`` is how many rows of it are read, None for all.

    ``groups`` is set if the limit counts groups: how many there are in all.
    """

    keys: tuple[SortKey, ...] = ()
    limit: float | None = None
    groups: float | None = None


@dataclass
class _Climb:
    """What was met on the way up from a scan; ``alias`` is the table's name there."""

    alias: str | None
    keys: tuple[SortKey, ...] = ()
    sorted: bool = False
    groups: float | None = None
    joins: int = 0
    over: bool = False

    def order(self, limit: float | None = None) -> Order:
        return Order(keys=self.keys, limit=limit, groups=self.groups)


def order_above(plan: Plan, scan: Node) -> Order:
    """Return the order that a Sort above ``scan`` makes and whether a Limit reads part of it.

    Joins that keep most of the scan's rows, grouping by the leading sort keys and DISTINCT ON
    are passed. The smallest and the largest value of a column are the first in its order.
    """
    climb = _Climb(scan.text("Alias"))
    for above in plan.ancestors(scan):
        if above.kind == "Limit":
            return climb.order(limit_of(plan, above))
        if above.kind in _SORTS:
            _sort(climb, above)
        elif above.kind in _GROUPS and not above.properties.get("Group Key"):
            extreme = _extreme(above, climb.alias)
            return Order(keys=extreme, limit=1.0) if extreme and not climb.sorted else climb.order()
        elif above.kind in _GROUPS:
            _group(climb, plan, above)
        elif above.kind in _APPENDS:
            climb.alias = whole_alias(climb.alias)
        elif above.kind == "Unique":
            climb.groups = planned_rows(plan, above)
        elif not _passes(plan, above, scan) or climb.joins >= _MOST_JOINS:
            break
        climb.joins += above.kind in _JOINS
        if climb.over:
            return Order()
    return climb.order()


def _sort(climb: _Climb, above: Node) -> None:
    keys = tuple(sort_keys(above.properties.get("Sort Key") or [], climb.alias))
    if climb.groups is not None and climb.keys:
        climb.over = not _leads(keys, climb.keys)
        climb.keys = (*keys, *(k for k in climb.keys if k.column not in {o.column for o in keys}))
    elif not climb.sorted:
        climb.keys = keys
    climb.sorted = True


def _group(climb: _Climb, plan: Plan, above: Node) -> None:
    groups = tuple(sort_keys(above.properties.get("Group Key") or [], climb.alias))
    climb.over = not groups or (climb.sorted and not _leads(climb.keys, groups))
    climb.keys = climb.keys or groups
    climb.groups = planned_rows(plan, above)


def _extreme(above: Node, alias: str | None) -> tuple[SortKey, ...]:
    """Return the one column whose minimum or maximum is all that is computed."""
    found = [_EXTREME.fullmatch(str(one)) for one in above.properties.get("Output") or []]
    columns = {match[1] for match in found if match}
    if len(columns) != 1 or not all(found):
        return ()
    return tuple(sort_keys(list(columns), alias))


def whole_alias(alias: str | None) -> str | None:
    """Return the alias of a partitioned table: that of a partition has a number behind it."""
    return None if alias is None else _NUMBERED.sub("", alias)


def of_index(index: IndexFacts, *, backward: bool) -> tuple[SortKey, ...]:
    """Return the order in which an index returns rows; only of plain lower-case columns."""
    keys = tuple(
        SortKey(column=name.strip('"'), descending=down, nulls_first=first)
        for name, down, first in zip(index.keys, index.descending, index.nulls_first, strict=False)
        if "(" not in name
    )
    if len(keys) < len(index.keys):
        return ()
    return flipped(keys) if backward else keys


def flipped(keys: Iterable[SortKey]) -> tuple[SortKey, ...]:
    """Return the keys as a backward scan sees them."""
    return tuple(
        replace(key, descending=not key.descending, nulls_first=not key.nulls_first) for key in keys
    )


def _leads(keys: tuple[SortKey, ...], groups: tuple[SortKey, ...]) -> bool:
    """Whether an index on the groups returns them in the order of ``keys``."""
    names = [key.column for key in groups]
    return 0 < len(keys) <= len(names) and {k.column for k in keys} == set(names[: len(keys)])


def _passes(plan: Plan, above: Node, scan: Node) -> bool:
    if above.kind in _PASSED:
        return True
    kind = above.text("Join Type")
    if above.kind not in _JOINS or kind not in {"Inner", "Left", "Right", "Semi"}:
        return False
    return rows(plan, above) >= _KEPT_BY_JOIN * rows(plan, scan) > 0
