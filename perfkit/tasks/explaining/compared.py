"""An explained statement beside the plan that it had before, or has elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.analyses.diff_plans import diff_plans

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.tasks.explaining.model import ExplainResult

__all__ = ["compared"]

_SHOWN = (
    "change", "what", "self_ms_a", "self_ms_b", "delta_ms", "cost_a", "cost_b", "delta_cost",
    "type_a", "type_b",
)  # fmt: skip
_THIS = "this plan"


def compared(result: ExplainResult, earlier: Any, name: str) -> ExplainResult:
    """Return ``result`` with what changed since ``earlier`` (a Plan, its text, a result).

    Raises:
        UsageError: the plans are of two systems, or have no table in common.
    """
    diff = diff_plans(earlier, result.plan, names=(name, _THIS))
    return replace(
        result,
        headline=diff.headline,
        diff=diff,
        other=diff.plan_a,
        findings=[*diff.findings, *result.findings],
        caveats=[*result.caveats, *diff.caveats],
        series={**result.series, "other": diff.plan_a.arrow},
        totals={**result.totals, "labels": [_THIS, name]},
        sections={**result.sections, f"what changed since {name}": _shown(diff.arrow)},
    )


def _shown(table: pa.Table) -> pa.Table:
    """Return the columns to look at, without those that are unknown in every row."""
    known = [name for name in _SHOWN if table[name].null_count < table.num_rows]
    return table.select(known)
