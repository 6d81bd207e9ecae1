"""Where exactly between two stretches the change is, and between which times it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.change_points import confidence_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Place", "placed"]

_CUTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A change before request ``at``; with 95 % confidence before one of ``low`` to ``high``."""

    at: int
    low: int
    high: int


def placed(values: Floats, split: int, noise: float) -> Place:
    """Find the change near ``split`` by the likelihood ratio, and its 95 % interval.

    Requests are told apart by the one cut that best separates the values before from those
    after; ``noise`` is the variance of their counts over that of independent requests.

    Args:
        values: log latencies in order of time, with one change among them.
        split: index (1 or more) of about the first value after it.
        noise: 1 or more.

    Example:
        >>> placed(np.repeat([1.0, 2.0], 50), 48, 1.0).at
        50
    """
    cut, before, after = _best_cut(values, split)
    over = values > cut
    step = np.where(over, np.log(before / after), np.log((1 - before) / (1 - after)))
    gain = np.cumsum(step)[:-1] / noise  # of a change before value 1, 2, ...
    low, high = confidence_set(gain)
    return Place(at=int(gain.argmax()) + 1, low=low + 1, high=high + 1)


def _best_cut(values: Floats, split: int) -> tuple[float, float, float]:
    """Return the cut, and the shares above it before and after, that tell most per request."""
    sides = np.sort(values[:split]), np.sort(values[split:])
    cuts = np.unique(np.concatenate([np.quantile(side, _CUTS) for side in sides]))
    shares = [(len(s) - np.searchsorted(s, cuts, side="right") + 0.5) / (len(s) + 1) for s in sides]
    before, after = shares
    told = (before - after) * (np.log(before / after) - np.log((1 - before) / (1 - after)))
    best = int(told.argmax())
    return float(cuts[best]), float(before[best]), float(after[best])
