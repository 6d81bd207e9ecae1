"""Percentiles of every group at once, with the intervals of :mod:`perfkit.statistics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["NAMES", "exact", "ranks"]

NAMES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def exact(rows: Executions) -> dict[str, Floats]:
    """Return ``p50_ms``, ``p50_low_ms``, ``p50_high_ms``, ... of every group; NaN if unknown.

    Rows that stand for several executions count as so many: a percentile is then the first
    duration at which that share of the weight is reached, and the interval is that of as many
    samples as the weights are worth (Kish, Survey Sampling, 1965, section 8.2: the square of
    their sum over the sum of their squares).
    """
    order, ms = rows.timed
    if rows.weight is None:
        return _plain(ms, rows.samples)
    return _weighted(ms, rows.weight[order], rows.samples)


def _plain(ms: Floats, counts: Ints) -> dict[str, Floats]:
    starts = np.cumsum(counts) - counts
    columns = {}
    for name, q in NAMES.items():
        place = np.maximum(counts - 1, 0) * q
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(counts - 1, 0))
        low, high, part = _at(ms, starts + below), _at(ms, starts + above), place - below
        # from the nearer end, as NumPy does
        near = np.where(part >= 0.5, high - (high - low) * (1 - part), low + (high - low) * part)  # noqa: PLR2004
        first, last = ranks(counts, q)
        columns[f"{name}_ms"] = np.where(counts > 0, near, np.nan)
        columns[f"{name}_low_ms"] = np.where(first < 0, np.nan, _at(ms, starts + first))
        columns[f"{name}_high_ms"] = np.where(first < 0, np.nan, _at(ms, starts + last))
    return columns


def _at(ms: Floats, places: Ints) -> Floats:
    if not len(ms):
        return np.full(len(places), np.nan)
    return np.asarray(ms[np.clip(places, 0, len(ms) - 1)], np.float64)


def ranks(counts: Ints, q: float) -> tuple[Ints, Ints]:
    """Return the ends of the interval of a percentile for every count, -1 where there are too few.

    Each count is looked up once: of n rows no more than the square root of 2 n counts differ.
    """
    present, place = np.unique(counts, return_inverse=True)
    found = [statistics.interval_ranks(int(n), q) or (-1, -1) for n in present]
    pairs = np.array(found, np.int64).reshape(-1, 2)[place]
    return pairs[:, 0], pairs[:, 1]


def _weighted(ms: Floats, weight: Floats, counts: Ints) -> dict[str, Floats]:
    ends = np.cumsum(counts)
    behind = np.concatenate(([0.0], np.cumsum(weight)))
    squares = np.concatenate(([0.0], np.cumsum(weight**2)))
    base, total = behind[ends - counts], behind[ends] - behind[ends - counts]
    squared = squares[ends] - squares[ends - counts]
    worth = np.divide(total**2, squared, out=np.zeros(len(counts)), where=squared > 0)
    worth = np.floor(worth + 1e-9).astype(np.int64)

    def reached(share: Floats | float) -> Floats:
        target = base + np.clip(share, 0, 1) * total
        place = np.searchsorted(behind[1:], target * (1 - 1e-12), side="left")
        inside = np.clip(place, ends - counts, np.maximum(ends - 1, 0))
        return np.where(counts > 0, _at(ms, inside), np.nan)

    columns = {}
    for name, q in NAMES.items():
        first, last = ranks(worth, q)
        of = np.maximum(worth, 1)
        columns[f"{name}_ms"] = reached(q)
        columns[f"{name}_low_ms"] = np.where(first < 0, np.nan, reached((first + 1) / of))
        columns[f"{name}_high_ms"] = np.where(first < 0, np.nan, reached((last + 1) / of))
    return columns
