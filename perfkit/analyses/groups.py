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

__all__ = ["Groups", "encode", "numbers", "percentiles", "sums"]

PERCENTILES = ("p50", "p90", "p95", "p99")


@dataclass(frozen=True)
class Groups:
    """Rows as groups: ``codes[row]`` is an index into ``labels``; unknown is a group as well."""

    labels: list[str | None]
    codes: NDArray[np.int64]

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
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(self.labels)))[:-1]
        for part in np.split(values[where][order], ends):
            yield np.sort(part)


def encode(column: pa.ChunkedArray) -> Groups:
    """Return the groups of a text column, in the order of their labels (unknown last)."""
    joined = column.unify_dictionaries().combine_chunks()
    if not pa.types.is_dictionary(joined.type):
        joined = joined.dictionary_encode()
    texts = joined.dictionary.to_pylist()
    labels: list[str | None] = [*sorted(set(texts), key=str), None]
    place = {text: index for index, text in enumerate(labels)}
    remap = np.array([place[text] for text in texts] + [len(labels) - 1], dtype=np.int64)
    codes = pc.fill_null(joined.indices.cast(pa.int64()), len(texts)).to_numpy(zero_copy_only=False)
    return Groups(labels=labels, codes=remap[codes])


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of numbers as float64; unknown is NaN."""
    cast = column.cast(pa.float64(), safe=False)  # integers beyond 2**53 may round
    floats: NDArray[np.float64] = pc.fill_null(cast, np.nan).to_numpy()
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
