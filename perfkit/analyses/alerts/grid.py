"""Time cut into equal bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.groups import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.rows import Flags, Floats, Ints

__all__ = ["SECOND", "STEPS_S", "Grid", "extent", "finest"]

SECOND = 1_000_000_000
#: Lengths of bins that people think in.
STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)
_LOOKED_AT = 20_000
#: A clock that starts in 1970 or a mistyped year must not stretch the grid: times further
#: outside the middle 99.8 % than a tenth of their range are left out.
_STRAY = 0.001
_MARGIN = 0.1


@dataclass(frozen=True)
class Grid:
    """``size`` bins of ``width`` ns, the first from ``start`` (ns UTC); all are whole."""

    start: int
    width: int
    size: int

    @property
    def seconds(self) -> float:
        """The length of a bin in s."""
        return self.width / SECOND

    @property
    def end(self) -> int:
        """The end of the last bin, in ns."""
        return self.start + self.width * self.size

    def places(self, times: Ints) -> Ints:
        """Return the bin of every time; -1 outside."""
        found = (times - self.start) // self.width
        found[(found < 0) | (found >= self.size)] = -1
        return found

    def count(self, places: Ints, where: Any = None, weights: Floats | None = None) -> Floats:
        """Return how many of ``places`` (or the sum of ``weights``) are in every bin."""
        inside = places >= 0 if where is None else (places >= 0) & where
        chosen = None if weights is None else weights[inside]
        return np.bincount(places[inside], weights=chosen, minlength=self.size).astype(np.float64)

    def cells(self, times: Ints) -> Ints:
        """Return the bin of every time, from 1 on; 0 before the first, ``size + 1`` behind all."""
        found = (times - self.start) // self.width
        found += 1
        return np.clip(found, 0, self.size + 1, out=found)

    def counts(self, times: Ints, *chosen: Flags) -> list[Floats]:
        """Return how many of ``times`` that are ``chosen`` (once each) are in every bin."""
        found = np.zeros((len(chosen), self.size + 2))
        for part in pieces(len(times), self.size):
            cells = self.cells(times[part])
            for place, flags in enumerate(chosen):
                mine = flags[part]
                some = cells if mine.all() else cells[mine]
                found[place] += np.bincount(some, minlength=self.size + 2)
        return list(found[:, 1:-1])

    def at(self, place: float) -> int:
        """Return the time at which bin ``place`` begins, in ns."""
        return self.start + round(place * self.width)

    def window(self, low: int, high: int) -> tuple[int, int]:
        """Return the time from the beginning of bin ``low`` to that of bin ``high``."""
        return self.at(low), self.at(high)


def extent(times: Ints) -> tuple[int, int] | None:
    """Return the first and last of ``times`` without strays; None where there is no range."""
    if len(times) < 2:  # noqa: PLR2004 - a range has two ends
        return None
    some = np.sort(times[:: max(1, len(times) // _LOOKED_AT)])
    cut = int(len(some) * _STRAY)
    low, high = int(some[cut]), int(some[-1 - cut])
    margin = int((high - low) * _MARGIN) + 60 * SECOND
    first, last = int(times.min()), int(times.max())
    if first < low - margin or last > high + margin:
        inside = times[(times >= low - margin) & (times <= high + margin)]
        first, last = int(inside.min()), int(inside.max())
    return (first, last) if last > first else None


def whole(first: int, last: int, seconds: float) -> Grid:
    """Return the grid of the whole bins between two times, on multiples of the length."""
    width = round(seconds * SECOND)
    start = -(-first // width) * width
    return Grid(start, width, max(0, (last + 1 - start) // width))


def finest(
    first: int, last: int, rows: int, *, per_bin: float, most: int, steps: Sequence[int] = STEPS_S
) -> Grid:
    """Return the grid of the shortest ``steps`` (s) that hold ``per_bin`` rows on average.

    Not more than ``most`` bins, where the longest step allows.
    """
    seconds = (last - first) / SECOND
    fits = (s for s in steps if rows * s >= per_bin * seconds and seconds <= most * s)
    return whole(first, last, next(fits, steps[-1]))
