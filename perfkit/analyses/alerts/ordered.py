"""Quantiles of many groups from one sort: group and value share one 64-bit key.

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

__all__ = ["Ordered", "sort"]


@dataclass(frozen=True)
class Ordered:
    """Values sorted within their group; group ``i`` is ``values[starts[i]:][:counts[i]]``."""

    values: NDArray[np.float32]
    starts: Ints
    counts: Ints

    def quantile(self, q: float) -> Floats:
        """Return quantile ``q`` of every group, linear between values; NaN where it is empty."""
        if not len(self.values):
            return np.full(len(self.counts), np.nan)
        place = self.starts + np.maximum(self.counts - 1, 0) * q
        below = np.minimum(place.astype(np.int64), len(self.values) - 1)
        ends = np.maximum(self.starts + self.counts - 1, 0)
        above = np.clip(below + 1, 0, np.minimum(ends, len(self.values) - 1))
        low, high = (self.values[at].astype(np.float64) for at in (below, above))
        found: Floats = np.where(self.counts > 0, low + (high - low) * (place - below), np.nan)
        return found


def sort(codes: NDArray[Any], values: Floats, size: int) -> Ordered:
    """Sort ``values`` (none negative) in each of ``size`` groups; unknown values are left out.

    ``codes`` are the groups, from 0; below 0: in none.
    """
    kept = ~np.isnan(values)
    if len(codes) and codes.min() < 0:
        kept &= codes >= 0
    if not kept.all():
        codes, values = codes[kept], values[kept]
    keys = codes.astype(np.uint64)
    keys <<= np.uint64(32)
    # the bits of floats that are not negative sort as the floats do
    keys |= np.abs(values).astype(np.float32).view(np.uint32)
    keys.sort()
    counts = np.bincount(codes, minlength=size)
    keys &= np.uint64(0xFFFFFFFF)
    return Ordered(
        values=keys.astype(np.uint32).view(np.float32),
        starts=np.cumsum(counts) - counts,
        counts=counts,
    )
