"""What one scan of a plan would like to have: conditions, order, and how much it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.candidates.order import Order, order_above
from perfkit.plans.candidates.patterns import serves_btree
from perfkit.plans.candidates.scanned import amounts, read_conditions
from perfkit.plans.candidates.sizes import executions
from perfkit.plans.candidates.usable import usable

if TYPE_CHECKING:
    from perfkit.plans.conditions import Conditions, Predicate
    from perfkit.plans.facts import Facts, TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["LARGE_PAGES", "LARGE_ROWS", "Want", "wanted"]

#: Smaller tables are read faster than an index descended ...
LARGE_ROWS, LARGE_PAGES = 10_000, 1000
#: ... unless they are read so often that a statement reads this many rows of them.
MANY_ROWS = 1_000_000
#: An index that is read already may be made better from this many rows on.
MANY_INDEXED = 1000
_APPENDS = {"Append", "Merge Append"}
_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


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
        if self.indexed:
            return self.rows_read * self.times >= MANY_INDEXED
        if self.rows_read * self._parts >= LARGE_ROWS:
            return True
        pages = (self.table.pages if self.table else None) or _blocks(self.node)
        return self.rows_read >= self.table_rows * 0.5 and pages >= LARGE_PAGES

    @property
    def _parts(self) -> int:
        """How many tables an Append reads beside this one, itself counted."""
        above = self.plan.tree[self.node.parent_id] if self.node.parent_id is not None else None
        return len(above.children) if above and above.kind in _APPENDS else 1

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
    read = read_conditions(plan, node, table)
    found = usable(read.predicates, table, facts)
    sizes = amounts(plan, node, table)
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
        table_rows=sizes.table,
        rows_read=sizes.read,
        rows_kept=sizes.kept,
        times=executions(plan, node),
    )


def _blocks(node: Node) -> float:
    return sum(node.number(f"Shared {how} Blocks") or 0.0 for how in ("Hit", "Read"))
