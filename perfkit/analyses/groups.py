"""Group rows by a column and describe a number in every group; Arrow and NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Groups", "encode", "numbers", "order", "percentiles", "sums"]

PERCENTILES = ("p50", "p90", "p95", "p99")
_HALF = 16  # bits that NumPy sorts by counting, in linear time


@dataclass(frozen=True)
class Groups:
    """Rows as groups: ``codes[row]`` is an index into ``labels``; unknown is a group as well."""

    labels: list[str | None]
    codes: NDArray[np.int32]

    def count(self, where: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many rows of every group are ``where``."""
        return np.bincount(self.codes[where], minlength=len(self.labels))

    def total(self, values: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the sum of the values of every group that are ``where``."""
        return sums(self.split(values, where))

    def split(
        self, values: NDArray[np.float64], where: NDArray[np.bool_]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the values of every group that are ``where``, smallest first."""
        codes = self.codes[where]
        ends = np.cumsum(np.bincount(codes, minlength=len(self.labels)))[:-1]
        for part in np.split(values[where][order(codes)], ends):
            yield np.sort(part)


def encode(column: pa.ChunkedArray) -> Groups:
    """Return the groups of a text column, in the order of their labels (unknown last).

    Chunks may have dictionaries of their own: each is looked through once, none is joined.
    """
    places: dict[str | None, int] = {}
    codes = np.empty(len(column), np.int32)
    remaps: dict[tuple[int, int, int], NDArray[np.int32]] = {}
    alive = []  # a dictionary is known by its address, which must not become another's
    at = 0
    for chunk in column.chunks:
        part = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        texts = part.dictionary
        same = (texts.buffers()[-1].address if texts.buffers()[-1] else 0, texts.offset, len(texts))
        if same not in remaps:
            remaps[same] = _remap(texts, places)
            alive.append(texts)
        index = pc.fill_null(part.indices, len(texts)).to_numpy(zero_copy_only=False)
        np.take(remaps[same], index, out=codes[at : at + len(part)])
        at += len(part)
    return _sorted(places, codes)


def _remap(texts: pa.Array, places: dict[str | None, int]) -> NDArray[np.int32]:
    """Return the code of every text of a dictionary, and behind them that of unknown."""
    codes = [places.setdefault(text, len(places)) for text in (*texts.to_pylist(), None)]
    return np.array(codes, np.int32)


def _sorted(places: dict[str | None, int], codes: NDArray[np.int32]) -> Groups:
    places.setdefault(None, len(places))
    labels: list[str | None] = [*sorted(text for text in places if text is not None), None]
    final = np.empty(len(labels), np.int32)
    final[[places[text] for text in labels]] = np.arange(len(labels), dtype=np.int32)
    for start in range(0, len(codes), 1 << 20):  # in place: as many rows as fit a cache
        part = codes[start : start + (1 << 20)]
        part[:] = final[part]
    return Groups(labels=labels, codes=codes)


def order(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows sorted by their code, equal codes in the order of the rows.

    It sorts 16 bits at a time: NumPy counts these, which is linear in the rows.
    """
    low = np.argsort(codes.astype(np.uint16), kind="stable")
    if not len(codes) or codes.max() < 1 << _HALF:
        return low
    high = (codes >> _HALF).astype(np.uint16)[low]
    return low[np.argsort(high, kind="stable")]


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of numbers as float64; unknown is NaN."""
    floats = np.empty(len(column), np.float64)
    at = 0
    for chunk in column.chunks:  # integers beyond 2**53 may round
        known = pc.fill_null(chunk.cast(pa.float64(), safe=False), np.nan)
        floats[at : at + len(chunk)] = known.to_numpy(zero_copy_only=False)
        at += len(chunk)
    return floats


def sums(parts: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the sum of each part; parts in order of size hide the order of the rows."""
    return np.array([part.sum() for part in parts], dtype=np.float64)


def percentiles(
    ordered: NDArray[np.float64], names: Sequence[str] = PERCENTILES
) -> Mapping[str, Any]:
    """Return ``p95_ms``, ``p95_low_ms``, ``p95_high_ms``, ... and ``mean_ms``, ``max_ms``.

    The percentile is always that of the samples; its 95 % interval is NaN where there are
    too few (see :data:`perfkit.statistics.MINIMUM_COUNT`).
    """
    known = statistics.summary(ordered)
    ends = ("", "_low", "_high")
    return {"mean_ms": known["mean"], "max_ms": known["max"]} | {
        f"{name}{end}_ms": known[name + end] for name in names for end in ends
    }
