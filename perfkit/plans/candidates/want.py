"""What one scan of a plan would like to have: conditions, order, and how much it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.candidates.order import Order, order_above
from perfkit.plans.candidates.patterns import serves_btree
from perfkit.plans.candidates.selectivity import combined
from perfkit.plans.candidates.sizes import executions, limit_of, processes, removed, rows
from perfkit.plans.candidates.usable import usable
from perfkit.plans.conditions import Conditions, Predicate, conditions

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts, TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["LARGE_PAGES", "LARGE_ROWS", "Want", "wanted"]

#: Smaller tables are read faster than an index descended ...
LARGE_ROWS, LARGE_PAGES = 10_000, 1000
#: ... unless they are read so often that a statement reads this many rows of them.
MANY_ROWS = 1_000_000
# The planner's cost per row of a table of ordinary rows, a hundred to a page of cost 1: what
# is left to go by if neither statistics nor ANALYZE tell its size.
_COST_PER_ROW = 0.0225
_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
_STREAMS = {"Gather", "Gather Merge", "Result", "Append", "Merge Append", "LockRows"}
_CONDITIONS = ("Index Cond", "Recheck Cond")


@dataclass(frozen=True, kw_only=True)
class Want:
    """One scan: rows are per execution, of all processes.

    ``table_rows`` is the size of the table as far as it is known, ``rows_read`` what the scan
    reads of it, ``rows_kept`` what is left of that. ``found`` are the predicates an index can
    serve, ``complete`` says that they are all there are.
    """

    plan: Plan
    node: Node
    schema: str | None
    relation: str
    table: TableFacts | None
    facts: Facts
    conditions: Conditions
    found: tuple[Predicate, ...]
    complete: bool
    order: Order
    table_rows: float
    rows_read: float
    rows_kept: float
    times: float

    @property
    def alias(self) -> str | None:
        """The name under which the plan's conditions know the table."""
        return self.node.text("Alias")

    @property
    def indexed(self) -> bool:
        """Whether the scan uses an index already."""
        return self.node.kind != "Seq Scan"

    @property
    def large(self) -> bool:
        """Whether it reads enough for an index to be worth it."""
        if self.rows_read * self.times >= MANY_ROWS or self.rows_read >= LARGE_ROWS:
            return True
        pages = (self.table.pages if self.table else None) or _blocks(self.node)
        return self.rows_read >= self.table_rows * 0.5 and pages >= LARGE_PAGES

    @property
    def sorted_found(self) -> tuple[Predicate, ...]:
        """The predicates that a b-tree serves."""
        return tuple(p for p in self.found if serves_btree(p))


def wanted(plan: Plan, node: Node, facts: Facts) -> Want | None:
    """Return what ``node`` wants, None if it scans no table that could have an index."""
    schema = node.text("Schema")
    system = (schema or "").startswith("pg_") or schema == "information_schema"
    if node.kind not in _SCANS or node.relation is None or node.loops == 0 or system:
        return None
    table = facts.of(node)
    whole = facts.whole(table) if table else None
    read = _read(node)
    found = usable(read.predicates, table, facts)
    return Want(
        plan=plan,
        node=node,
        schema=whole.schema if whole else schema,
        relation=whole.name if whole else node.relation,
        table=table,
        facts=facts,
        conditions=read,
        found=tuple(found),
        complete=not read.unread and not read.alternatives and len(found) == len(read.predicates),
        order=order_above(plan, node),
        **_amounts(plan, node, table),
    )


def _read(node: Node) -> Conditions:
    """Return the conditions of index and filter; a recheck repeats those of the index."""
    alias = node.text("Alias")
    texts = [node.text(key) for key in (*_CONDITIONS, "Filter")]
    parts = [conditions(text, alias) for text in dict.fromkeys(t for t in texts if t)]
    found = dict.fromkeys(p for part in parts for p in part.predicates)
    return Conditions(
        predicates=tuple(found),
        alternatives=tuple(one for part in parts for one in part.alternatives),
        unread=sum(part.unread for part in parts),
    )


def _amounts(plan: Plan, node: Node, table: TableFacts | None) -> dict[str, float]:
    kept, lost = rows(plan, node), removed(plan, node)
    total = table.rows if table and table.rows is not None else _guessed(plan, node, kept)
    if lost is not None:
        total = max(total if table else 0.0, kept + lost)
    read = _estimated(plan, node, table, total) if lost is None else kept + lost
    return {
        "table_rows": total,
        "rows_read": max(read, kept),
        "rows_kept": kept,
        "times": executions(plan, node),
    }


def _guessed(plan: Plan, node: Node, kept: float) -> float:
    """Return the rows of a table of which only the planner's cost is known."""
    if node.kind != "Seq Scan" or not node.text("Filter"):
        return kept
    return max((node.number("Total Cost") or 0.0) * processes(plan, node) / _COST_PER_ROW, kept)


def _estimated(plan: Plan, node: Node, table: TableFacts | None, total: float) -> float:
    """Return what a scan reads by the planner's estimates: a Limit right above stops it early."""
    kept = max(rows(plan, node), 1.0)
    entered = [node.text(key) for key in _CONDITIONS if node.text(key)][:1]
    inside = conditions(entered[0] if entered else None, node.text("Alias"))
    share = 1.0 if node.kind == "Seq Scan" else combined(inside.predicates, table)
    if node.kind != "Seq Scan" and (table is None or share is None):
        return kept
    read = total * (1.0 if share is None else share)
    for above in plan.ancestors(node):
        if above.kind == "Limit":
            return read * min(limit_of(plan, above) / kept, 1.0)
        if above.kind not in _STREAMS:
            break
    return read


def _blocks(node: Node) -> float:
    return sum(node.number(f"Shared {how} Blocks") or 0.0 for how in ("Hit", "Read"))
