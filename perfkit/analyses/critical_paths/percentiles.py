"""Which requests stand for the median, and which for the slowest per cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.span_ids import Flags, Ints

__all__ = ["AROUND", "near"]

#: Percentile -> the ranks (0 to 1) whose requests show what requests near it are like.
AROUND = {50: (0.40, 0.60), 99: (0.98, 1.00)}


def near(percentile: int, duration: Ints, group: Ints, weight: NDArray[np.float64]) -> Flags:
    """Return the requests whose duration is near a percentile of their group.

    Ranks count sampled requests as often as they stand for others. Each group has at least the
    one request that is nearest.

    Example:
        >>> one = np.ones(5)
        >>> near(50, np.arange(5), np.zeros(5, int), one).tolist()
        [False, False, True, False, False]
    """
    order = np.lexsort((duration, group))
    weight, group = weight[order], group[order]
    total = np.bincount(group, weights=weight)
    upto = np.cumsum(weight)
    before = (np.cumsum(total) - total)[group]
    rank = (upto - before - weight / 2) / total[group]
    low, high = AROUND[percentile]
    chosen = (rank >= low) & (rank <= high)
    distance = np.abs(rank - percentile / 100)
    nearest = np.lexsort((distance, group))
    _, first = np.unique(group[nearest], return_index=True)
    chosen[nearest[first]] = True
    found = np.zeros(len(order), np.bool_)
    found[order] = chosen
    return found
