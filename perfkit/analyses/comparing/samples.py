"""The durations of one key that are compared: those of answers that succeeded, run by run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.autocorrelation import autocorrelation_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.analyses.comparing.observed import Observed, Side

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["FEWEST", "Samples", "samples_of"]

FEWEST = 6  # of a side: fewer have no 95 % interval for their median


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Durations in ms of both sides, one array per run in the order of time; none is empty."""

    before: list[Floats]
    after: list[Floats]

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many there are before and after."""
        return sum(map(len, self.before)), sum(map(len, self.after))

    @property
    def enough(self) -> bool:
        """Whether both sides have enough to be compared at all."""
        return min(self.counts) >= FEWEST

    @cached_property
    def pooled(self) -> tuple[Floats, Floats]:
        """All runs of each side."""
        return _joined(self.before), _joined(self.after)

    @cached_property
    def _least(self) -> float:
        """Half of the smallest duration above 0: what a clock shows as 0 is between both."""
        both = np.concatenate(self.pooled)
        above = both[both > 0]
        return float(above.min()) / 2 if above.size else 1.0

    def log(self, ms: Floats) -> Floats:
        """Return natural logarithms; 0 counts as half of the smallest duration above it."""
        found: Floats = np.log(np.maximum(ms, self._least))
        return found

    @cached_property
    def logs(self) -> tuple[list[Floats], list[Floats]]:
        """The logarithms of each side's runs."""
        return list(map(self.log, self.before)), list(map(self.log, self.after))

    @cached_property
    def tau(self) -> float:
        """Integrated autocorrelation time; the smaller side counts more, as in the test."""
        before, after = self.counts
        weights = [len(run) * after / before for run in self.before]
        weights += [len(run) * before / after for run in self.after]
        return autocorrelation_time(*self.before, *self.after, weights=weights)


def _joined(runs: list[Floats]) -> Floats:
    return np.concatenate(runs) if runs else np.empty(0)


def samples_of(observed: Observed) -> Iterator[Samples]:
    """Yield the samples of every key.

    What failed is not compared: a failure takes another path, and is fast or as slow as a
    time-out. Neither is what was refused (status 400 to 499), unless hardly anything else is
    left: a route may answer 404 as a matter of course.
    """
    keys = len(observed.labels)
    before, after = (side.by_key(keys) for side in observed.sides)
    for old, new in zip(before, after, strict=True):
        strict = Samples(
            before=_runs(observed.before, old, refused=False),
            after=_runs(observed.after, new, refused=False),
        )
        if strict.enough:
            yield strict
            continue
        yield Samples(
            before=_runs(observed.before, old, refused=True),
            after=_runs(observed.after, new, refused=True),
        )


def _runs(side: Side, rows: Ints, *, refused: bool) -> list[Floats]:
    good = ~side.failed[rows] & ~np.isnan(side.ms[rows])
    if not refused:
        good &= ~side.refused[rows]
    rows = rows[good]
    ends = np.cumsum(np.bincount(side.run[rows], minlength=side.runs))[:-1]
    return [run for run in np.split(side.ms[rows], ends) if run.size]
