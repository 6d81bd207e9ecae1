"""Calls that could overlap as a finding: which, how sure that is, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.parallel import wording
from perfkit.analyses.parallel.evidence import Level
from perfkit.analyses.parallel.language import language
from perfkit.analyses.parallel.snippet import snippet
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.parallel.candidates import Candidate

__all__ = ["finding", "listed"]

CRITICAL_MS = 100.0  # per request; felt by itself (Nielsen: 100 ms)
CRITICAL_SHARE = 0.5
_TRUSTED = 20  # requests without a counter-example: at most 14 % of all are one
_EVIDENCE = 8
_NAMED = 4


def finding(found: Candidate) -> Finding:
    """Return the finding for a group of calls; its level is not POSSIBLE."""
    return Finding(
        rule="sequential-calls",
        severity=_severity(found),
        title=_title(found),
        evidence=_evidence(found),
        saves_ms=found.saves_ms,
        saves_basis="per request",
        saves_times=found.times,
        fix=_fix(found),
        effort="low",
        confidence=_confidence(found),
        keys=_keys(found),
    )


def listed(found: Candidate) -> str:
    """Name the calls in a sentence, in order of time."""
    names = [shown(one.name, 40) for one in found.operations]
    more = [f"{len(names) - _NAMED + 1} more"] if len(names) > _NAMED else []
    named = names[: _NAMED - 1] + more if more else names
    return f"{', '.join(named[:-1])} and {named[-1]}"


def _severity(found: Candidate) -> Any:
    heavy = found.saves_ms >= CRITICAL_MS or found.share >= CRITICAL_SHARE
    return "critical" if heavy and found.level >= Level.SWAPPED else "warning"


def _confidence(found: Candidate) -> Any:
    if found.level == Level.OVERLAPPING:
        return "high"
    return "medium" if found.level == Level.SWAPPED or found.requests >= _TRUSTED else "low"


def _title(found: Candidate) -> str:
    verb = "need not" if found.level >= Level.SWAPPED else "seem not to need to"
    often = f", {found.times_each:,} times" if found.times_each > 1 else ""
    return (
        f"{found.site.route or 'A request'} waits for {listed(found)} one after another{often},"
        f" {units.format_ms(found.sequential_ms)}; they {verb}: at the same time they take"
        f" {units.format_ms(found.longest_ms)}"
    )


def _evidence(found: Candidate) -> list[dict[str, Any]]:
    """Return the calls with their medians: when they begin, and when they could."""
    calls, lines = found.matrix, found.lines
    first = calls.start[lines][:, found.columns].min(axis=1)
    rows = []
    for column in found.columns[:_EVIDENCE]:
        here = calls.row[lines, column] >= 0
        begins = {
            "begins_at_ms": calls.start[lines, column] - first,
            "could_begin_at_ms": found.schedule.begin[lines, column],
            "takes_ms": calls.length[lines, column],
        }
        medians = {name: float(np.median(ns[here])) / 1e6 for name, ns in begins.items()}
        rows.append({"call": shown(calls.operations[column].name)} | medians)
    return rows


def _fix(found: Candidate) -> Fix:
    forest = found.matrix.steps.forest
    code, written = snippet(
        wording.stages(found), language(forest, found.site.containers[found.lines])
    )
    return Fix(text=_advice(found), snippet=code, language=written)


def _advice(found: Candidate) -> str:
    said = [f"Send these calls at the same time: {wording.evidence(found)}."]
    if found.level == Level.LIKELY:
        said.append(
            "Not proven: spans show neither headers nor bodies. Look whether one of them uses what"
            " another one answered, or must not be sent when that failed."
        )
    if sum(one.kind == "db" for one in found.operations) > 1:
        said.append(
            "Each statement needs a connection of its own from the pool: one connection runs one"
            " statement at a time."
        )
    return " ".join(said)


def _keys(found: Candidate) -> dict[str, str]:
    forest = found.matrix.steps.forest
    (trace,) = forest.texts("trace_id", found.site.containers[[found.typical]])
    known = {"route": found.site.route, "trace_id": trace}
    return {name: value for name, value in known.items() if value}
