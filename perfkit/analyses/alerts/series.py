"""Courses in time: smoothing, scale, trend with load, runs. NaN is unknown throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.alerts.rows import Floats

__all__ = ["load_slope", "quantile", "ranks", "rolling_median", "runs", "usual"]

#: Quartile and fifth percentile of a normal distribution are so many deviations apart.
_QUARTILE_TO_FIFTH = 0.970
_LAGS = 24
_LEAST_STEP = 0.1


def quantile(values: Floats, q: float) -> float:
    """Return quantile ``q`` of the known values; NaN without any."""
    known = values[~np.isnan(values)]
    return float(np.quantile(known, q)) if len(known) else float("nan")


def rolling_median(values: Floats, length: int) -> Floats:
    """Return the median of the ``length`` (odd) values around each; NaN if most are unknown."""
    half = length // 2
    padded = np.concatenate((np.full(half, np.nan), values, np.full(half, np.nan)))
    ordered = np.sort(sliding_window_view(padded, length), axis=1)  # unknown ones last
    known = (~np.isnan(ordered)).sum(axis=1)
    row = np.arange(len(values))
    low = ordered[row, np.maximum(known - 1, 0) // 2]
    high = ordered[row, np.minimum(known // 2, length - 1)]
    return np.where(known > half // 2 + 1, (low + high) / 2, np.nan)


def usual(values: Floats) -> tuple[float, float]:
    """Return the lower quartile, and the standard deviation as the values below it show it.

    Both hold what is usual even where up to two thirds of the values are raised by an incident.
    """
    quartile, fifth = quantile(values, 0.25), quantile(values, 0.05)
    return quartile, (quartile - fifth) / _QUARTILE_TO_FIFTH


def load_slope(values: Floats, load: Floats) -> float:
    """Return by how much ``values`` rise with ``load``, from 0 to 2: Theil and Sen's median.

    Pairs are those some lags apart (Theil, Indagationes Mathematicae 12, 1950; Sen, JASA 63,
    1968); all pairs of thousands of bins would be millions.
    """
    slopes = []
    for lag in np.unique(np.linspace(1, max(1, len(values) // 2), _LAGS).astype(int)):
        rise, run = values[lag:] - values[:-lag], load[lag:] - load[:-lag]
        far = np.abs(run) > _LEAST_STEP
        slopes.append(rise[far] / run[far])
    known = np.concatenate(slopes)
    known = known[~np.isnan(known)]
    return float(np.clip(np.median(known), 0.0, 2.0)) if len(known) else 0.0


def runs(flags: NDArray[Any], shortest: int, bridge: int = 0) -> list[tuple[int, int]]:
    """Return ``(first, after last)`` of runs of true flags; gaps up to ``bridge`` are closed."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    found: list[tuple[int, int]] = []
    for low, high in edges.reshape(-1, 2).tolist():
        if found and low - found[-1][1] <= bridge:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return [(low, high) for low, high in found if high - low >= shortest]


def ranks(values: Floats) -> Floats:
    """Return the ranks of known values, from 0; equal values share their mean rank."""
    order = np.argsort(values, kind="stable")
    place = np.empty(len(values), np.float64)
    place[order] = np.arange(len(values))
    _, same = np.unique(values, return_inverse=True)
    mean: Floats = np.bincount(same, weights=place) / np.bincount(same)
    return mean[same]
