"""The calls that requests make, whether spans or logged statements tell of them.

Arrays of one length per kind of thing: calls point to their target (what is called) and to
their owner (the request, message or job that made them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Calls", "Owners", "Target", "codes", "milliseconds", "texts"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is called: a statement by its fingerprint, or a templated URL of a peer."""

    fingerprint: str | None = None
    fingerprint_id: str | None = None
    url: str | None = None
    peer: str | None = None

    @property
    def text(self) -> str:
        """The statement or the URL."""
        return self.fingerprint or self.url or ""


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Who calls. ``served``: it answers a request; otherwise it is a consumer or a job.

    ``node`` is the owner's number in what the calls were made from.
    """

    node: NDArray[np.int64]
    trace_id: Sequence[str | None]
    route: Sequence[str | None]
    duration_ms: NDArray[np.float64]
    served: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Successful calls with a known target; ``raw`` is the text before it was templated."""

    owner: NDArray[np.int64]
    target: NDArray[np.int64]
    start_ms: NDArray[np.float64]
    duration_ms: NDArray[np.float64]
    parent: Sequence[str | None]
    raw: Sequence[str | None]
    targets: Sequence[Target]
    owners: Owners

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.owner)


def codes(*columns: pa.ChunkedArray) -> list[NDArray[np.int64]]:
    """Return integers that are equal where the texts of the columns are; unknown is -1."""
    plain = [column.cast(pa.string()) for column in columns]
    joined = pa.chunked_array([chunk for column in plain for chunk in column.chunks], pa.string())
    indices = joined.combine_chunks().dictionary_encode().indices
    numbers = pc.fill_null(indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])


def milliseconds(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return times as milliseconds since the first one; unknown is NaN.

    Relative, because a float cannot hold today's nanoseconds.
    """
    ns = column.cast(pa.int64())
    first = pc.min(ns).as_py() or 0
    return groups.numbers(pc.subtract(ns, first)) / 1e6


def texts(column: pa.ChunkedArray, rows: Any = None) -> list[str | None]:
    """Return a text column, or some rows of it, as Python strings."""
    chosen = column if rows is None else column.take(pa.array(rows))
    found: list[str | None] = chosen.cast(pa.string()).to_pylist()
    return found
