"""Quantiles of many small groups from one sort: group and value share one 64-bit key.

Values are kept to float32 (a relative error below 1e-7): enough to compare, and the numbers
that people see are computed from the rows again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.alerts.rows import Floats, Ints

    Keys = NDArray[np.uint64]

__all__ = ["Ordered", "keys", "sort"]

_BITS = np.uint64(32)


@dataclass(frozen=True)
class Ordered:
    """Keys sorted by group and by value; group ``i`` has ``keys[ends[i] : ends[i + 1]]``."""

    keys: Keys
    ends: Ints

    @property
    def counts(self) -> Ints:
        """How many values each group has."""
        return np.diff(self.ends)

    def quantile(self, q: float) -> Floats:
        """Return quantile ``q`` of every group, linear between values; NaN where it is empty."""
        found = np.full(len(self.counts), np.nan)
        filled = self.counts > 0
        most = self.counts[filled] - 1
        below = (most * q).astype(np.int64)
        low = self._values(self.ends[:-1][filled] + below)
        high = self._values(self.ends[:-1][filled] + np.minimum(below + 1, most))
        found[filled] = low + (high - low) * (most * q - below)
        return found

    def _values(self, places: Ints) -> Floats:
        bits = self.keys[places].astype(np.uint32)  # the upper half is cut off
        return bits.view(np.float32).astype(np.float64)


def keys(codes: NDArray[Any], values: Floats) -> Keys:
    """Return keys of ``values`` (none negative) in their groups; unknown values are left out.

    ``codes`` are the groups, from 0; below 0: in none.
    """
    kept = ~np.isnan(values) & (codes >= 0)
    found = codes.astype(np.uint64)
    found <<= _BITS
    # the bits of floats that are not negative sort as the floats do
    found |= np.abs(values).astype(np.float32).view(np.uint32)
    return found if kept.all() else found[kept]


def sort(found: Keys, size: int) -> Ordered:
    """Sort keys of ``size`` groups, in place."""
    found.sort()
    firsts = np.arange(size + 1, dtype=np.uint64) << _BITS
    return Ordered(keys=found, ends=np.searchsorted(found, firsts))
