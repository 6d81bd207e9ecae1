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
    strict, lenient = (
        [_runs(side, observed, refused=flag) for side in observed.sides] for flag in (False, True)
    )
    for key in range(len(observed.labels)):
        found = Samples(before=strict[0][key], after=strict[1][key])
        if not found.enough:
            found = Samples(before=lenient[0][key], after=lenient[1][key])
        yield found


def _runs(side: Side, observed: Observed, *, refused: bool) -> list[list[Floats]]:
    """Return the durations of every key that are compared, run by run."""
    good = ~side.failed & ~np.isnan(side.ms)
    if not refused:
        good &= ~side.refused
    order = side.order[good[side.order]]
    cell = side.code[order].astype(np.int64) * side.runs + side.run[order]
    counts = np.bincount(cell, minlength=len(observed.labels) * side.runs)
    parts = np.split(side.ms[order], np.cumsum(counts)[:-1])
    return [
        [part for part in parts[at : at + side.runs] if part.size]
        for at in range(0, len(parts), side.runs)
    ]
