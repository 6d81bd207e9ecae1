"""Windows in which too many requests fail, and bursts in which nobody answers (502, 503, 504)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import excess, intervals, moments, series
from perfkit.analyses.alerts import grid as grids
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.analyses.failures import NO_STATUS, OTHER_STATUS, QUERY
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["all_of"]

#: Windows slide by this part of their length.
_STEPS = 5
_MOST = 400_000
#: Requests in which 3 % of failures are surely above 1 %; windows grow to hold them, up to an hour.
_PER_WINDOW = 1000
_LONGEST_S = 3600.0
#: Windows reach beyond an incident, by steps whose rate is within this multiple of the usual one.
_EDGE = 2.0
_UNAVAILABLE = {502: "the backend broke the connection", 503: "nobody was free to answer"}
_UNAVAILABLE |= {504: "the backend did not answer in time"}
_SHOWN = 5
_RFC = "https://www.rfc-editor.org/rfc/rfc9110#section-15.6"


@dataclass(frozen=True)
class _Counts:
    """Requests per step that ``failed``, and of which it is ``known`` whether they did."""

    grid: Grid
    failed: Floats
    known: Floats


def all_of(look: Look) -> Iterable[Verdict]:
    """Yield ``unavailable-burst`` and ``error-window``.

    Windows of five minutes (up to an hour, where fewer than 1,000 requests come in five minutes)
    that slide by a fifth, with 100 requests and 10 failures at least; the lower end of
    Wilson's interval at four deviations must lie above 1 %: there are many windows. Windows
    that touch are one incident, if it fails clearly more often than the rest of the recording
    (:mod:`..excess`): a constant rate is the matter of ``error-rate``. It is a burst of
    unavailability if most of its failures are 502, 503 or 504.
    """
    counts, why = _counts(look)
    if counts is None:
        yield _verdict(look, "unavailable-burst", [], why)
        yield _verdict(look, "error-window", [], why)
        return
    failed = _incidents(look, counts)
    gone = [run for run in failed if _mostly_unavailable(look, counts, run)]
    rest = [run for run in failed if run not in gone]
    for rule, runs in (("unavailable-burst", gone), ("error-window", rest)):
        yield _verdict(look, rule, [_alert(look, counts, rule, run) for run in runs], "")


def _counts(look: Look) -> tuple[_Counts | None, str]:
    length = look.limits["error_window_s"]
    if not look.rows.known.any():
        return None, "neither status nor errors are known"
    if look.extent is None or look.seconds < length:
        return None, f"the recording lasts {look.seconds:,.0f} s, less than a window"
    step = max(_window_s(look) / _STEPS, look.seconds / _MOST)
    grid = grids.whole(*look.extent, step)
    if grid.size < _STEPS:
        return None, f"the recording lasts {look.seconds:,.0f} s, little more than a window"
    rows = look.rows
    return _Counts(grid, *grid.counts(rows.start, rows.failed, rows.known)), ""


def _window_s(look: Look) -> float:
    """Return the length of the windows: five minutes, longer where traffic is thin."""
    least = look.limits["error_window_s"]
    rate = max(int(look.rows.timed.sum()), 1) / max(look.seconds, 1.0)
    most = min(_LONGEST_S, look.seconds / _STEPS)
    return float(np.clip(_PER_WINDOW / rate, least, max(least, most)))


def _incidents(look: Look, counts: _Counts) -> list[tuple[int, int]]:
    """Return the runs of steps (first, after last) whose windows fail too often."""
    failed, of = (_windows(steps) for steps in (counts.failed, counts.known))
    low = intervals.lowest_share(failed, of, intervals.MANY)
    enough = (of >= look.limits["window_requests"]) & (failed >= look.limits["window_errors"])
    least = look.limits["window_requests"] / _STEPS
    usual = excess.usual(counts.failed, counts.known, least)
    bad = enough & (low > look.limits["error_rate"]) & (failed >= excess.RATIO * usual * of)
    runs = series.runs(bad, 1, bridge=2 * _STEPS)
    return _clear(counts, [_trimmed(counts, usual, low, high + _STEPS - 1) for low, high in runs])


def _clear(counts: _Counts, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep the runs that fail clearly more often than what is in none of them."""
    step, rest = np.arange(counts.grid.size), np.ones(counts.grid.size, np.bool_)
    for low, high in runs:
        rest[low:high] = False
    return [
        (low, high)
        for low, high in runs
        if excess.is_clear(counts.failed, counts.known, (step >= low) & (step < high), rest, _STEPS)
    ]


def _windows(steps: Floats) -> Floats:
    """Return the sums of the windows that begin with each step."""
    return np.convolve(steps, np.ones(_STEPS), "valid")


def _trimmed(counts: _Counts, usual: float, low: int, high: int) -> tuple[int, int]:
    """Leave out the steps at both ends in which nothing failed, or hardly more than usual."""
    most = _EDGE * usual * counts.known[low:high]
    steps = np.flatnonzero(counts.failed[low:high] > most)
    return low + int(steps[0]), low + int(steps[-1]) + 1


def _inside(look: Look, counts: _Counts, run: tuple[int, int]) -> Any:
    low, high = counts.grid.window(*run)
    return (look.rows.start >= low) & (look.rows.start < high)


def _mostly_unavailable(look: Look, counts: _Counts, run: tuple[int, int]) -> bool:
    failed = _inside(look, counts, run) & look.rows.failed
    gone = np.isin(look.rows.status[failed], tuple(_UNAVAILABLE))
    return bool(gone.mean() > 0.5)  # noqa: PLR2004 - most


def _verdict(look: Look, rule: str, alerts: list[Alert], why: str) -> Verdict:
    burst = rule == "unavailable-burst"
    minutes = units.format_ms(_window_s(look) * 1e3)
    what = "502, 503 and 504" if burst else "failures"
    rates = [one.finding.evidence[0]["error_rate"] for one in alerts]
    return Verdict(
        rule=rule,
        checked=f"share of {what} in windows of {minutes} with"
        f" {look.limits['window_requests']:g} requests and more",
        threshold=look.limits["error_rate"],
        value=max(rates, default=float("nan")),
        alerts=alerts,
        why=why,
    )


def _alert(look: Look, counts: _Counts, rule: str, run: tuple[int, int]) -> Alert:
    inside, rows = _inside(look, counts, run), look.rows
    failed = np.flatnonzero(inside & rows.failed)
    of = int((inside & rows.known).sum())
    codes = Counter(_code(status) for status in rows.status[failed].tolist())
    if rule == "unavailable-burst":  # what its title names is what it counts
        failed = failed[np.isin(rows.status[failed], tuple(_UNAVAILABLE))]
    low, high = counts.grid.window(*run)
    rate = len(failed) / of
    text, title = _words(rule, codes)
    finding = Finding(
        rule=rule,
        severity="critical",
        title=f"{title} from {moments.said(low, high, look.rec.zone)}:"
        f" {units.format_share(rate)} of the requests ({len(failed):,} of {of:,})",
        evidence=[
            {"error_rate": rate, "failures": len(failed), "requests": of, "codes": _top(codes)},
            *_routes(look, failed),
        ],
        fix=Fix(text=text, snippet=_snippet(look, rule, low, high), language="python"),
        confidence="high",
        reference=_RFC if rule == "unavailable-burst" else THRESHOLDS["error_rate"].source,
        keys={"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))


def _code(status: int) -> str:
    return {NO_STATUS: "no status", OTHER_STATUS: "other"}.get(status, str(status))


def _top(codes: Counter[str]) -> str:
    return ", ".join(f"{code}: {count:,}" for code, count in codes.most_common(_SHOWN))


def _routes(look: Look, failed: Ints) -> list[dict[str, Any]]:
    counted = Counter(look.rows.route.codes[failed].tolist())
    return [
        {"route": look.label(place), "failures": count}
        for place, count in counted.most_common(_SHOWN)
    ]


def _words(rule: str, codes: Counter[str]) -> tuple[str, str]:
    """Return what to do and how the title begins."""
    if rule == "error-window":
        return (
            (
                "Look at the errors of these minutes before looking at latency, and at what was"
                " deployed or became unreachable when they began."
            ),
            "Requests fail",
        )
    named = [int(c) for c, _ in codes.most_common() if c.isdigit() and int(c) in _UNAVAILABLE]
    meanings = "; ".join(f"{code}: {_UNAVAILABLE[code]}" for code in named)
    return (
        (
            f"{meanings}. Something ran out or was down: workers, connections,"
            " the queue in front of them, or all of them at once in a restart. See what was in use"
            " when it began, and whether workers were killed."
        ),
        f"A burst of {' and '.join(map(str, named))}",
    )


def _snippet(look: Look, rule: str, low: int, high: int) -> str:
    part = f"part = {moments.between(low, high, look.rec.zone)}"
    if rule == "unavailable-burst":
        return f"{part}\npart.events\nperfkit.pool(part)"
    return f"{part}\npart.requests.query({QUERY!r})\nperfkit.diagnose(part)"
