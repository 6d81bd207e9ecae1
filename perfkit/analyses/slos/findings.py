"""Findings: a budget that is broken, by how much, and which requests to blame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses import failures
from perfkit.analyses.slos import verdicts
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.slos.judged import Judged, Judgement
    from perfkit.analyses.slos.measured import Measured

__all__ = ["findings"]

_NAME = 80  # characters of a route
_REFERENCE = (
    "Google, The Site Reliability Workbook (2018), chapters 2 and 5: budgets and burn rates"
)


def findings(judgement: Judgement) -> list[Finding]:
    """Return a finding per broken budget of a route.

    Where no route has enough requests to break one, those of all requests together count.
    """
    broken = [one for one in judgement.routes if one.broken]
    broken = broken or [one for one in judgement.overall if one.broken]
    whole = sum(one.to_blame for one in broken)
    return [_finding(one, one.found, whole) for one in broken if one.found is not None]


def _finding(one: Judged, found: Measured, whole: int) -> Finding:
    certain = not one.stated and verdicts.certain(found, one.objective)
    return Finding(
        rule="budget-broken",
        severity="critical" if certain else "warning",
        title=f"{_name(one)} {one.objective}: {_counted(one, found)}{_measured(one, found)}",
        fix=Fix(text=" ".join(_texts(one, found, whole)), snippet=_snippet(one), language="python"),
        evidence=[_evidence(one, found)],
        saves_ms=_saves(one, found),
        saves_basis="per request over the limit",
        saves_times=found.over if found.over > 0 else 1.0,
        confidence="high" if certain else "medium",
        reference=_REFERENCE,
        keys={} if one.route is None else {"route": one.route},
    )


def _saves(one: Judged, found: Measured) -> float | None:
    known = one.objective.timed and found.over > 0
    return found.beyond_ms / found.over if known else None


def _name(one: Judged) -> str:
    if one.whole:
        return "All requests together break"
    return f"{'What has no route' if one.route is None else visible(one.route, _NAME)} breaks"


def _counted(one: Judged, found: Measured) -> str:
    if one.stated:
        return "the load tool states "
    over, requests = (units.format_count(number) for number in (found.over, found.requests))
    beyond = ""
    if one.allowed:
        beyond = f", {one.to_blame:,} more than the {one.allowed:,} it allows"
    return f"{over} of {requests} requests {one.objective.broken_by}{beyond}"


def _measured(one: Judged, found: Measured) -> str:
    if one.too_few:
        return ""
    begin, close = ("", "") if one.stated else (" (", ")")
    shown = units.format_ms if one.objective.timed else units.format_share
    ends = ""
    if not math.isnan(found.low):
        ends = f", 95 % interval {shown(found.low)} to {shown(found.high)}"
    return f"{begin}{_metric(one)} {shown(found.value)}{ends}{close}"


def _metric(one: Judged) -> str:
    if not one.objective.timed:
        return "error rate"
    return "longest" if one.objective.metric == "max" else one.objective.metric


def _texts(one: Judged, found: Measured, whole: int) -> Iterator[str]:
    yield from (_stands_out(blamed) for blamed in one.detail.blamed)
    if one.objective.timed:
        if not one.too_few:
            down = found.value - one.objective.limit
            share = units.format_share(down / found.value)
            yield f"Its {_metric(one)} must come down by {units.format_ms(down)} ({share})."
        yield "See where the time of the requests over the limit goes, not that of the average one."
    else:
        yield "Look at what the failing requests have in common before looking at latency."
    if whole > one.to_blame > 0:
        yield f"It has {units.format_share(one.to_blame / whole)} of all requests to blame."


def _stands_out(blamed: Any) -> str:
    share, requests = (
        units.format_share(value) for value in (blamed.excess_share, blamed.request_share)
    )
    return (
        f"{share} of the excess comes from one of {blamed.of:,} {blamed.by}s, which sends"
        f" {requests} of the requests: look at that one first."
    )


def _snippet(one: Judged) -> str:
    route = "rec" if one.route is None or one.stated else f"rec.where(route={one.route!r})"
    if one.stated:
        return "perfkit.baseline(rec)"
    if not one.objective.timed:
        return f"{route}.requests.query({failures.QUERY!r})"
    sign = ">" if one.objective.inclusive else ">="
    over = f"{route}.requests.query('duration_ms {sign} {one.objective.limit:.15g}')"
    return f"perfkit.diagnose({route})\nperfkit.breakdown({route})\n{over}"


def _evidence(one: Judged, found: Measured) -> dict[str, Any]:
    if one.stated:
        return {"requests": found.requests, "budget": str(one.objective)}
    row: dict[str, Any] = {
        "requests": found.requests,
        "over": found.over,
        "allowed": one.allowed,
        "to_blame": one.to_blame,
        "burn_rate": one.burn_rate,
    }
    if found.worth * 2 < found.requests:
        row["worth_independent"] = math.floor(found.worth)
    return row
