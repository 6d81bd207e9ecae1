"""A logarithmic axis of latencies: plotly's own ticks overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["logarithmic", "ticks"]

_MOST_DECADES = 5  # three ticks in each have room


def logarithmic(values: Iterable[float]) -> dict[str, Any]:
    """Return the look of an axis that shows ``values`` (milliseconds)."""
    return {"type": "log", "tickvals": ticks(values), "tickformat": ",~r"}


def ticks(values: Iterable[float]) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten in reach of the values above 0.

    Example:
        >>> ticks([3.0, 40.0])
        [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
    """
    known = [value for value in values if value > 0]  # NaN is not
    if not known:
        return []
    powers = range(math.floor(math.log10(min(known))), math.ceil(math.log10(max(known))) + 1)
    steps = (1, 2, 5) if len(powers) <= _MOST_DECADES else (1,)
    return [step * 10.0**power for power in powers for step in steps]
