"""How many held and how many waited at every moment, and how full the pool was meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.pools.usage import Checkouts, Samples, Usage

    Floats = NDArray[np.float64]

__all__ = ["Contention", "State", "contention", "state"]

#: Time is looked at in pieces of a second, or of a 200th of the recording if that is more.
PIECE_NS = 1e9
PIECES = 200
#: A piece counts as contended when on average at least so many requests waited in it.
CONTENDED = 0.1


@dataclass(frozen=True, kw_only=True)
class State:
    """A step function: from ``at[i]`` (ns) to ``at[i+1]`` so many held, so many waited."""

    at: Floats
    in_use: Floats
    waiting: Floats

    @property
    def seconds(self) -> float:
        """How long was looked."""
        return float(self.at[-1] - self.at[0]) / 1e9 if self.at.size else 0.0

    def mean(self, values: Floats) -> float:
        """Return the mean over time of a step function on ``at``."""
        spans = np.diff(self.at)
        total = spans.sum()
        return float((values[:-1] * spans).sum() / total) if total > 0 else math.nan


@dataclass(frozen=True, kw_only=True)
class Contention:
    """The stretches in which requests waited.

    Attributes:
        utilisation: mean share of the pool in use in these stretches.
        busy_while_waiting: share in use in those moments when somebody waited.
        seconds: how long the stretches are together.
        requests_per_s: requests for a connection in them.
        wanted: mean number of connections held or wanted in them.
        demand: the most that were held or wanted at once, at any time.
        start, end: first and last contended moment (ns), NaN without any.
    """

    utilisation: float
    busy_while_waiting: float
    seconds: float
    requests_per_s: float
    wanted: float
    demand: int
    start: float
    end: float


def state(usage: Usage) -> State:
    """Return the pool's state over time: exact from checkouts, else as sampled."""
    return _exact(usage.checkouts) or _sampled(usage.samples)


def contention(usage: Usage, course: State, size: float) -> Contention:
    """Look at the contended stretches of ``course`` for a pool of ``size``."""
    edges = _edges(course)
    lengths = np.diff(edges)
    waited = np.diff(_integral(course, course.waiting, edges))
    used = np.diff(_integral(course, course.in_use, edges))
    busy = (waited >= CONTENDED * lengths) & (waited > 0)
    span = float(lengths[busy].sum())
    at = np.flatnonzero(busy)
    return Contention(
        utilisation=float(used[busy].sum()) / (span * size) if span > 0 else math.nan,
        busy_while_waiting=_while_waiting(course, size),
        seconds=span / 1e9,
        requests_per_s=_rate(usage, course, edges, busy),
        wanted=float((used + waited)[busy].sum()) / span if span > 0 else math.nan,
        demand=int((course.in_use + course.waiting).max(initial=0)),
        start=float(edges[at[0]]) if at.size else math.nan,
        end=float(edges[at[-1] + 1]) if at.size else math.nan,
    )


def _exact(checkouts: Checkouts) -> State | None:
    timed = ~np.isnan(checkouts.requested) & ~np.isnan(checkouts.wait_ms)
    if not timed.any():
        return None
    asked = checkouts.requested[timed]
    answered = asked + checkouts.wait_ms[timed] * 1e6
    got = ~np.isnan(checkouts.acquired[timed])
    took, gave = answered[got], checkouts.released[timed][got]
    gave = gave[~np.isnan(gave)]  # what was never given back stays in use
    at = np.concatenate([asked, answered, took, gave])
    waiting = np.repeat([1, -1, 0, 0], [asked.size, answered.size, took.size, gave.size])
    in_use = np.repeat([0, 0, 1, -1], [asked.size, answered.size, took.size, gave.size])
    order = np.lexsort((in_use, waiting, at))  # at one moment first give back, then take
    return State(
        at=at[order],
        in_use=np.maximum(in_use[order].cumsum(), 0).astype(np.float64),
        waiting=np.maximum(waiting[order].cumsum(), 0).astype(np.float64),
    )


def _sampled(samples: Samples) -> State:
    known = ~np.isnan(samples.at) & ~np.isnan(samples.in_use)
    return State(
        at=samples.at[known],
        in_use=samples.in_use[known],
        waiting=np.nan_to_num(samples.waiting[known]),
    )


def _edges(course: State) -> Floats:
    if course.at.size < 2 or course.at[-1] <= course.at[0]:  # noqa: PLR2004 - one moment has no length
        return np.zeros(0)
    span = course.at[-1] - course.at[0]
    pieces = max(1, min(PIECES, math.ceil(span / PIECE_NS)))
    return np.linspace(course.at[0], course.at[-1], pieces + 1)


def _integral(course: State, values: Floats, edges: Floats) -> Floats:
    if not edges.size:
        return edges
    steps = np.concatenate([[0.0], (values[:-1] * np.diff(course.at)).cumsum()])
    found: Floats = np.interp(edges, course.at, steps)
    return found


def _rate(usage: Usage, course: State, edges: Floats, busy: NDArray[np.bool_]) -> float:
    """Return requests per second in the busy pieces; from counters only the overall rate."""
    asked = usage.checkouts.requested[~np.isnan(usage.checkouts.requested)]
    if asked.size:
        arrivals = np.histogram(asked, edges)[0] if busy.any() else np.zeros(busy.size)
        seconds = float(np.diff(edges)[busy].sum()) / 1e9
        return float(arrivals[busy].sum()) / seconds if seconds else 0.0
    grown = usage.samples.grown(usage.samples.requests_total)
    return grown / course.seconds if course.seconds else math.nan


def _while_waiting(course: State, size: float) -> float:
    spans = np.diff(course.at) * (course.waiting[:-1] > 0)
    total = spans.sum()
    return float((course.in_use[:-1] * spans).sum() / (total * size)) if total > 0 else math.nan
