"""What one plan says of itself: where the time went, what to change, what limits the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.plans import rules
from perfkit.plans.reading.indents import RESTORED
from perfkit.results import Result
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.model import Node, Plan

__all__ = ["caveats", "headline", "named", "report", "sections", "series", "slowest", "totals"]

_WENT = "where the execution time went"
_PARTS = pa.schema([("part", pa.string()), ("time_ms", pa.float64()), ("share", pa.float64())])
_SYSTEMS = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}


def report(plan: Plan) -> Result:
    """Return a plan that was read, not measured, as a Result: one row per node.

    Example:
        >>> from perfkit import read_plan
        >>> plan = read_plan('[{"Plan": {"Node Type": "Result", "Total Cost": 1}}]')
        >>> report(plan).noun
        'nodes'
    """
    return Result(
        analysis="explain",
        question=f"{_SYSTEMS.get(plan.system, plan.system)} plan: how is the statement executed?",
        headline=headline(plan),
        arrow=plan.arrow,
        noun="nodes",
        findings=plan.findings,
        caveats=[*_not_timed(plan), *caveats(plan)],
        checked=rules.checked(plan) if plan.timed else (),
        totals=totals(plan),
        series=series(plan),
        sections=sections(plan),
    )


def headline(plan: Plan) -> str:
    """Return how long it took and which node took most of it; of estimates what is expected."""
    if not plan.analyzed:
        return _estimate(plan)
    if plan.execution_ms is None:
        return f"Executed; its times were not measured. {_named_cap(plan.root)} is on top."
    took = format_ms(plan.execution_ms)
    if not plan.timed:
        return f"It took {took}; the times of its nodes were not measured."
    if plan.execution_ms < rules.NOTHING_TO_FIX_MS:
        return f"It took {took}: nothing to fix."
    if missing := [said for said in plan.lost if said != RESTORED]:
        return f"It took {took}; not all of the plan is there: {missing[0]}"
    return f"It took {took}, {_most(plan, plan.execution_ms)}"


def _most(plan: Plan, whole_ms: float) -> str:
    """Say what took most of the time: a node, or something beside them."""
    node, own = slowest(plan)
    part, beside = max(_beside(plan), key=lambda each: each[1], default=("", 0.0))
    if beside > own:
        return f"{format_share(beside / whole_ms)} of it for {part}"
    said = f"{format_share(own / whole_ms)} of it in {named(node)}"
    rows = (node.number("Actual Rows") or 0) * (node.loops or 0)
    writes = node.kind == "ModifyTable" and not rows  # it returns rows for RETURNING only
    return said if writes else f"{said}, which returned {format_count(rows)} rows"


def _beside(plan: Plan) -> list[tuple[str, float]]:
    """Return what took time outside of the nodes."""
    return [
        ("starting and ending the execution" if what == "rest" else what, ms)
        for what, ms in plan.parts
        if what != "nodes"
    ]


def slowest(plan: Plan) -> tuple[Node, float]:
    """Return the node with the most time of its own, and that time in ms (0 where unknown)."""
    own = [value or 0.0 for value in plan.times.self_ms]
    node = max(plan.tree, key=lambda each: own[each.node_id])
    return node, own[node.node_id]


def named(node: Node) -> str:
    """Return ``Seq Scan on public.orders``."""
    return f"{node.node_type} on {node.qualified}" if node.qualified else node.node_type


def sections(plan: Plan) -> dict[str, pa.Table]:
    """Return what the execution time consists of, and the triggers that took some of it."""
    whole = plan.execution_ms or 0.0
    rows = [
        {"part": what, "time_ms": ms, "share": ms / whole if whole else None}
        for what, ms in plan.parts
    ]
    return {_WENT: pa.Table.from_pylist(rows, schema=_PARTS)} if rows else {}


def series(plan: Plan) -> dict[str, pa.Table]:
    """Return what the picture needs beside the nodes: ``parts`` (part, time_ms, share)."""
    found = sections(plan)
    return {"parts": found[_WENT]} if found else {}


def totals(plan: Plan) -> dict[str, Any]:
    """Return the numbers of the whole plan."""
    return {
        "executed": plan.analyzed,
        "execution_ms": plan.execution_ms,
        "planning_ms": plan.planning_ms,
        "nodes": len(plan.tree),
        "shape_id": plan.shape_id,
    }


def caveats(plan: Plan) -> list[str]:
    """Return what limits the numbers of the plan itself, a sentence each."""
    return [*plan.notes, *plan.lost]


def _not_timed(plan: Plan) -> Iterator[str]:
    """Say what has to be asked for to know where the time goes."""
    asked = "ANALYZE FORMAT=JSON" if plan.system == "mariadb" else "EXPLAIN ANALYZE"
    asked = "EXPLAIN (ANALYZE, VERBOSE, BUFFERS)" if plan.system == "postgresql" else asked
    if not plan.analyzed:
        yield f"These are the planner's estimates: {asked} executes the statement and measures."
    elif not plan.timed:
        yield f"Without times of the nodes nothing can be found: {asked} has them."


def _estimate(plan: Plan) -> str:
    # MariaDB estimates nothing for a query block, only for the tables in it.
    known = (node for node in plan.tree if node.number("Plan Rows") is not None)
    top = next(known, plan.root)
    cost, rows = top.number("Total Cost"), top.number("Plan Rows")
    said = "" if rows is None else f" {format_count(rows)} rows are expected"
    said += "" if cost is None else f" at a cost of {format_count(round(cost))}"
    return f"Planned, not executed:{said or ' nothing is estimated'}, with {named(top)} on top"


def _named_cap(node: Node) -> str:
    text = named(node)
    return text[:1].upper() + text[1:]
