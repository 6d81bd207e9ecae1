"""p50, p90, p95 and p99 of every group at once, each with its 95 % interval.

Percentiles are those of the rows, linear between two of them, as :func:`numpy.quantile` has
them. Where rows stand for several requests (``weight``), a percentile is the first duration at
which that share of the weight is reached (NumPy's ``method="inverted_cdf"``), and the interval
is that of as many samples as the weights are worth (Kish, Survey Sampling, 1965, section 8.2:
the square of their sum over the sum of their squares).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.digests.percentiles import ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.tally import Tally
    from perfkit.analyses.groups import Ordered

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["NAMES", "exact", "sketched"]

NAMES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}


def exact(ordered: Ordered) -> dict[str, Floats]:
    """Return ``p50_ms``, ``p50_low_ms``, ``p50_high_ms``, ... of every group; NaN if unknown."""
    return _plain(ordered) if ordered.weight is None else _weighted(ordered, ordered.weight)


def sketched(tally: Tally) -> dict[str, Floats]:
    """Return the same out of the tally's sketch, within its relative error."""
    worth = _worth(tally.sums["timed"], tally.sums["squares"])
    count = len(tally.labels)
    columns = {}
    for name, q in NAMES.items():
        columns[f"{name}_ms"] = np.clip(
            tally.sketch.quantiles(q, count), tally.min_ms, tally.max_ms
        )
        for end, rank in zip(("low", "high"), ranks(worth, q), strict=True):
            place = rank * tally.sums["timed"] / np.maximum(worth, 1)
            found = np.clip(tally.sketch.at_ranks(place, count), tally.min_ms, tally.max_ms)
            columns[f"{name}_{end}_ms"] = np.where(rank < 0, np.nan, found)
    return columns


def _plain(ordered: Ordered) -> dict[str, Floats]:
    counts, starts = ordered.counts, ordered.starts
    columns = {}
    for name, q in NAMES.items():
        columns[f"{name}_ms"] = ordered.quantile(q)
        for end, rank in zip(("low", "high"), ranks(counts, q), strict=True):
            known = _at(ordered.values, starts + rank)
            columns[f"{name}_{end}_ms"] = np.where(rank < 0, np.nan, known)
    return columns


def _at(values: Floats, places: Ints) -> Floats:
    if not len(values):
        return np.full(len(places), np.nan)
    return values[np.clip(places, 0, len(values) - 1)]


def _worth(known: Floats, squares: Floats) -> Ints:
    worth = np.divide(known**2, squares, out=np.zeros(len(known)), where=squares > 0)
    return np.floor(worth + 1e-9).astype(np.int64)


def _weighted(ordered: Ordered, weight: Floats) -> dict[str, Floats]:
    total, worth = ordered.known(), _worth(ordered.known(), ordered.squares())
    behind = np.concatenate(([0.0], np.cumsum(weight)))
    last = np.maximum(ordered.starts + ordered.counts - 1, 0)

    def reached(share: Floats | float) -> Floats:
        """Return the first value at which this share of the weight of a group is reached."""
        target = behind[ordered.starts] + np.clip(share, 0, 1) * total * (1 - 1e-12)
        place = np.searchsorted(behind[1:], target, side="left")
        found = _at(ordered.values, np.clip(place, ordered.starts, last))
        return np.where(ordered.counts > 0, found, np.nan)

    columns = {}
    for name, q in NAMES.items():
        columns[f"{name}_ms"] = reached(q)
        for end, rank in zip(("low", "high"), ranks(worth, q), strict=True):
            found = reached((rank + 1) / np.maximum(worth, 1))
            columns[f"{name}_{end}_ms"] = np.where(rank < 0, np.nan, found)
    return columns
