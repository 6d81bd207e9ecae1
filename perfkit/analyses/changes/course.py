"""The changes of one series, one after the other, until nothing stands out any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.changes.place import Place, placed
from perfkit.analyses.changes.series import Series, above, quantile_by
from perfkit.analyses.changes.shape import Drift, drift
from perfkit.statistics import change_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.statistics.change_points import Stretch

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["PERCENTILES", "Boundary", "Course", "course"]

PERCENTILES = {"p50": 0.5, "p95": 0.95}
#: A series that changes more often than that has no levels to speak of.
_ROUNDS = 6
#: Where the share above the p95 varies that much between bins (in units of the variance of one
#: request), few bins hold most of it: twice the usual excess is asked (stationary series of that
#: kind reach 1.6 times), and the levels of the bins must show the change, too.
_UNEVEN, _SURER = 0.03, 2.0


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A change: its place in the series, by which percentile it was seen, and how surely."""

    place: Place
    percentile: str
    p_value: float
    noise: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Drifted:
    """A slow course, and how surely it is none of a series that stays."""

    drift: Drift
    p_value: float


@dataclass(eq=False, kw_only=True)
class Course:
    """What became of a series: boundaries in order of time, slow courses, times of day.

    ``season`` is, by percentile, what the time of day adds to the logarithm of each request.
    """

    series: Series
    boundaries: list[Boundary] = field(default_factory=list)
    drifts: dict[str, Drifted] = field(default_factory=dict)
    season: dict[str, Floats] = field(default_factory=dict)
    levels: dict[str, Floats] = field(default_factory=dict)

    @property
    def splits(self) -> list[int]:
        """The requests before which the level changes, 0 and the end included."""
        return [0, *(b.place.at for b in self.boundaries), len(self.series.times)]

    def adjusted(self, percentile: str) -> Floats:
        """Return the logarithms of all requests as at an average time of day."""
        return np.asarray(self.series.logs - self.season.get(percentile, 0.0))


def course(series: Series) -> Course:
    """Look for changes in p50 and p95; each found is taken out before the next is sought."""
    known = Course(series=series)
    for _ in range(_ROUNDS):
        seen = [
            (found.excess, name, found)
            for name, q in PERCENTILES.items()
            if name not in known.drifts  # a slow course is no ruler for what comes on top of it
            and (found := _scanned(known, name, q)) is not None
        ]
        if not seen or not _added(known, *max(seen, key=lambda one: one[0])[1:]):
            break
        _fit(known)
    return known


def _left(known: Course, name: str) -> Floats:
    """Return the logarithms less the levels between boundaries and the slow course."""
    return np.asarray(known.series.logs - _steps(known, name) - _slow(known, name))


def _slow(known: Course, name: str) -> Floats:
    drifted = known.drifts.get(name)
    return drifted.drift.course if drifted else np.zeros(len(known.series.logs))


def _scanned(known: Course, name: str, q: float) -> Stretch | None:
    series, left = known.series, _left(known, name)
    strata = series.slots if series.seasonal else None
    found = change_points.scan(above(series, left, q), series.counts.astype(np.float64), strata)
    if found is None or not found.found:
        return None
    if name != "p95" or found.noise.between < _UNEVEN:
        return found
    if found.excess < _SURER * change_points.CRITICAL:
        return None
    level = quantile_by(left, series.bins, q)
    middle = quantile_by(level, series.slots, 0.5)[series.slots]
    by_bin = change_points.scan((level > middle).astype(np.float64), np.ones(len(level)), strata)
    return found if by_bin is not None and by_bin.found else None


def _added(known: Course, name: str, found: Stretch) -> bool:
    """Add what was found; False if it was known."""
    levels = quantile_by(known.series.logs, known.series.bins, PERCENTILES[name])
    slow = drift(known.series, levels, found, _segments(known))
    if slow is not None:
        known.drifts[name] = Drifted(drift=slow, p_value=change_points.p_value(found.excess))
        return True
    new = list(_boundaries(known, name, found))
    known.boundaries = sorted((*known.boundaries, *new), key=lambda b: b.place.at)
    return bool(new)


def _boundaries(known: Course, name: str, found: Stretch) -> Iterator[Boundary]:
    series = known.series
    noise = max(1.0, found.noise.of_samples(float(series.counts.mean())))
    values = known.series.logs - _slow(known, name) - _season(known, name, found)
    near = max(len(series.times) // len(series.first) // 2, 1)
    first = np.append(series.first, len(series.times))
    ends = [int(first[found.start]), int(first[found.end])]
    splits = [*known.splits, *ends]
    for split in ends:
        if min(abs(split - other) for other in known.splits) < near:
            continue
        low = max(other for other in splits if other < split)
        high = min(other for other in splits if other > split)
        at = placed(values[low:high], split - low, noise)
        place = Place(at=at.at + low, low=at.low + low, high=at.high + low)
        if min(abs(place.at - other) for other in known.splits) >= near:
            p_value = change_points.p_value(found.excess)
            yield Boundary(place=place, percentile=name, p_value=p_value, noise=noise)


def _season(known: Course, name: str, found: Stretch) -> Floats:
    """Return what the time of day adds to each request if ``found`` is a change as well."""
    splits = [*known.splits[1:-1], *np.append(known.series.first, 0)[[found.start, found.end]]]
    segments = np.searchsorted(np.unique(splits), known.series.first, side="right")
    logs = known.series.logs - _slow(known, name)
    season = _times_of_day(known.series, segments, logs, PERCENTILES[name])
    return season[known.series.bins]


def _steps(known: Course, name: str) -> Floats:
    """Return the levels between boundaries, which the change to be placed may share."""
    return known.levels.get(name, np.zeros(len(known.series.logs)))


def _segments(known: Course) -> Ints:
    """Return the number of the segment, between boundaries, that each bin begins in."""
    return np.searchsorted(known.splits[1:-1], known.series.first, side="right")


def _fit(known: Course) -> None:
    """Estimate levels between boundaries, and times of day, together."""
    segment = np.repeat(np.arange(len(known.splits) - 1), np.diff(known.splits))
    for name, q in PERCENTILES.items():
        logs = known.series.logs - _slow(known, name)
        season = _times_of_day(known.series, _segments(known), logs, q)[known.series.bins]
        known.season[name] = season
        known.levels[name] = quantile_by(logs - season, segment, q)[segment]


def _times_of_day(series: Series, segments: Ints, logs: Floats, q: float) -> Floats:
    """Return what its time of day adds to each bin, by least squares beside the segments."""
    if not series.seasonal:
        return np.zeros(len(series.first))
    numbers = np.unique(segments, return_inverse=True)[1], series.slots
    design = np.column_stack([np.eye(int(each.max()) + 1)[each] for each in numbers])
    root = np.sqrt(series.counts)
    levels = quantile_by(logs, series.bins, q)
    solution = np.linalg.lstsq(design * root[:, None], levels * root, rcond=None)[0]
    season = (solution[int(numbers[0].max()) + 1 :])[series.slots]
    return np.asarray(season - np.average(season, weights=series.counts))
