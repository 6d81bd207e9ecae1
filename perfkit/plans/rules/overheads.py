"""Time that no node needs: compiling, planning, turning the result into text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.rules.measures import large, spent, total_rows
from perfkit.plans.rules.memory import KB
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import MATTERS_MS
from perfkit.results import Finding, Fix
from perfkit.units import format_bytes, format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan

__all__ = ["RULES", "jit_total_ms"]

#: Compiling pays for statements that take longer.
JIT_BELOW_MS = 1000.0
PLANNING_SHARE = 0.5
#: Partitions from which on planning is likely to be about them.
MANY_TABLES = 20
#: Bytes per row from which on a result counts as wide.
WIDE_ROW = 2000.0


def jit(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find statements of less than a second that spent a quarter of it on compiling."""
    ms = jit_total_ms(plan)
    if not large(plan, ms) or (plan.execution_ms or 0.0) >= JIT_BELOW_MS:
        return []
    return [
        Finding(
            rule="jit",
            severity="warning",
            title=f"Compiling the statement (JIT) takes {spent(plan, ms)}",
            evidence=[{"what": "JIT", "functions": _part(plan, "JIT").get("Functions"), "ms": ms}],
            fix=Fix(
                text="Too short to be worth compiling. Compare without; if that is faster, raise "
                "jit_above_cost, or switch jit off for this role.",
                snippet="SET LOCAL jit = off;",
                language="sql",
                test=trial(plan, "jit = off"),
            ),
            saves_ms=ms,
            saves_basis="per execution, at most",
            effort="low",
            confidence="high",
            reference="PostgreSQL documentation, Just-in-Time Compilation: When to JIT?",
        )
    ]


def jit_total_ms(plan: Plan) -> float:
    """Return the wall time of compiling: the printed total is a sum over all processes."""
    timing = _part(plan, "JIT").get("Timing")
    total = timing.get("Total") if isinstance(timing, dict) else None
    processes = max(plan.times.processes, default=1.0)
    return min(float(total or 0.0) / max(processes, 1.0), plan.execution_ms or 0.0)


def planning(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find statements that are planned longer than they run."""
    ms, run = plan.planning_ms or 0.0, plan.execution_ms or 0.0
    if ms < MATTERS_MS or ms < PLANNING_SHARE * (ms + run):
        return []
    tables = {node.qualified for node in plan.tree if node.relation}
    return [
        Finding(
            rule="planning",
            severity="warning",
            title=f"Planning takes {format_ms(ms)}, {format_share(ms / (ms + run))} of planning "
            f"and execution together ({format_ms(run)})",
            evidence=[{"what": "planning", "tables": len(tables), "ms": ms} | _read(plan)],
            fix=Fix(
                text=_planning_text(len(tables)),
                test="\n".join(("EXPLAIN (SUMMARY)", *trial(plan).splitlines()[2:-1])),
            ),
            saves_ms=ms,
            saves_basis="per execution, once it is prepared",
            effort="medium",
            reference="PostgreSQL documentation, PREPARE; Partition Pruning",
        )
    ]


def _planning_text(tables: int) -> str:
    text = (
        "Explain it twice in one connection: the first time the server reads its catalogue. If "
        "it stays, prepare the statement (drivers do after some executions, unless a pooler "
        "gives each its own connection)."
    )
    if tables < MANY_TABLES:
        return f"{text} Many joins make planning slow: join_collapse_limit bounds it."
    return (
        f"{text} The plan has {tables} tables: compare the partition key with constants, so that "
        "partitions are left out before they are planned, or make fewer of them."
    )


def _read(plan: Plan) -> dict[str, object]:
    buffers = _part(plan, "Planning")
    names = {"hit_blocks": "Shared Hit Blocks", "read_blocks": "Shared Read Blocks"}
    return {name: buffers[key] for name, key in names.items() if key in buffers}


def serialization(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find wide results that take a quarter of the time to be turned into text (17+)."""
    part = _part(plan, "Serialization")
    ms, size = float(part.get("Time") or 0.0), float(part.get("Output Volume") or 0.0) * KB
    rows = max(total_rows(plan.root), 1.0)
    if not large(plan, ms) or size / rows < WIDE_ROW:
        return []
    return [
        Finding(
            rule="serialization",
            severity="warning",
            title=f"Turning {format_count(rows)} rows into {part.get('Format') or 'text'} takes "
            f"{spent(plan, ms)}: {format_bytes(size)}, {format_bytes(size / rows)} per row",
            evidence=[{"what": "serialization", "rows": rows, "bytes": size, "ms": ms}],
            fix=Fix(
                text="Select only the columns that are used: wide values are fetched from their "
                "own table and unpacked for every row, and sent. If all are needed, fewer rows "
                "at a time.",
                test=trial(plan, options="ANALYZE, SERIALIZE TEXT"),
            ),
            saves_basis="per execution",
            effort="medium",
            confidence="high",
            reference="PostgreSQL documentation, EXPLAIN: SERIALIZE; Storage: TOAST",
        )
    ]


def _part(plan: Plan, name: str) -> Mapping[str, Any]:
    found = plan.document.get(name)
    return found if isinstance(found, dict) else {}


RULES = (
    Rule(name="jit", looks_at="compiling that takes longer than it saves", find=jit),
    Rule(name="planning", looks_at="planning that takes longer than the execution", find=planning),
    Rule(
        name="serialization",
        looks_at="wide results that take long to be written",
        find=serialization,
    ),
)
