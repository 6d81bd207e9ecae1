"""Is it a step, or does it go on for a while? A change is compared with slow courses."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.changes.series import DAY, Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.statistics.change_points import Stretch

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Drift", "drift"]

#: A slow course has one number more than a step (where it ends), a daily one four; it is believed
#: when it explains more by as many times ln(200), as Schwarz's criterion asks (BIC, 1978).
_PENALTY = 5.3
_RAMP, _DAILY, _STAIRS = 1.0, 3.0, 2.0
#: Knots of ramps that are tried, and the bins that a ramp must last: shorter ones are steps.
_KNOTS, _SHORTEST = 24, 0.12
#: From so much of a day on, a daily cycle can bend a series.
_BENT_FROM = DAY // 8


@dataclass(frozen=True, eq=False, kw_only=True)
class Drift:
    """A slow course: what it adds to the logarithm of every request, and its ends in time.

    ``start`` and ``end`` are ns since 1970; None for a course like that of a day, whose cycles
    too little was recorded to know.
    """

    course: Floats
    start: int | None = None
    end: int | None = None


def drift(series: Series, levels: Floats, found: Stretch, segments: Ints) -> Drift | None:
    """Return the slow course that explains ``levels`` better than the stretch does, or None.

    ``levels`` is the logarithm of the latency in every bin, ``segments`` numbers the stretches
    between changes that are known: their levels, like those of the times of day, are free in
    every comparison.
    """
    at = series.middles
    worth = series.counts / (1 + series.counts * found.noise.between)
    fit = _Fit(levels, worth, series.slots, list(np.eye(int(segments[-1]) + 1)[segments].T[1:]))
    pulse = np.zeros(len(levels))
    pulse[found.start : found.end] = 1.0
    step = fit.unexplained([pulse])
    stairs = fit.unexplained([pulse, _second(levels, pulse, worth)])
    ramps = list(_ramps(at))
    left = [fit.unexplained([_ramp(at, ends)]) for ends in ramps]
    best = int(np.argmin(left))
    daily = fit.unexplained(_harmonics(series, at)) if _may_bend(series) else np.inf
    freedom = max(len(levels) - int(series.slots.max()) - 5, 1)
    unit = _PENALTY * found.noise.inflation * min(stairs, left[best], daily) / freedom
    ramp, bent = left[best] + _RAMP * unit, daily + _DAILY * unit
    if min(ramp, bent) >= min(step, stairs + _STAIRS * unit):
        return None
    exact = (series.times - series.times[0]) / series.width
    if bent < ramp:
        waves = fit.coefficients(_harmonics(series, at))[:4]
        course = np.column_stack(_harmonics(series, exact)) @ waves
        return Drift(course=course - course.mean())
    start, end = (int(series.times[0] + knot * series.width) for knot in ramps[best])
    grown = fit.coefficients([_ramp(at, ramps[best])])[0]
    return Drift(course=grown * _ramp(exact, ramps[best]), start=start, end=end)


class _Fit:
    """Weighted least squares beside free levels of times of day and known segments."""

    def __init__(self, levels: Floats, worth: Floats, slots: Ints, known: list[Floats]) -> None:
        self._root, self._worth, self._slots = np.sqrt(worth), worth, slots
        self._weight = np.bincount(slots, worth)
        self._levels = self._within(levels)
        self._known = [self._within(column) for column in known]

    def coefficients(self, columns: list[Floats]) -> Floats:
        """Return the coefficients of the columns, then those of the known segments."""
        return np.asarray(np.linalg.lstsq(self._design(columns), self._levels, rcond=None)[0])

    def unexplained(self, columns: list[Floats]) -> float:
        """Return the weighted sum of squares that the columns leave over."""
        left = self._levels - self._design(columns) @ self.coefficients(columns)
        return float(left @ left)

    def _design(self, columns: list[Floats]) -> Floats:
        return np.column_stack([*(self._within(column) for column in columns), *self._known])

    def _within(self, column: Floats) -> Floats:
        """Return a column less its mean in each time of day, ready for ordinary least squares."""
        mean = np.bincount(self._slots, column * self._worth) / self._weight
        return np.asarray((column - mean[self._slots]) * self._root)


def _second(levels: Floats, pulse: Floats, worth: Floats) -> Floats:
    """Return the step that explains most of what the stretch leaves over."""
    centred = [
        levels[at] - np.average(levels[at], weights=worth[at]) for at in (pulse < 1, pulse > 0)
    ]
    left = np.empty(len(levels))
    left[pulse < 1], left[pulse > 0] = centred
    sums, size = np.cumsum(worth * left)[:-1], np.cumsum(worth)
    split = int(np.argmax(sums**2 / (size[:-1] * (size[-1] - size[:-1])))) + 1
    return (np.arange(len(levels)) >= split).astype(np.float64)


def _may_bend(series: Series) -> bool:
    return not series.seasonal and _BENT_FROM <= series.span < 2 * DAY + series.width


def _ramps(at: Floats) -> Iterator[tuple[float, float]]:
    knots = np.linspace(at[0], at[-1], _KNOTS)
    shortest = max(_SHORTEST * (at[-1] - at[0]), 4.0)
    pairs = itertools.combinations(knots.tolist(), 2)
    return (pair for pair in pairs if pair[1] - pair[0] >= min(shortest, at[-1] - at[0]))


def _harmonics(series: Series, at: Floats) -> list[Floats]:
    phase = 2 * np.pi * at * series.width / DAY
    return [wave(order * phase) for order in (1, 2) for wave in (np.sin, np.cos)]


def _ramp(at: Floats, ends: tuple[float, float]) -> Floats:
    return np.clip((at - ends[0]) / (ends[1] - ends[0]), 0, 1)
