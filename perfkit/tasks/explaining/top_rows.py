"""The statements that cost most, explained: one row and one verdict each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit.plans.report import named, slowest
from perfkit.units import format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.recorded_statements import Recorded
    from perfkit.results import Finding
    from perfkit.tasks.explaining.model import ExplainResult

__all__ = ["Explained", "headline", "index_of", "not_explained", "table"]

# The verdict stands where people see it: displays cut what is too wide on the right.
_SCHEMA = pa.schema([
    ("fingerprint_id", pa.string()), ("fingerprint", pa.string()), ("calls", pa.int64()),
    ("total_ms", pa.float64()), ("share", pa.float64()), ("verdict", pa.string()),
    ("plan_ms", pa.float64()), ("cost", pa.float64()), ("index", pa.string()),
    ("slowest_node", pa.string()), ("findings", pa.int64()), ("executed", pa.bool_()),
    ("example", pa.string()), ("shape_id", pa.string()),
])  # fmt: skip


class Explained(NamedTuple):
    """A recorded statement and its plan, or why it has none; ``broken``: no connection."""

    recorded: Recorded
    result: ExplainResult | None
    why_not: str = ""
    broken: bool = False


def table(found: Sequence[Explained]) -> pa.Table:
    """Return one row per statement, in order."""
    return pa.Table.from_pylist([_row(one) for one in found], schema=_SCHEMA)


def headline(found: Sequence[Explained]) -> str:
    """Say how many were explained, what share of the time that is, and what would help."""
    done = [one for one in found if one.result is not None]
    if not done:
        return f"None of the {len(found)} statements could be explained: {found[0].why_not}"
    share = format_share(sum(one.recorded.share for one in done))
    helped = sum(any(f.severity != "info" for f in _findings(one)) for one in done)
    said = f"{helped} of them can be made faster" if helped else "nothing was found to change"
    left = len(found) - len(done)
    lost = f"; {left} could not be explained" if left else ""
    return f"{len(done)} statements with {share} of the recorded time: {said}{lost}"


def not_explained(found: Sequence[Explained]) -> dict[str, pa.Table]:
    """Return the statements without a plan and why, as a section."""
    rows = [
        {"fingerprint": one.recorded.fingerprint, "why": one.why_not}
        for one in found
        if one.result is None
    ]
    return {"not explained": pa.Table.from_pylist(rows)} if rows else {}


def index_of(finding: Finding) -> str:
    """Return the ``CREATE INDEX`` of the finding's fix, "" without one."""
    lines = finding.fix.snippet.splitlines()
    return next((line.strip() for line in lines if line.lstrip().startswith("CREATE ")), "")


def _findings(one: Explained) -> Sequence[Finding]:
    return one.result.findings if one.result else ()


def _row(one: Explained) -> dict[str, Any]:
    asked = one.recorded
    row = {
        "fingerprint_id": asked.fingerprint_id,
        "fingerprint": asked.fingerprint,
        "calls": asked.calls,
        "total_ms": asked.total_ms,
        "share": asked.share,
        "example": "recorded" if asked.values is not None else "none: generic plan",
    }
    if one.result is None:
        return row | {"executed": False, "verdict": one.why_not, "example": None}
    result, plan = one.result, one.result.plan
    indexes = [text for finding in result.findings if (text := index_of(finding))]
    return row | {
        "executed": result.executed,
        "plan_ms": plan.execution_ms if result.executed else None,
        "cost": plan.root.number("Total Cost"),
        "slowest_node": _slowest(result),
        "shape_id": plan.shape_id,
        "findings": len(result.findings),
        "index": indexes[0] if indexes else None,
        "verdict": _verdict(result),
    }


def _slowest(result: ExplainResult) -> str:
    """Return the node that takes most time; of estimates, the one that costs most."""
    if result.plan.timed:
        return named(slowest(result.plan)[0])
    costs = [cost or 0.0 for cost in result.arrow["self_cost"].to_pylist()]
    return named(result.plan.tree[costs.index(max(costs))])


def _verdict(result: ExplainResult) -> str:
    if result.findings:
        return result.findings[0].title
    return "nothing to fix" if result.executed else "planned only: nothing stands out"
