"""How much executions had to do: rows and blocks of a few plans of either side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfkit.analyses.plan_changes.noise import factor, rows_explain
from perfkit.plans.times.counters import touched_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.plan_changes.history.changes import Change
    from perfkit.analyses.plan_changes.history.statement import Statement
    from perfkit.plans.model import Plan

    Ints = NDArray[np.int64]

__all__ = ["Work", "grown", "rows_do", "work"]

_PLANS = 15  # of a side that are read: their median is what counts
_GREW = 1.2  # times: as much as the times must
_COLDER, _COLDER_BLOCKS = 1.5, 10


class Work(NamedTuple):
    """Medians of some executions; None where the plans do not say."""

    kept: float | None  # rows that scans returned
    read: float | None  # and those that they threw away as well
    blocks: float | None  # of tables and indexes
    missed: float | None  # of them not in shared buffers


def work(change: Change) -> tuple[Work, Work]:
    """Return what the executions before and after had to do."""
    return _of(change.statement, change.before), _of(change.statement, change.after)


def _of(statement: Statement, places: Ints) -> Work:
    chosen = places[np.linspace(0, places.size - 1, min(_PLANS, places.size)).astype(np.int64)]
    counted = [_counted(statement.plan(int(place))) for place in chosen]
    return Work(*(_median([one[n] for one in counted]) for n in range(len(Work._fields))))


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _counted(plan: Plan) -> tuple[float | None, ...]:
    if not plan.analyzed:
        return (None,) * len(Work._fields)
    scans = [node for node in plan.tree if node.relation and node.kind != "ModifyTable"]
    kept = sum((node.number("Actual Rows") or 0.0) * (node.loops or 0.0) for node in scans)
    removed = sum((node.removed_per_loop() or 0.0) * (node.loops or 0.0) for node in scans)
    counts = any("Blocks" in key for key in plan.root.properties)
    return (
        kept,
        kept + removed,
        touched_blocks(plan.root) if counts else None,
        (plan.root.number("Shared Read Blocks") or 0.0) if counts else None,
    )


def rows_do(change: Change, before: Work, after: Work) -> bool:
    """Whether the slower executions return so many more rows that these explain their time."""
    return rows_explain(factor(before.kept, after.kept), change.ratio)


def grown(before: Work, after: Work) -> str:
    """Say what an unchanged plan does more of than before; "" for nothing."""
    if _more(before.read, after.read):
        return "rows"
    if _more(before.blocks, after.blocks):
        return "blocks"
    if before.missed is None or after.missed is None:
        return ""
    colder = after.missed >= max(_COLDER * before.missed, before.missed + _COLDER_BLOCKS)
    return "cache" if colder else ""


def _more(a: float | None, b: float | None) -> bool:
    ratio = factor(a, b)
    return ratio is not None and ratio >= _GREW
