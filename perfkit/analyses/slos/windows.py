"""Burn rates over two windows each: what pages the one on call, and what can wait for a ticket.

The burn rate is the share of requests that count against the budget over the share that may: at
1 the budget lasts exactly its period. An alert fires while it is above a threshold over a long
window and over a short one, a twelfth of it, which ends the alert soon after the trouble has.
Pairs and thresholds: Google, The Site Reliability Workbook (2018), chapter 5, table 5-8: they use
up 2 %, 5 % and 10 % of a budget for 30 days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.statistics.binomial import chance_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.slos.course import Course

    Floats = NDArray[np.float64]

__all__ = ["Alert", "Window", "alerts", "burn", "covered"]

_HOUR, _DAY = 3600.0, 86_400.0
#: Less than this is no window: a few requests.
_SHORTEST_S = 60.0
#: Requests over the limit in a long window must be more than chance brings: low traffic.
_CHANCE = 0.001


@dataclass(frozen=True, kw_only=True)
class Window:
    """A pair of windows in s, and the burn rate that must be exceeded over both."""

    long_s: float
    short_s: float
    rate: float

    def __str__(self) -> str:
        """Return the pair as it is said: ``1 h and 5 min above 14.4``."""
        return f"{length(self.long_s)} and {length(self.short_s)} above {self.rate:g}"


#: For a budget over 30 days.
_WINDOWS = (
    Window(long_s=_HOUR, short_s=_HOUR / 12, rate=14.4),
    Window(long_s=6 * _HOUR, short_s=_HOUR / 2, rate=6.0),
    Window(long_s=3 * _DAY, short_s=_DAY / 4, rate=1.0),
)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert that would have fired: the first time, until when, for how long in all (ns, s)."""

    window: Window
    fired: int
    until: int
    seconds: float


def length(seconds: float) -> str:
    """Return a length of time without its zeros: ``1 h``, not ``1 h 0 min``."""
    return re.sub(r" 0 (min|s|h)\Z", "", units.format_ms(seconds * 1000))


def covered(seconds: float) -> tuple[Window, ...]:
    """Return the windows that a recording of so many seconds covers.

    Below an hour they are shortened alike, so that the one of six hours is all of it.
    """
    if seconds < _SHORTEST_S:
        return ()
    scale = min(1.0, seconds / (6 * _HOUR)) if seconds < _HOUR else 1.0
    scaled = (
        Window(long_s=one.long_s * scale, short_s=one.short_s * scale, rate=one.rate)
        for one in _WINDOWS
    )
    return tuple(one for one in scaled if one.long_s <= seconds)


def burn(course: Course, seconds: float) -> Floats:
    """Return the burn rate over the last ``seconds`` at the end of every period; NaN before.

    NaN as well where nothing was requested.
    """
    requests, over = (_last(sums, _periods(course, seconds)) for sums in _counts(course))
    share = np.divide(over, requests, out=np.full(len(over), np.nan), where=requests > 0)
    rate: Floats = share / course.allowed
    return rate


def alerts(course: Course, windows: tuple[Window, ...]) -> list[Alert]:
    """Return what would have fired in the course, one per pair of windows at most."""
    found = []
    for window in windows:
        firing = _firing(course, window)
        at = np.flatnonzero(firing)
        if len(at):
            fired, until = course.ends[at[0]], course.ends[at[-1]]
            seconds = len(at) * course.seconds
            found.append(Alert(window=window, fired=int(fired), until=int(until), seconds=seconds))
    return found


def _firing(course: Course, window: Window) -> NDArray[np.bool_]:
    periods = _periods(course, window.long_s)
    requests, over = (np.nan_to_num(_last(sums, periods)) for sums in _counts(course))
    likely = chance_bound(over, requests, course.allowed)
    rates = (burn(course, seconds) for seconds in (window.long_s, window.short_s))
    above: NDArray[np.bool_] = likely < _CHANCE
    for rate in rates:
        above &= np.nan_to_num(rate) > window.rate
    return above


def _counts(course: Course) -> tuple[Floats, Floats]:
    return course.requests, course.over


def _periods(course: Course, seconds: float) -> int:
    return max(1, round(seconds / course.seconds))


def _last(counts: Floats, periods: int) -> Floats:
    """Return the sum of the last ``periods`` counts at every place; NaN before there are any."""
    behind = np.concatenate(([0.0], np.cumsum(counts)))
    sums = np.full(len(counts), np.nan)
    sums[periods - 1 :] = behind[periods:] - behind[:-periods]
    return sums
