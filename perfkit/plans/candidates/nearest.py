"""The nearest rows: ``ORDER BY place <-> '(1,2)' LIMIT 5`` is read off a GiST index in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates.sizes import limit_of
from perfkit.plans.candidates.usable import is_text
from perfkit.plans.conditions.operands import operand
from perfkit.plans.conditions.pieces import bare, levels
from perfkit.plans.conditions.predicate import SortKey
from perfkit.plans.conditions.values import value
from perfkit.plans.postgres_sql import code

if TYPE_CHECKING:
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.model import Node

__all__ = ["GEOMETRIC", "nearest"]

#: Types whose default GiST operator class knows distances (PostgreSQL documentation, table 64.1).
GEOMETRIC = ("point", "box", "circle", "polygon")
_DISTANCE = "<->"
_STREAMS = {"Gather", "Gather Merge", "Result", "LockRows"}
_SORTS = {"Sort", "Incremental Sort"}


def nearest(want: Want) -> tuple[SortKey, str, float] | None:
    """Return the GiST key that gives the rows by distance, its extension, and how many are read.

    None unless a Limit stops a sort by the distance of one column from one value.
    """
    sort = limit = None
    for above in want.plan.ancestors(want.node):
        if above.kind == "Limit" and sort is not None:
            limit = limit_of(want.plan, above)
            break
        if above.kind in _SORTS and sort is None:
            sort = above
        elif above.kind not in _STREAMS:
            break
    column = _measured(sort, want.alias) if sort is not None and limit is not None else None
    known = want.table.columns.get(column) if want.table and column else None
    if column is None or known is None or limit is None:
        return None
    if known.type in GEOMETRIC:
        return SortKey(column=column), "", limit
    if is_text(known.type):
        return SortKey(column=column, operator_class="gist_trgm_ops"), "pg_trgm", limit
    return None


def _measured(sort: Node, alias: str | None) -> str | None:
    """Return the column whose distance from a value is what is sorted by, ascending."""
    keys = sort.properties.get("Sort Key") or []
    tokens = bare(code(str(keys[0]))) if len(keys) == 1 else []
    at = [n for n, (t, depth) in enumerate(levels(tokens)) if depth == 0 and t.text == _DISTANCE]
    if len(at) != 1:
        return None
    sides = tokens[: at[0]], tokens[at[0] + 1 :]
    for mine, other in (sides, sides[::-1]):
        column, compared = operand(mine, alias), value(other, alias)
        if column is not None and not column.expression and compared is not None:
            return column.text
    return None
