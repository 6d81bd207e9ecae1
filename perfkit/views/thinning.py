"""Fewer points with the same outline: every stretch keeps its lowest and highest point."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LIMIT", "kept", "note"]

#: Points of all traces of a figure together: more only make it slow, and notebooks large.
LIMIT = 5000


def kept(values: ArrayLike, limit: int = LIMIT) -> NDArray[np.int64]:
    """Return the positions of at most ``limit`` values, in order: all, or minima and maxima.

    Example:
        >>> kept([0, 9, 1, 2, -5, 3], limit=2)
        array([1, 4])
    """
    numbers = np.nan_to_num(np.asarray(values, dtype=np.float64))
    if numbers.size <= limit:
        return np.arange(numbers.size)
    edges = np.linspace(0, numbers.size, max(1, limit // 2) + 1).astype(np.int64)
    stretches = [(low, numbers[low:high]) for low, high in itertools.pairwise(edges)]
    ends = [(low + part.argmin(), low + part.argmax()) for low, part in stretches]
    return np.unique(np.asarray(ends, dtype=np.int64))


def note(total: int, shown: int) -> str:
    """Say that points were left out, "" when none were.

    Example:
        >>> note(200_000, 5_000)
        '200,000 -> 5,000 shown: lowest and highest of each stretch'
    """
    if shown >= total:
        return ""
    return f"{total:,} -> {shown:,} shown: lowest and highest of each stretch"
