"""One incident, one finding: alerts that others explain are told in the others' evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.rows import Ints
    from perfkit.analyses.alerts.verdicts import Alert, Window
    from perfkit.results import Finding

__all__ = ["folded"]

#: Incidents, the one that explains most first. What is told of the cause stands before what is
#: told of the symptom: a full pool makes latency rise together, and then requests fail.
_PRECEDENCE = (
    "throughput-ceiling",
    "blocking-work",
    "worker-timeouts",
    "unavailable-burst",
    "slow-together",
    "slow-without-cpu",
    "cpu-without-traffic",
    "error-window",
    "traffic-drop",
    "internal-slowdown",
    "week-drop",
)
#: An incident explains another one that lies in it to this part, and of a rule on the whole
#: recording as many of the requests that made it fire.
_WITHIN = 0.6
#: An incident of most of the recording explains nothing about the whole: it is the whole. Only
#: failures that are clearly more than in the rest explain that a route fails, if they hold half
#: of what a constant rate would leave outside of them.
_LONGEST = 0.5
_FAILURES = {"unavailable-burst", "error-window"}
#: Requests fail or are slow some seconds before and after it shows in the bins.
_MARGIN = 0.1


def folded(alerts: Sequence[Alert], extent: Window | None) -> list[Finding]:
    """Return the findings to show; each names in its evidence (``also``) the rules it explains.

    Args:
        alerts: those of all rules.
        extent: from when to when the recording goes, in ns.
    """
    incidents = sorted((a for a in alerts if a.window is not None), key=_place)
    rest = [a for a in alerts if a.window is None]
    kept: list[Alert] = []
    causes: list[Alert] = []
    explained: dict[int, list[str]] = {}
    for alert in (*incidents, *rest):
        cause = next((k for k in causes if _explains(k, alert, extent)), None)
        if cause is None:
            kept.append(alert)
            causes += [alert] * (alert.window is not None and alert.rule in _PRECEDENCE)
        else:
            explained.setdefault(id(cause), []).append(_name(alert))
    return [_with(alert.finding, explained.get(id(alert), [])) for alert in kept]


def _place(alert: Alert) -> tuple[int, int]:
    known = alert.rule in _PRECEDENCE
    assert alert.window is not None
    return (_PRECEDENCE.index(alert.rule) if known else len(_PRECEDENCE), alert.window[0])


def _explains(cause: Alert, alert: Alert, extent: Window | None) -> bool:
    assert cause.window is not None
    low, high = cause.window
    if alert.window is not None:
        return alert.rule in _PRECEDENCE and _overlap(cause.window, alert.window) >= _WITHIN
    if extent is None or extent[1] <= extent[0]:
        return False
    part = (high - low) / (extent[1] - extent[0])
    if part > _LONGEST:
        failing = cause.rule in _FAILURES and alert.rule == "error-rate"
        return failing and _holds(alert.when(), low, high) >= (1 + part) / 2
    margin = int((high - low) * _MARGIN)
    return _holds(alert.when(), low - margin, high + margin) >= _WITHIN


def _holds(at: Ints, low: int, high: int) -> float:
    """Return the share of times in a window; 0 without any."""
    return float(((at >= low) & (at < high)).mean()) if len(at) else 0.0


def _overlap(one: Window, other: Window) -> float:
    """Return the part of the shorter window that both share."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / max(1, min(one[1] - one[0], other[1] - other[0]))


def _name(alert: Alert) -> str:
    route = alert.finding.keys.get("route")
    return f"{alert.rule} on {route}" if route else alert.rule


def _with(finding: Finding, also: list[str]) -> Finding:
    if not also:
        return finding
    first, *others = finding.evidence or [{}]
    return replace(finding, evidence=[{**first, "also": "; ".join(dict.fromkeys(also))}, *others])
