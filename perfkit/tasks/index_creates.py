"""Indexes that slow statements ask for: candidates from their generic plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates import Candidate, candidate
from perfkit.plans.scans import LARGE_ROWS, REMOVED_SHARE
from perfkit.probes.column_stats import column_stats
from perfkit.probes.slow_statements import SlowStatement, generic_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.conditions import SortKey
    from perfkit.plans.model import Node, Plan
    from perfkit.probes.catalog import Index, Table
    from perfkit.probes.server import Server

__all__ = ["Proposal", "proposals"]

# The planner's own figure: the leader spends 30 % of its time on each worker (costsize.c).
_LEADER_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One index for one statement.

    ``cost_share`` is the share of the plan's cost that the scan has: of the statement's time
    at most that much can be saved.
    """

    candidate: Candidate
    statement: SlowStatement
    plan: Plan
    cost_share: float
    table_rows: float

    @property
    def saves_ms(self) -> float:
        """Estimate of the time saved per execution."""
        return self.statement.mean_ms * self.cost_share


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What exists already."""

    indexes: Sequence[Index]
    tables: Mapping[tuple[str, str], Table]


def proposals(
    connection: Connection,
    server: Server,
    statements: Iterable[SlowStatement],
    existing: Catalogue,
) -> tuple[list[Proposal], int]:
    """Return one candidate per statement at most, and how many statements had no plan."""
    found: list[Proposal] = []
    without_plan = 0
    for statement in statements:
        plan = generic_plan(connection, server, statement.text)
        if plan is None:
            without_plan += 1
            continue
        proposal = _best(plan, statement, existing)
        if proposal is not None:
            found.append(_ordered(connection, proposal))
    return [p for p in found if not _covered(p.candidate, existing.indexes)], without_plan


def _best(plan: Plan, statement: SlowStatement, existing: Catalogue) -> Proposal | None:
    """Return the candidate for the most expensive scan that keeps few rows."""
    best: Proposal | None = None
    for node in plan.tree:
        table = existing.tables.get((node.text("Schema") or "", node.relation or ""))
        if node.kind != "Seq Scan" or table is None or not _selective(plan, node, table.rows):
            continue
        wanted = candidate(plan, node)
        share = _cost_share(plan, node)
        if wanted is not None and (best is None or share > best.cost_share):
            best = Proposal(
                candidate=wanted, statement=statement, plan=plan, cost_share=share,
                table_rows=table.rows,
            )  # fmt: skip
    return best


def _selective(plan: Plan, node: Node, rows: float) -> bool:
    kept = (node.number("Plan Rows") or 0.0) * _processes(plan, node)
    return rows >= LARGE_ROWS and kept <= (1 - REMOVED_SHARE) * rows


def _processes(plan: Plan, node: Node) -> float:
    """Return by how much the planner divided the rows of a parallel scan."""
    if not node.properties.get("Parallel Aware"):
        return 1.0
    planned = (above.number("Workers Planned") for above in plan.ancestors(node))
    workers = next((count for count in planned if count), 0.0)
    return workers + max(1.0 - _LEADER_SHARE * workers, 0.0)


def _cost_share(plan: Plan, node: Node) -> float:
    whole = plan.root.number("Total Cost") or 0.0
    return min((node.number("Total Cost") or 0.0) / whole, 1.0) if whole else 0.0


def _ordered(connection: Connection, proposal: Proposal) -> Proposal:
    """Put the columns with most values first; behind one that leaves a single row, none helps."""
    wanted = proposal.candidate
    known = column_stats(connection, wanted.schema or "", wanted.table)
    distinct = {name: stats.estimate(proposal.table_rows) for name, stats in known.items()}
    keys: list[SortKey] = []
    left = proposal.table_rows
    for key in sorted(
        wanted.keys[: wanted.equality], key=lambda key: -distinct.get(key.column, 0.0)
    ):
        keys.append(key)
        left /= max(distinct.get(key.column, 1.0), 1.0)
        if left <= 1:
            break
    equality = len(keys)
    keys += wanted.keys[wanted.equality :] if left > 1 else ()
    return replace(proposal, candidate=replace(wanted, keys=tuple(keys), equality=equality))


def _covered(wanted: Candidate, existing: Iterable[Index]) -> bool:
    """Whether an index begins with the same columns: the planner knew it and passed it over."""
    names = wanted.columns
    return any(
        index.table == wanted.table
        and index.schema == wanted.schema
        and index.valid
        and index.predicate is None
        and {key.expression for key in index.keys[: wanted.equality]}
        == set(names[: wanted.equality])
        and [key.expression for key in index.keys[wanted.equality : len(names)]]
        == list(names[wanted.equality :])
        for index in existing
    )
