"""What goes together with slow requests, as findings: who they are, how much slower, what next."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.tails.associations import Association
    from perfkit.analyses.tails.observed import Observed

__all__ = ["finding"]

#: From so many slow requests with the feature on, and a chance this small, it is certain.
_MANY, _CERTAIN = 20, 0.001
#: A feature of nearly all slow requests that is rare elsewhere.
_CRITICAL = 0.5
_EXAMPLES = 3
_PLACE = re.compile(r"host|node|pod|instance|container|zone|region|datacenter", re.IGNORECASE)
_RELEASE = re.compile(r"version|deploy|release|build|commit|flag|variant|experiment", re.IGNORECASE)


def finding(seen: Observed, one: Association) -> Finding:
    """Return the finding for one association that nothing stronger explains."""
    certain = one.q_value <= _CERTAIN and one.slow_has >= _MANY
    return Finding(
        rule="tail-structure" if one.feature.kind == "structure" else "tail-attribute",
        severity="warning" if one.explained >= _CRITICAL else "info",
        title=_title(seen, one),
        evidence=_evidence(seen, one),
        saves_ms=(one.risk - one.other_risk) * seen.longer_ms,
        saves_basis="per request that has it, if it were as rarely slow as the others",
        saves_times=float(seen.weight[one.feature.has].sum()),
        fix=_fix(seen, one),
        effort="medium",
        confidence="medium" if certain else "low",
        keys=_keys(seen, one),
    )


def _title(seen: Observed, one: Association) -> str:
    slowest = f"the slowest {100 - seen.percentile} % of {visible(one.route, 80)}"
    shares = (
        f"{units.format_share(one.slow_share)} of {slowest}",
        f"{units.format_share(one.rest_share)} of the rest",
    )
    name = visible(one.title, 120)
    if one.typical is not None:
        typical, other = _count(one.typical), _count(one.other)
        said = f"{name} is {typical} in {slowest} (median) and {other} in the rest"
    elif one.feature.kind == "structure":
        said = f"{shares[0]} call {name}, {shares[1]} do"
    elif one.feature.kind == "period":
        said = f"{shares[0]} began from {one.feature.value}, {shares[1]} did"
    else:
        said = f"{shares[0]} have {name}, {shares[1]} do"
    return f"{said}{_slower(one)}"


def _count(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.4g}"


def _slower(one: Association) -> str:
    often = "; without it none is slow"
    if one.other_risk > 0:
        often = f"; with it a request is slow {one.risk / one.other_risk:,.1f} times as often"
    if not one.low > 0:  # unknown is not above, either
        return often
    between = f"{units.format_ms(one.low)} to {units.format_ms(one.high)}"
    return f"{often}, and with it the median is {units.format_ms(one.slower_ms)} longer ({between})"


def _evidence(seen: Observed, one: Association) -> list[dict[str, Any]]:
    rows = np.flatnonzero(one.feature.has & seen.slow)
    longest = rows[np.argsort(-seen.duration_ms[rows], kind="stable")][:_EXAMPLES]
    traces = seen.table["trace_id"] if "trace_id" in seen.table.column_names else None
    return [
        {
            "trace_id": None if traces is None else traces[int(seen.row[place])].as_py(),
            "duration_ms": float(seen.duration_ms[place]),
            **_value(one, place),
        }
        for place in longest.tolist()
    ]


def _value(one: Association, place: int) -> dict[str, Any]:
    """Return what a request has of the feature, unless it only has it or not."""
    if one.feature.numbers is not None:
        return {one.feature.name: float(one.feature.numbers[place])}
    return {} if one.feature.value is None else {one.feature.name: one.feature.value}


def _fix(seen: Observed, one: Association) -> Fix:
    name = one.feature.name
    if one.typical is not None:
        text = "Compare a request with much of it with one with little: what grows with it?"
    elif one.feature.kind == "structure":
        text = "Compare a trace that makes the call with one that does not."
    elif one.feature.kind == "period":
        text = "Look at what else happened then: deploys, jobs, load."
    elif _PLACE.search(name):
        text = "Take it out of rotation, or compare it with another of its kind."
    elif _RELEASE.search(name):
        text = "Roll it back for a part of the traffic, and measure both."
    else:
        text = "Compare requests with it and without it."
    also = f" It goes together with {', '.join(map(_shown, one.names[:3]))}." if one.names else ""
    return Fix(
        text=f"{text} That they go together does not say that one causes the other.{also}",
        snippet=_snippet(seen, one),
        language="python",
    )


def _shown(name: str) -> str:
    return visible(name, 80)


def _snippet(seen: Observed, one: Association) -> str:
    """Return how to look at the slowest; ids and routes are literals of Python."""
    trace = _evidence(seen, one)[0]["trace_id"]
    route = json.dumps(one.route)
    look = f"perfkit.critical_path(rec, {json.dumps(trace)})\n" if trace else ""
    return f"{look}perfkit.critical_path(rec, route={route})  # p99 against p50"


def _keys(seen: Observed, one: Association) -> dict[str, str]:
    trace = _evidence(seen, one)[0]["trace_id"]
    known = {"route": one.route, "trace_id": trace, "attribute": visible(one.feature.name, 120)}
    return {name: value for name, value in known.items() if value}
