"""The calls that requests make, whether spans or logged statements tell of them.

Arrays of one length per kind of thing: calls point to their target (what is called) and to
their owner (the request, message or job that made them).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.span_tree import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Calls", "Owners", "Target", "codes", "milliseconds", "numbered", "texts"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is called: a statement or cache command by its fingerprint, or a URL of a peer.

    ``kind``: ``sql``, ``cache``, ``http``, ``rpc`` or ``queue``; ``sql`` unless there is a URL.
    ``told`` is False where calls of the target do not show what differs between them: a URL
    that is the same for all (the item is in the body), a name of an operation.
    ``guessed``: that the calls are of one target is told by the looks of what varies alone.
    """

    fingerprint: str | None = None
    fingerprint_id: str | None = None
    url: str | None = None
    peer: str | None = None
    kind: str = ""
    told: bool = True
    guessed: bool = False

    def __post_init__(self) -> None:
        """Fill in the kind."""
        if not self.kind:
            object.__setattr__(self, "kind", "http" if self.url else "sql")

    @property
    def text(self) -> str:
        """The statement or the URL."""
        return self.fingerprint or self.url or ""


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Who calls. ``served``: it answers a request; otherwise it is a consumer or a job.

    ``node`` is the owner's number in what the calls were made from. ``weight``: it was sampled
    and stands for as many. ``session``: it is guessed from what one database session ran.
    """

    node: NDArray[np.int64]
    trace_id: Sequence[str | None]
    route: Sequence[str | None]
    duration_ms: NDArray[np.float64]
    served: NDArray[np.bool_]
    weight: NDArray[np.float64] | None = None
    session: Sequence[str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Calls with a known target, by row.

    Attributes:
        owner, target: index into ``owners`` and ``targets``.
        start_ms: since the first of all; NaN where unknown.
        duration_ms: of the row, which is ``count`` calls.
        parent, raw: what called it, and the statement or URL before it was templated, as
            arrays of texts (each text once in memory).
        failed: it has to be repeated, or was given up.
        count: calls in the row (one, unless a span stands for several).
        peer: number of the peer, -1 where unknown.
        row: of the table the calls were made from.
        busy: ``(owner, start_ms, end_ms)`` of work between calls that spans tell of.
        server_time: the duration is the server's, without the network.
    """

    owner: NDArray[np.int64]
    target: NDArray[np.int64]
    start_ms: NDArray[np.float64]
    duration_ms: NDArray[np.float64]
    parent: Any
    raw: Any
    targets: Sequence[Target]
    owners: Owners
    failed: NDArray[np.bool_] | None = None
    count: NDArray[np.int64] | None = None
    peer: NDArray[np.int64] | None = None
    row: NDArray[np.int64] | None = None
    busy: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]] | None = None
    server_time: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.owner)

    @cached_property
    def fails(self) -> NDArray[np.bool_]:
        """Which rows failed."""
        return np.zeros(len(self), np.bool_) if self.failed is None else self.failed

    @cached_property
    def of_server(self) -> NDArray[np.bool_]:
        """Which durations are the server's."""
        return np.zeros(len(self), np.bool_) if self.server_time is None else self.server_time

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Calls in every row."""
        return np.ones(len(self), np.int64) if self.count is None else self.count

    @cached_property
    def peers(self) -> NDArray[np.int64]:
        """Number of the peer of every row."""
        return np.full(len(self), -1) if self.peer is None else self.peer

    def kinds(self, *names: str) -> NDArray[np.bool_]:
        """Say of every target whether it is of one of these kinds."""
        return np.array([target.kind in names for target in self.targets], dtype=bool)


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


def numbered(*columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the distinct combinations of some codes; return them and a first row of each.

    Example:
        >>> numbered(np.array([5, 5, 7]), np.array([1, 1, 1]))[0].tolist()
        [0, 0, 1]
    """
    found = np.zeros(len(columns[0]), np.int64)
    first = np.zeros(min(len(found), 1), np.int64)
    for column in columns:
        spread = int(column.max(initial=0)) + 2
        keys = found * spread + column + 1
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        found = inverse.astype(np.int64)
    return found, first.astype(np.int64)
