"""What a scan reads now: its conditions and its rows, also where nothing was executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.candidates.selectivity import combined
from perfkit.plans.candidates.sizes import limit_of, processes, removed, rows
from perfkit.plans.conditions import Conditions, conditions

if TYPE_CHECKING:
    from perfkit.plans.facts import TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["Amounts", "amounts", "read_conditions"]

# The planner's cost per row of a table of ordinary rows, a hundred to a page of cost 1: what
# is left to go by if neither statistics nor ANALYZE tell its size.
_COST_PER_ROW = 0.0225
_STREAMS = {"Gather", "Gather Merge", "Result", "Append", "Merge Append", "LockRows"}
_CONDITIONS = ("Index Cond", "Recheck Cond")


class Amounts(NamedTuple):
    """Rows of the table, those read of it, and those kept, per execution."""

    table: float
    read: float
    kept: float


def read_conditions(plan: Plan, node: Node, table: TableFacts | None) -> Conditions:
    """Return the conditions of index and filter; a recheck repeats those of the index.

    What the predicate of a partial index guarantees is not printed: it is taken from ``table``.
    """
    alias = node.text("Alias")
    texts = [node.text(key) for key in (*_CONDITIONS, "Filter")]
    parts = [conditions(text, alias) for text in dict.fromkeys(t for t in texts if t)]
    parts.append(conditions(_guaranteed(plan, node, table)))
    found = dict.fromkeys(p for part in parts for p in part.predicates)
    return Conditions(
        predicates=tuple(found),
        alternatives=tuple(one for part in parts for one in part.alternatives),
        unread=sum(part.unread for part in parts),
    )


def amounts(plan: Plan, node: Node, table: TableFacts | None) -> Amounts:
    """Return the rows; measured, or by the planner's estimates and the statistics."""
    kept, lost = rows(plan, node), removed(plan, node)
    total = table.rows if table and table.rows is not None else _guessed(plan, node, kept)
    if lost is None:
        return Amounts(total, max(_estimated(plan, node, table, total), kept), kept)
    return Amounts(max(total if table else 0.0, kept + lost), kept + lost, kept)


def _guaranteed(plan: Plan, node: Node, table: TableFacts | None) -> str | None:
    """Return the predicate of the partial index that the scan uses."""
    if table is None or node.kind == "Seq Scan":
        return None
    names = {below.text("Index Name") for below in plan.below(node)}
    used = [index for index in table.indexes if index.name in names]
    return used[0].predicate if len(used) == 1 else None


def _guessed(plan: Plan, node: Node, kept: float) -> float:
    """Return the rows of a table of which only the planner's cost is known."""
    if node.kind != "Seq Scan" or not node.text("Filter"):
        return kept
    return max((node.number("Total Cost") or 0.0) * processes(plan, node) / _COST_PER_ROW, kept)


def _estimated(plan: Plan, node: Node, table: TableFacts | None, total: float) -> float:
    """Return what a scan reads by the planner's estimates: a Limit right above stops it early."""
    kept = max(rows(plan, node), 1.0)
    share = 1.0 if node.kind == "Seq Scan" else _entered(plan, node, table)
    if share is None:
        return kept
    for above in plan.ancestors(node):
        if above.kind == "Limit":
            return total * share * min(limit_of(plan, above) / kept, 1.0)
        if above.kind not in _STREAMS:
            break
    return total * share


def _entered(plan: Plan, node: Node, table: TableFacts | None) -> float | None:
    """Return the share of the table that the index of the scan is read for, None if unknown."""
    if table is None:
        return None
    entered = next((node.text(key) for key in _CONDITIONS if node.text(key)), None)
    inside = conditions(entered, node.text("Alias"))
    guaranteed = conditions(_guaranteed(plan, node, table))
    if inside.unread or inside.alternatives:
        return None
    return combined((*inside.predicates, *guaranteed.predicates), table)
