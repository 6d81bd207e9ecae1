"""What could explain a symptom: findings of every analysis whose tables are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.analyses.digest import digest
from perfkit.analyses.event_loop import event_loop
from perfkit.analyses.external_calls import external_calls
from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.analyses.parallelism import parallelism
from perfkit.analyses.plan_history import plan_history
from perfkit.analyses.pool import pool
from perfkit.analyses.sequential_scans import sequential_scans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.recording import Recording
    from perfkit.results import Finding, Result

__all__ = ["causes", "plan_flips", "run"]


def plan_flips(rec: Recording) -> Result:
    """Return the flips alone: of other slow plans a scan or a statement tells the cause."""
    found = plan_history(rec)
    return replace(found, findings=[one for one in found.findings if one.rule == "plan-flip"])


#: Analysis, the tables it can work from (one is enough), and what it looked for.
#: The more specific comes first: a statement explained once is not explained again.
_ANALYSES: Sequence[tuple[Callable[[Recording], Result], tuple[str, ...], str]] = (
    (n_plus_one, ("spans", "queries"), "repeated statements and calls per request (N+1)"),
    (parallelism, ("spans",), "calls one after another that could overlap"),
    (plan_flips, ("plans",), "statements that got slower by another plan"),
    (sequential_scans, ("plans",), "sequential scans that discard what they read"),
    (pool, ("checkouts", "pool_samples"), "waits for pooled connections"),
    (event_loop, ("events",), "blocked event loop"),
    (external_calls, ("spans",), "timeouts, retries, new connections and payloads of calls"),
    (digest, ("queries",), "statements that dominate"),
)


def run(rec: Recording) -> tuple[list[Result], list[str]]:
    """Run every analysis that has input; return the results and what was looked for."""
    fitting = [
        (analysis, looked)
        for analysis, needs, looked in _ANALYSES
        if any(rec.arrow(table).num_rows for table in needs)
    ]
    return [analysis(rec) for analysis, _ in fitting], [looked for _, looked in fitting]


def causes(results: Sequence[Result]) -> list[Finding]:
    """Return the findings that save time, one per cause, the most specific kept."""
    kept: list[Finding] = []
    explained: set[str] = set()
    for result in results:
        for finding in result.findings:
            statement = finding.keys.get("fingerprint_id", "")
            if finding.saves_total_ms <= 0 or (statement and statement in explained):
                continue
            kept.append(finding)
        explained |= {
            identifier
            for finding in result.findings
            for name in ("fingerprint_id", "also")  # also: what the same loop sends
            for identifier in finding.keys.get(name, "").split()
        }
    return kept
