"""Group rows by a column and describe a number in every group; Arrow and NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import statistics
from perfkit.analyses.ordered import Ordered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = [
    "Groups",
    "Ordered",
    "encode",
    "is_dense",
    "numbers",
    "occurring",
    "order",
    "percentiles",
    "pieces",
    "summed",
]

PERCENTILES = ("p50", "p90", "p95", "p99")
_PIECE = 1 << 16
_NONE = np.zeros(0, np.int64)
_DENSE = 1 << 16  # counters that are always worth having
_BYTE, _HALF = 8, 16  # bits that NumPy sorts by counting, in linear time


@dataclass(frozen=True)
class Groups:
    """Rows as groups: ``codes[row]`` is an index into ``labels``; unknown is a group as well."""

    labels: list[str | None]
    codes: NDArray[np.int32]

    @cached_property
    def sizes(self) -> Ints:
        """How many rows every group has."""
        size = len(self.labels)
        return occurring((self.codes[part] for part in pieces(len(self.codes), size)), size)

    def count(self, where: Flags | None = None, weight: Floats | None = None) -> NDArray[Any]:
        """Return how many rows of every group are ``where``, or the sum of their ``weight``."""
        everything = where is None or bool(where.all())
        if weight is None:
            codes = self.codes if everything else self.codes[where]
            return self.sizes if everything else np.bincount(codes, minlength=len(self.labels))
        codes, mine = (self.codes, weight) if everything else (self.codes[where], weight[where])
        return np.bincount(codes, mine, minlength=len(self.labels))

    def crossed(
        self, numbers: NDArray[Any], width: int, weight: Floats | None = None
    ) -> tuple[Ints, Ints, Floats]:
        """Count the rows of every group by a number (from 0, below ``width``) of each row.

        Returns:
            the group and the number of every pair that occurs, in order, and how many have it.
        """
        rows, size = len(numbers), len(self.labels) * width
        keys = (
            np.multiply(self.codes[part], width, dtype=np.int64) + numbers[part]
            for part in pieces(rows, size)
        )
        if weight is None and is_dense(size, rows):
            counts = occurring(keys, size)
            pair = np.flatnonzero(counts)
            count = counts[pair].astype(np.float64)
        else:
            pair, count = summed(np.concatenate([_NONE, *keys]), size, weight)
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
        counts = self.count(where)
        if weight is None:
            gathered = mine.take(order(codes))
            found = Ordered(values=gathered, counts=counts)
            for part in found.parts():
                part.sort()  # a view: in place
            return found
        theirs = weight if everything else weight[where]
        rows = np.lexsort((theirs, mine, codes))
        return Ordered(values=mine.take(rows), counts=counts, weight=theirs.take(rows))


def pieces(rows: int, counters: int = 0) -> Iterator[slice]:
    """Yield pieces of rows that the processor's cache holds, or as many as there are counters."""
    step = max(_PIECE, counters)
    return (slice(start, start + step) for start in range(0, rows, step))


def occurring(parts: Iterable[NDArray[Any]], size: int) -> Ints:
    """Return how often every number from 0, below ``size``, occurs in ``parts``."""
    found = np.zeros(size, np.int64)
    for part in parts:
        found += np.bincount(part, minlength=size)
    return found


def is_dense(size: int, rows: int) -> bool:
    """Say whether so many counters are worth having for so many rows."""
    return size <= max(rows, _DENSE)


def summed(key: Ints, size: int, weight: Floats | None = None) -> tuple[Ints, Floats]:
    """Return the keys (from 0, below ``size``) that occur, and how often (or their weight)."""
    if is_dense(size, len(key)):
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
    return Groups(labels=labels, codes=_coded([(part, final[remap]) for part, remap in parts]))


def _coded(parts: Sequence[tuple[pa.Array, NDArray[np.int32]]]) -> NDArray[np.int32]:
    """Return the code of every row, given that of each text of its dictionary (and of unknown)."""
    if len(parts) == 1 and _is_code(*parts[0]):
        return np.asarray(parts[0][0].indices.to_numpy(), np.int32)
    codes = np.empty(sum(len(part) for part, _ in parts), np.int32)
    at = 0
    for part, code in parts:
        known = pc.fill_null(part.indices, len(code) - 1) if part.null_count else part.indices
        # "clip" lets NumPy write in place; the indices of a dictionary are within it
        np.take(code, known.to_numpy(), out=codes[at : at + len(part)], mode="clip")
        at += len(part)
    return codes


def _is_code(part: pa.Array, code: NDArray[np.int32]) -> bool:
    """Say whether the indices of a dictionary are the codes of its texts."""
    return not part.null_count and np.array_equal(code, np.arange(len(code)))


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

    ``ordered`` are durations, shortest first.

    The percentile is always that of the samples; its 95 % interval is NaN where there are
    too few (see :data:`perfkit.statistics.MINIMUM_COUNT`).
    """
    known = statistics.summary(ordered, in_order=True)
    ends = ("", "_low", "_high")
    return {"mean_ms": known["mean"], "max_ms": known["max"]} | {
        f"{name}{end}_ms": known[name + end] for name in names for end in ends
    }
