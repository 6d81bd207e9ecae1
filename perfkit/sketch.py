"""Counts that can be added up, and quantiles of what was never kept.

A :class:`Sketch` counts values in buckets whose bounds grow by a constant factor, for many
groups at once. Sketches of parts add up to the sketch of the whole, and every quantile is
within a relative error of the samples', whatever the distribution: DDSketch (Masson, Rim and
Lee, PVLDB 12(12), 2019). Where there are more buckets than fit, all pairs of neighbours
become one, which doubles the error (Epicoco et al., IEEE Access 8, 2020: UDDSketch); how
often that happens depends on the whole alone, not on how it was divided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64] | NDArray[np.int32] | NDArray[np.int16]

__all__ = ["LIMIT", "RELATIVE_ERROR", "Sketch", "buckets", "sums_by"]

#: Of every quantile, until buckets have to be joined.
RELATIVE_ERROR = 0.01
#: Cells (group and bucket) that are kept: 20 bytes each.
LIMIT = 4_000_000
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
#: Below it (a nanosecond, in milliseconds) a value counts as zero, in a bucket of its own.
_SMALLEST = 1e-6
_LARGEST = 1e200  # its bucket still fits 16 bits
_ZERO = -(1 << 15)
_DENSE = 1 << 16
_PIECE = 1 << 18
_COARSEST = 6  # buckets a factor of 3.6 wide; what is still too much has too many groups


def sums_by(first: Whole, second: Whole, *values: Floats | None) -> tuple[Ints, Ints, list[Floats]]:
    """Add up rows that agree in two whole numbers.

    Returns:
        ``first`` and ``second`` of every pair that occurs, in order, and the sums of each of
        ``values``; None counts the rows.

    Example:
        >>> first, second, (sums,) = sums_by(np.array([1, 1]), np.array([7, 7]), np.ones(2))
        >>> first.tolist(), second.tolist(), sums.tolist()
        ([1], [7], [2.0])
    """
    if not len(second):
        return first.astype(np.int64), second.astype(np.int64), [np.zeros(0) for _ in values]
    base, low = int(first.min()), int(second.min())
    span = int(second.max()) - low + 1
    key = first.astype(np.int64)
    key -= base
    key *= span
    key += second
    key -= low
    size = (int(first.max()) - base + 1) * span
    if size <= max(len(key), _DENSE):
        rows = np.bincount(key, minlength=size)
        here = np.flatnonzero(rows)
        dense = (rows if v is None else np.bincount(key, v, minlength=size) for v in values)
        sums = [total[here].astype(np.float64) for total in dense]
    else:
        here, sums = _sorted_sums(key, values)
    return here // span + base, here % span + low, sums


def _sorted_sums(key: Ints, values: Sequence[Floats | None]) -> tuple[Ints, list[Floats]]:
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    rows = np.diff(np.append(starts, len(key))).astype(np.float64)
    sums = [rows if v is None else np.add.reduceat(v[order], starts) for v in values]
    return key[starts], sums


def buckets(values: Floats) -> NDArray[np.int16]:
    """Return the bucket of every known value; what is below a nanosecond is in that of zero."""
    bucket = np.full(len(values), _ZERO, np.int16)
    for start in range(0, len(values), _PIECE):  # in pieces that the processor's cache holds
        part = slice(start, start + _PIECE)
        positive = values[part] > _SMALLEST
        within = np.minimum(values[part], _LARGEST)
        logs = np.log(within, out=within, where=positive)
        logs /= math.log(_GAMMA)
        np.copyto(bucket[part], np.ceil(logs, out=logs), casting="unsafe", where=positive)
    return bucket


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """How many values of each group fell into each bucket; cells in order of both.

    ``level`` says how often neighbouring buckets were joined; see :attr:`relative_error`.
    """

    group: Ints
    bucket: Ints
    count: Floats
    level: int = 0

    @classmethod
    def of(cls, values: Floats, group: Whole, weight: Floats | None = None) -> Sketch:
        """Count known ``values`` (from 0 up), each in its ``group`` (a whole number from 0)."""
        return cls.counted(buckets(values), group, weight)

    @classmethod
    def counted(cls, bucket: Whole, group: Whole, weight: Floats | None = None) -> Sketch:
        """Count values whose :func:`buckets` are known already."""
        return cls._fitting(sums_by(group, bucket, weight))

    @classmethod
    def merged(cls, sketches: Sequence[Sketch], remaps: Sequence[Ints] | None = None) -> Sketch:
        """Add sketches up; ``remaps`` give the new number of each group, for every sketch."""
        level = max((sketch.level for sketch in sketches), default=0)
        same = [sketch.at(level) for sketch in sketches]
        groups = [s.group if remaps is None else remaps[i][s.group] for i, s in enumerate(same)]
        empty = np.zeros(0, np.int64)
        cells = sums_by(
            np.concatenate([empty, *groups]),
            np.concatenate([empty, *(s.bucket for s in same)]),
            np.concatenate([np.zeros(0), *(s.count for s in same)]),
        )
        return cls._fitting(cells, level=level)

    @classmethod
    def _fitting(cls, cells: tuple[Ints, Ints, list[Floats]], level: int = 0) -> Sketch:
        sketch = cls(group=cells[0], bucket=cells[1], count=cells[2][0], level=level)
        while len(sketch.group) > LIMIT and sketch.level < _COARSEST:
            sketch = sketch.at(sketch.level + 1)
        return sketch

    def at(self, level: int) -> Sketch:
        """Return the sketch with neighbouring buckets joined until it has this level."""
        sketch = self
        while sketch.level < level:
            halved = np.where(sketch.bucket == _ZERO, _ZERO, -(-sketch.bucket // 2))
            group, bucket, (count,) = sums_by(sketch.group, halved, sketch.count)
            sketch = Sketch(group=group, bucket=bucket, count=count, level=sketch.level + 1)
        return sketch

    @property
    def _gamma(self) -> float:
        return float(_GAMMA ** (2**self.level))

    @property
    def relative_error(self) -> float:
        """The largest relative error of a quantile."""
        return (self._gamma - 1) / (self._gamma + 1)

    def values(self) -> Floats:
        """Return the value that each cell stands for."""
        return self.bounds()[0] * 2 / (self._gamma + 1)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the upper and the lower bound of each cell; those of zero are 0."""
        upper = np.where(self.bucket == _ZERO, 0.0, self._gamma ** self.bucket.astype(np.float64))
        return upper, upper / self._gamma

    def only(self, groups: Ints) -> Sketch:
        """Return the cells of some groups, numbered by their place among these."""
        place = np.full(max(int(self.group.max(initial=-1)), int(groups.max(initial=-1))) + 1, -1)
        place[groups] = np.arange(len(groups))
        kept = place[self.group] >= 0
        return replace(
            self,
            group=place[self.group[kept]],
            bucket=self.bucket[kept],
            count=self.count[kept],
        )

    def quantiles(self, q: float, groups: int) -> Floats:
        """Return quantile ``q`` (0 to 1) of each of ``groups`` groups, NaN where it is empty.

        Linear between two samples, as :func:`numpy.quantile`.
        """
        totals: Floats = np.bincount(self.group, self.count, minlength=groups).astype(float)
        before = np.cumsum(totals) - totals
        rank = np.maximum(totals - 1, 0) * q
        low = self._nth(before + np.floor(rank), totals)
        high = self._nth(before + np.ceil(rank), totals)
        part = rank - np.floor(rank)
        return low + (high - low) * part

    def at_ranks(self, ranks: Floats, groups: int) -> Floats:
        """Return the value at a rank (from 0) of each of ``groups`` groups, NaN where empty."""
        totals: Floats = np.bincount(self.group, self.count, minlength=groups).astype(float)
        return self._nth(np.cumsum(totals) - totals + ranks, totals)

    def _nth(self, rank: Floats, totals: Floats) -> Floats:
        """Return the value at a rank (from 0) among all cells; NaN for groups without any."""
        filled = totals > 0
        result = np.full(len(totals), np.nan)
        behind = np.cumsum(self.count)
        cell = np.searchsorted(behind, rank[filled], side="right")
        result[filled] = self.values()[np.minimum(cell, len(behind) - 1)]
        return result
