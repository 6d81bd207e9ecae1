"""Numbers by group, in every group smallest first: sums, extremes, quantiles of all at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Ordered"]


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Values by group: first ``counts[0]`` of the first group, smallest first, and so on.

    ``weight`` says how many each of the values stands for; None: one.
    """

    values: Floats
    counts: Ints
    weight: Floats | None = None

    @cached_property
    def starts(self) -> Ints:
        """Where the values of each group begin."""
        return np.asarray(np.cumsum(self.counts) - self.counts, np.int64)

    def parts(self) -> Iterator[Floats]:
        """Yield the values of every group."""
        ends = (self.starts + self.counts).tolist()
        for start, end in zip(self.starts.tolist(), ends, strict=True):
            yield self.values[start:end]

    def sums(self) -> Floats:
        """Return the sum of every group; values in order of size hide the order of the rows."""
        if self.weight is None:
            return np.array([part.sum() for part in self.parts()], np.float64)
        return self._added(self.values * self.weight)

    def known(self) -> Floats:
        """Return how many values every group has, by their weight."""
        return self.counts.astype(np.float64) if self.weight is None else self._added(self.weight)

    def squares(self) -> Floats:
        """Return the sum of the squared weights of every group."""
        return self.known() if self.weight is None else self._added(self.weight**2)

    def lowest(self) -> Floats:
        """Return the smallest value of every group; NaN where there is none."""
        return self._at(self.starts)

    def highest(self) -> Floats:
        """Return the largest value of every group; NaN where there is none."""
        return self._at(self.starts + self.counts - 1)

    def quantile(self, q: float) -> Floats:
        """Return quantile ``q`` of the values (not by weight), as :func:`numpy.quantile` does."""
        most = np.maximum(self.counts - 1, 0)
        below = np.floor(most * q).astype(np.int64)
        low = self._at(self.starts + below)
        high = self._at(self.starts + np.minimum(below + 1, most))
        part = most * q - below
        # from the nearer end, as NumPy does
        near: Floats = np.where(
            part >= 0.5,  # noqa: PLR2004
            high - (high - low) * (1 - part),
            low + (high - low) * part,
        )
        return near

    def part(self, group: int) -> Floats:
        """Return the values of one group."""
        start = self.starts[group]
        return self.values[start : start + self.counts[group]]

    def _at(self, places: Ints) -> Floats:
        filled = self.counts > 0
        found = np.full(len(self.counts), np.nan)
        found[filled] = self.values[places[filled]]
        return found

    def below(self, edges: Sequence[float]) -> list[Floats]:
        """Return how many values of every group are below each of ``edges`` (by weight)."""
        at = [np.searchsorted(part, edges) for part in self.parts()]
        places = np.array(at, np.int64).reshape(-1, len(edges)).T
        if self.weight is None:
            return [place.astype(np.float64) for place in places]
        behind = np.concatenate(([0.0], np.cumsum(self.weight)))
        return [behind[self.starts + place] - behind[self.starts] for place in places]

    def _added(self, values: Floats) -> Floats:
        sums = np.zeros(len(self.counts))
        filled = self.counts > 0
        if filled.any():
            sums[filled] = np.add.reduceat(values, self.starts[filled])
        return sums
