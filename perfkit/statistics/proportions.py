"""Shares, such as that of failed requests, and how far two of them are apart."""

from __future__ import annotations

import math

__all__ = ["difference_interval", "wilson_interval"]

_Z = 1.959963984540054  # two-sided 95 %


def wilson_interval(hits: float, count: float, z: float = _Z) -> tuple[float, float]:
    """Return the 95 % interval of a share, ``hits`` of ``count`` (Wilson, JASA 22 (1927) 209).

    Example:
        >>> [round(end, 3) for end in wilson_interval(5, 100)]
        [0.022, 0.112]
    """
    if count <= 0:
        return math.nan, math.nan
    share = hits / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference_interval(
    hits_before: float, before: float, hits_after: float, after: float, z: float = _Z
) -> tuple[float, float]:
    """Return the 95 % interval of share after minus share before.

    Newcombe, Statistics in Medicine 17 (1998) 873, method 10: built from the two intervals of
    Wilson, it holds its level where a share is near 0, as that of failures is.

    Example:
        >>> [round(end, 3) for end in difference_interval(5, 100, 20, 100)]
        [0.059, 0.243]
    """
    if before <= 0 or after <= 0:
        return math.nan, math.nan
    old, new = hits_before / before, hits_after / after
    old_low, old_high = wilson_interval(hits_before, before, z)
    new_low, new_high = wilson_interval(hits_after, after, z)
    low = new - old - math.hypot(new - new_low, old_high - old)
    high = new - old + math.hypot(new_high - new, old - old_low)
    return low, high
