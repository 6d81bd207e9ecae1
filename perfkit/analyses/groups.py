"""Group rows by a column and describe a number in every group; Arrow and NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["Groups", "Ordered", "encode", "numbers", "order", "percentiles", "pieces", "summed"]

PERCENTILES = ("p50", "p90", "p95", "p99")
_PIECE = 1 << 16
_DENSE = 1 << 16  # counters that are always worth having
_BYTE, _HALF = 8, 16  # bits that NumPy sorts by counting, in linear time


@dataclass(frozen=True)
class Groups:
    """Rows as groups: ``codes[row]`` is an index into ``labels``; unknown is a group as well."""

    labels: list[str | None]
    codes: NDArray[np.int32]

    def count(self, where: Flags | None = None, weight: Floats | None = None) -> NDArray[Any]:
        """Return how many rows of every group are ``where``, or the sum of their ``weight``."""
        if where is None or where.all():
            return np.bincount(self.codes, weight, minlength=len(self.labels))
        weights = None if weight is None else weight[where]
        return np.bincount(self.codes[where], weights, minlength=len(self.labels))

    def crossed(
        self, numbers: NDArray[Any], width: int, weight: Floats | None = None
    ) -> tuple[Ints, Ints, Floats]:
        """Count the rows of every group by a number (from 0, below ``width``) of each row.

        Returns:
            the group and the number of every pair that occurs, in order, and how many have it.
        """
        key = np.empty(len(numbers), np.int64)
        for part in pieces(len(key)):
            np.multiply(self.codes[part], width, out=key[part], dtype=np.int64)
            key[part] += numbers[part]
        pair, count = summed(key, len(self.labels) * width, weight)
        return pair // width, pair % width, count

    def total(self, values: Floats, where: Flags) -> Floats:
        """Return the sum of the values of every group that are ``where``."""
        return self.ordered(values, where).sums()

    def ordered(
        self, values: Floats, where: Flags | None = None, weight: Floats | None = None
    ) -> Ordered:
        """Return the values that are ``where``, by group, smallest first."""
        everything = where is None or bool(where.all())
        codes, mine = (self.codes, values) if everything else (self.codes[where], values[where])
        counts = np.bincount(codes, minlength=len(self.labels))
        if weight is None:
            gathered = mine.take(order(codes))
            found = Ordered(values=gathered, counts=counts)
            for part in found.parts():
                part.sort()  # a view: in place
            return found
        theirs = weight if everything else weight[where]
        rows = np.lexsort((theirs, mine, codes))
        return Ordered(values=mine.take(rows), counts=counts, weight=theirs.take(rows))


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Values by group: first ``counts[0]`` of the first group, smallest first, and so on.

    ``weight`` says how many each of the values stands for; None: one.
    """

    values: Floats
    counts: Ints
    weight: Floats | None = None

    @cached_property
    def starts(self) -> Ints:
        """Where the values of each group begin."""
        return np.asarray(np.cumsum(self.counts) - self.counts, np.int64)

    def parts(self) -> Iterator[Floats]:
        """Yield the values of every group."""
        ends = (self.starts + self.counts).tolist()
        for start, end in zip(self.starts.tolist(), ends, strict=True):
            yield self.values[start:end]

    def sums(self) -> Floats:
        """Return the sum of every group; values in order of size hide the order of the rows."""
        if self.weight is None:
            return np.array([part.sum() for part in self.parts()], np.float64)
        return self._added(self.values * self.weight)

    def known(self) -> Floats:
        """Return how many values every group has, by their weight."""
        return self.counts.astype(np.float64) if self.weight is None else self._added(self.weight)

    def squares(self) -> Floats:
        """Return the sum of the squared weights of every group."""
        return self.known() if self.weight is None else self._added(self.weight**2)

    def lowest(self) -> Floats:
        """Return the smallest value of every group; NaN where there is none."""
        return self._at(self.starts)

    def highest(self) -> Floats:
        """Return the largest value of every group; NaN where there is none."""
        return self._at(self.starts + self.counts - 1)

    def _at(self, places: Ints) -> Floats:
        filled = self.counts > 0
        found = np.full(len(self.counts), np.nan)
        found[filled] = self.values[places[filled]]
        return found

    def below(self, edges: Sequence[float]) -> list[Floats]:
        """Return how many values of every group are below each of ``edges`` (by weight)."""
        at = [np.searchsorted(part, edges) for part in self.parts()]
        places = np.array(at, np.int64).reshape(-1, len(edges)).T
        if self.weight is None:
            return [place.astype(np.float64) for place in places]
        behind = np.concatenate(([0.0], np.cumsum(self.weight)))
        return [behind[self.starts + place] - behind[self.starts] for place in places]

    def _added(self, values: Floats) -> Floats:
        sums = np.zeros(len(self.counts))
        filled = self.counts > 0
        if filled.any():
            sums[filled] = np.add.reduceat(values, self.starts[filled])
        return sums


def pieces(rows: int) -> Iterator[slice]:
    """Yield pieces of rows that the processor's cache holds."""
    return (slice(start, start + _PIECE) for start in range(0, rows, _PIECE))


def summed(key: Ints, size: int, weight: Floats | None = None) -> tuple[Ints, Floats]:
    """Return the keys (from 0, below ``size``) that occur, and how often (or their weight)."""
    if size <= max(len(key), _DENSE):
        rows = np.bincount(key, weight, minlength=size)
        here = np.flatnonzero(rows)
        return here, rows[here].astype(np.float64)
    if weight is None:
        here, rows = np.unique(key, return_counts=True)
        return here, rows.astype(np.float64)
    here, place = np.unique(key, return_inverse=True)
    return here, np.bincount(place, weight, minlength=len(here)).astype(np.float64)


def encode(column: pa.ChunkedArray) -> Groups:
    """Return the groups of a text column, in the order of their labels (unknown last).

    Chunks may have dictionaries of their own: each is looked through once, none is joined.
    """
    places: dict[str | None, int] = {}
    remaps: dict[tuple[int, int, int], NDArray[np.int32]] = {}
    parts = []  # a dictionary is known by its address, which must not become another's
    for chunk in column.chunks:
        part = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        texts = part.dictionary
        same = (texts.buffers()[-1].address if texts.buffers()[-1] else 0, texts.offset, len(texts))
        if same not in remaps:
            remaps[same] = _remap(texts, places)
        parts.append((part, remaps[same]))
    places.setdefault(None, len(places))
    labels: list[str | None] = [*sorted(text for text in places if text is not None), None]
    final = np.empty(len(labels), np.int32)
    final[[places[text] for text in labels]] = np.arange(len(labels), dtype=np.int32)
    codes = np.empty(len(column), np.int32)
    at = 0
    for part, remap in parts:
        known = pc.fill_null(part.indices, len(remap) - 1) if part.null_count else part.indices
        # "clip" lets NumPy write in place; the indices of a dictionary are within it
        np.take(final[remap], known.to_numpy(), out=codes[at : at + len(part)], mode="clip")
        at += len(part)
    return Groups(labels=labels, codes=codes)


def _remap(texts: pa.Array, places: dict[str | None, int]) -> NDArray[np.int32]:
    """Return the code of every text of a dictionary, and behind them that of unknown."""
    codes = [places.setdefault(text, len(places)) for text in (*texts.to_pylist(), None)]
    return np.array(codes, np.int32)


def order(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows sorted by their code, equal codes in the order of the rows.

    It sorts 8 or 16 bits at a time: NumPy counts these, which is linear in the rows.
    """
    most = int(codes.max(initial=0))
    if most < 1 << _BYTE:
        return np.argsort(codes.astype(np.uint8), kind="stable")
    low = np.argsort(codes.astype(np.uint16), kind="stable")
    if most < 1 << _HALF:
        return low
    high = (codes >> _HALF).astype(np.uint16)[low]
    return low[np.argsort(high, kind="stable")]


def numbers(column: pa.ChunkedArray) -> Floats:
    """Return a column of numbers as float64; unknown is NaN."""
    floats = np.empty(len(column), np.float64)
    at = 0
    for chunk in column.chunks:  # integers beyond 2**53 may round
        known = chunk.cast(pa.float64(), safe=False)
        known = pc.fill_null(known, np.nan) if known.null_count else known
        floats[at : at + len(chunk)] = known.to_numpy(zero_copy_only=False)
        at += len(chunk)
    return floats


def percentiles(ordered: Floats, names: Sequence[str] = PERCENTILES) -> Mapping[str, Any]:
    """Return ``p95_ms``, ``p95_low_ms``, ``p95_high_ms``, ... and ``mean_ms``, ``max_ms``.

    The percentile is always that of the samples; its 95 % interval is NaN where there are
    too few (see :data:`perfkit.statistics.MINIMUM_COUNT`).
    """
    known = statistics.summary(ordered)
    ends = ("", "_low", "_high")
    return {"mean_ms": known["mean"], "max_ms": known["max"]} | {
        f"{name}{end}_ms": known[name + end] for name in names for end in ends
    }
