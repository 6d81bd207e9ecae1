"""Intervals of shares, and of how unlikely a count is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["MANY", "binomial_bound", "highest_share", "lowest_share"]

#: Deviations for a share that is looked at in thousands of windows: 3 in 100,000 by chance.
MANY = 4.0


def lowest_share(of: Any, out_of: Any, z: float = 1.96) -> Floats:
    """Return the lower end of Wilson's interval (JASA 22, 1927); 0 where nothing was counted."""
    n = np.maximum(np.asarray(out_of, np.float64), 1.0)
    rate = np.asarray(of, np.float64) / n
    middle = rate + z * z / (2 * n)
    spread = z * np.sqrt(np.maximum(rate * (1 - rate), 0.0) / n + z * z / (4 * n * n))
    low: Floats = np.where(np.asarray(of) > 0, (middle - spread) / (1 + z * z / n), 0.0)
    return low


def highest_share(of: Any, out_of: Any, z: float = 1.96) -> Floats:
    """Return the upper end of Wilson's interval; 1 where nothing was counted.

    Example:
        >>> float(highest_share(0, 0)), round(float(highest_share(1, 2)), 2)
        (1.0, 0.91)
    """
    rest = np.maximum(np.asarray(out_of, np.float64) - np.asarray(of, np.float64), 0.0)
    return 1.0 - lowest_share(rest, out_of, z)


def binomial_bound(hits: float, trials: float, chance: float) -> float:
    """Return an upper bound on the probability of ``hits`` or more (Chernoff, 1952).

    Example:
        >>> binomial_bound(10, 10, 0.1) <= 1e-9
        True
    """
    share = hits / trials
    if share <= chance:
        return 1.0
    if chance <= 0:
        return 0.0
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return math.exp(-trials * divergence)
