"""Everything that was seen of one statement, as the Result that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans import report, rules
from perfkit.tasks.explaining.caveats import caveats
from perfkit.tasks.explaining.model import ExplainResult

if TYPE_CHECKING:
    from perfkit.tasks.explaining.observed import Observed

__all__ = ["answer"]


def answer(found: Observed) -> ExplainResult:
    """Return where the time went, what to change, and what limits both."""
    measured, plan = found.measured, found.measured.plan
    executed = not measured.not_executed
    return ExplainResult(
        analysis="explain",
        question=f"{found.server.title}: how is the statement executed?",
        headline=report.headline(plan),
        arrow=plan.arrow,
        noun="nodes",
        findings=rules.findings(plan, found.facts),
        caveats=caveats(found),
        checked=rules.checked(plan) if executed else (),
        totals=_totals(found, executed=executed),
        series=report.series(plan),
        sections=report.sections(plan),
        plan=plan,
        executed=executed,
        generic=found.generic,
    )


def _totals(found: Observed, *, executed: bool) -> dict[str, Any]:
    measured = found.measured
    dropped = f" ({measured.dropped})" if measured.dropped else ""
    return {
        "server": found.server.title,
        **report.totals(measured.plan),
        "executed": executed,
        **_several(measured.times_ms),
        "options": ", ".join(measured.options) + dropped,
    }


def _several(times: tuple[float, ...]) -> dict[str, Any]:
    """Return the first (cold) time and the best of the others."""
    if not times[1:]:
        return {}
    return {"runs": len(times), "first_ms": times[0], "best_ms": min(times[1:])}
