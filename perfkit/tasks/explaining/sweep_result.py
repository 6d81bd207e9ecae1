"""A sweep in words and tables: which plan for which share of the rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.results import Result
from perfkit.units import format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.plans.facts import TableFacts
    from perfkit.plans.model import Node, Plan
    from perfkit.tasks.explaining.model import ExplainResult
    from perfkit.tasks.explaining.sweep import Sweep

__all__ = ["sweep_result", "with_sweep"]

_ROWS = pa.schema([
    ("value", pa.string()), ("kind", pa.string()), ("share", pa.float64()),
    ("plan_rows", pa.float64()), ("cost", pa.float64()), ("shape", pa.string()),
    ("shape_id", pa.string()), ("execution_ms", pa.float64()),
])  # fmt: skip
_RANGES = pa.schema([
    ("shape", pa.string()), ("values", pa.int64()), ("least_share", pa.float64()),
    ("most_share", pa.float64()), ("least_cost", pa.float64()), ("most_cost", pa.float64()),
])  # fmt: skip
_JOINS = {"Nested Loop", "Hash Join", "Merge Join"}
#: What the leader of a parallel plan contributes falls by this with each worker (PostgreSQL's
#: get_parallel_divisor).
_LEADER_LOSES = 0.3


def with_sweep(result: ExplainResult, found: Sweep) -> ExplainResult:
    """Return ``result`` with the sweep beside it, or with the sentence why there is none."""
    if found.why_not:
        said = f":{found.name} cannot be swept: {found.why_not}."
        return replace(result, caveats=[*result.caveats, said])
    swept = sweep_result(found)
    ranges = swept.sections["plans by share of the rows"]
    return replace(
        result,
        sweep=swept,
        headline=f"{swept.headline}. {result.headline}",
        caveats=[*result.caveats, *swept.caveats],
        series={**result.series, "sweep": swept.arrow},
        sections={**result.sections, f"plans over the values of :{found.name}": ranges},
    )


def sweep_result(found: Sweep) -> Result:
    """Return one row per value, by the share of the rows that it finds; the generic plan last."""
    rows = _rows(found)
    own = [row for row in rows if row["kind"] != "generic"]
    return Result(
        analysis="sweep",
        question=f"How does the plan change with :{found.name}?",
        headline=f":{found.name}: {_sentence(own)}",
        arrow=pa.Table.from_pylist(rows, schema=_ROWS),
        noun="values",
        caveats=[*found.notes, *_about_generic(rows, own)],
        sections={"plans by share of the rows": _ranges(own)},
        totals={"parameter": found.name, "plans": len({row["shape"] for row in own})},
    )


def _rows(found: Sweep) -> list[dict[str, Any]]:
    assert found.compared is not None, "a sweep with points compares a column"
    table = found.compared.table
    rows = [
        {
            "value": point.value.text,
            "kind": point.value.kind,
            "share": point.value.share,
            "execution_ms": point.execution_ms,
            **_described(point.plan, table),
        }
        for point in found.points
    ]
    rows.sort(key=lambda row: (row["share"] is None, row["share"] or 0.0, row["plan_rows"] or 0.0))
    if found.generic is not None:
        rows.append({"kind": "generic", **_described(found.generic, table)})
    return rows


def _described(plan: Plan, table: TableFacts) -> dict[str, Any]:
    scans = _scans(plan, table)
    return {
        "plan_rows": sum(_planned_rows(plan, node) for node in scans) if scans else None,
        "cost": plan.root.number("Total Cost"),
        "shape": _shape(plan, scans),
        "shape_id": plan.shape_id,
    }


def _scans(plan: Plan, table: TableFacts) -> list[Node]:
    """Return the nodes that read rows of ``table`` or of its partitions."""
    names = {table.name, *(part.name for part in table.partitions)}
    return [node for node in plan.tree if node.relation in names and node.kind != "ModifyTable"]


def _planned_rows(plan: Plan, node: Node) -> float:
    """Return the rows expected of all processes together."""
    rows = node.number("Plan Rows") or 0.0
    if not node.properties.get("Parallel Aware"):
        return rows
    workers = next((w for up in plan.ancestors(node) if (w := up.number("Workers Planned"))), 0.0)
    return rows * (workers + max(1.0 - _LEADER_LOSES * workers, 0.0) if workers else 1.0)


def _shape(plan: Plan, scans: Sequence[Node]) -> str:
    """Return ``Index Scan using x on orders, in a Nested Loop``."""
    if not scans:
        return plan.root.node_type
    node = scans[0]
    names = [name for below in plan.below(node) if (name := below.text("Index Name"))]
    index = f" using {' + '.join(dict.fromkeys(names))}" if names else ""
    join = next((up.kind for up in plan.ancestors(node) if up.kind in _JOINS), None)
    return f"{node.node_type}{index} on {node.relation}{f', in a {join}' if join else ''}"


def _runs(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Cut the rows, in their order, where the way to read the table changes."""
    return [list(group) for _, group in groupby(rows, key=lambda row: row["shape"])]


def _sentence(rows: Sequence[dict[str, Any]]) -> str:
    runs = _runs(rows)
    if len(runs) == 1:
        return f"one plan for all of {len(rows)} values, {rows[0]['shape']}"
    if any(row["share"] is None for row in rows):
        shapes = dict.fromkeys(row["shape"] for row in rows)
        return f"{len(shapes)} plans for {len(rows)} values: {'; '.join(shapes)}"
    said = [f"up to a share of {_share(runs[0][-1])} of the rows {runs[0][0]['shape']}"]
    for run in runs[1:-1]:
        ends = [_share(run[0]), _share(run[-1])]
        where = f"at {ends[0]}" if ends[0] == ends[1] else f"from {ends[0]} to {ends[1]}"
        said.append(f"{where} {run[0]['shape']}")
    return "; ".join([*said, f"from {_share(runs[-1][0])} on {runs[-1][0]['shape']}"])


def _share(row: dict[str, Any]) -> str:
    return format_share(row["share"])


def _ranges(rows: Sequence[dict[str, Any]]) -> pa.Table:
    found = [
        {
            "shape": run[0]["shape"],
            "values": len(run),
            "least_share": run[0]["share"],
            "most_share": run[-1]["share"],
            "least_cost": min(row["cost"] for row in run),
            "most_cost": max(row["cost"] for row in run),
        }
        for run in _runs(rows)
    ]
    return pa.Table.from_pylist(found, schema=_RANGES)


def _about_generic(rows: Sequence[dict[str, Any]], own: Sequence[dict[str, Any]]) -> Iterable[str]:
    """Say for which values the generic plan is another than theirs."""
    generic = next((row for row in rows if row["kind"] == "generic"), None)
    if generic is None:
        return
    others = [row for row in own if row["shape"] != generic["shape"]]
    if others:
        worst = max(others, key=lambda row: row["share"] or 0.0)
        share = f" ({format_share(worst['share'])} of the rows)" if worst["share"] else ""
        yield (
            f"The generic plan, which prepared statements may get, is {generic['shape']} for every "
            f"value; planned for their own value {format_count(len(others))} of {len(own)} get "
            f"another plan, such as {worst['value']!r}{share}: {worst['shape']}."
        )
