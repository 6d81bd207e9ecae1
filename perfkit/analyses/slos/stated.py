"""Budgets against the summaries of load tools, where no single request is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit.analyses.baselines.tested import load_tests
from perfkit.analyses.slos.judged import Judged, Judgement
from perfkit.analyses.slos.measured import Measured
from perfkit.analyses.slos.verdicts import BROKEN, MET, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.slos.asked import Asked
    from perfkit.budget import Objective
    from perfkit.recording import Recording

__all__ = ["CAVEAT", "judge"]

CAVEAT = (
    "Only summaries of load tools were read: percentiles are theirs, without intervals, and taken"
    " at their word."
)


def judge(rec: Recording, asked: Asked) -> Judgement | None:
    """Judge what load tools stated; None where they stated nothing."""
    tests = load_tests(rec)
    if tests is None:
        return None
    rows = tests.to_pylist()
    asked.check([row["route"] for row in rows])
    judged = [one for row in rows for one in _judged(row, asked)]
    judged.sort(key=lambda one: not one.broken)
    return Judgement(routes=judged, overall=[], grid=None, windows=())


def _judged(row: dict[str, Any], asked: Asked) -> Iterator[Judged]:
    for objective in asked.of(row["route"]):
        found = _found(row, objective)
        said = UNSURE if math.isnan(found.value) else _verdict(found.value, objective)
        yield Judged(
            route=row["route"], objective=objective, found=found, verdict=said, stated=True
        )


def _found(row: dict[str, Any], objective: Objective) -> Measured:
    value = row.get(f"{objective.metric}_ms") if objective.timed else row["error_rate"]
    failed = not objective.timed and row["errors"] is not None
    requests = math.nan if row["requests"] is None else float(row["requests"])
    return Measured(
        requests=requests,
        over=float(row["errors"]) if failed else math.nan,
        worth=requests,
        beyond_ms=math.nan,
        value=math.nan if value is None else value,
        low=math.nan,
        high=math.nan,
        share_low=math.nan,
        share_high=math.nan,
    )


def _verdict(value: float, objective: Objective) -> str:
    limit = objective.limit if objective.timed else objective.allowed
    kept = value <= limit if objective.inclusive or not objective.timed else value < limit
    return MET if kept else BROKEN
