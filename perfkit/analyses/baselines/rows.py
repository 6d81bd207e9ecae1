"""Requests as columns of numbers: read once, counted several times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses import failures, groups
from perfkit.analyses.digests.columns import UNKNOWN_TIME, integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["Rows", "extent", "rows"]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Requests: duration (ms, unknown NaN), start (ns since 1970), status, weight, failed or not.

    ``weight`` is None where every row stands for one request; ``judged`` says of which rows it
    is known whether they ``failed``.
    """

    table: pa.Table
    ms: Floats
    ns: Ints
    status: NDArray[np.int16]
    weight: Floats | None
    failed: Flags
    judged: Flags

    @cached_property
    def timed(self) -> Flags:
        """Which durations are known."""
        return ~np.isnan(self.ms)

    def knows(self, name: str) -> bool:
        """Say whether any row knows this column."""
        return bool(self.table[name].null_count < len(self.ms))

    def by(self, name: str) -> groups.Groups:
        """Group the rows by a text column."""
        return groups.encode(self.table[name])

    @cached_property
    def methods(self) -> groups.Groups:
        """The rows by method."""
        return self.by("method")

    def where(self, chosen: Flags) -> Rows:
        """Return the chosen rows."""
        return Rows(
            table=self.table.filter(pa.array(chosen)),
            ms=self.ms[chosen],
            ns=self.ns[chosen],
            status=self.status[chosen],
            weight=None if self.weight is None else self.weight[chosen],
            failed=self.failed[chosen],
            judged=self.judged[chosen],
        )


def rows(requests: pa.Table) -> Rows:
    """Read the columns that every count needs; :mod:`..failures` says which requests failed."""
    status = failures.statuses(requests["status"])
    failed, judged = failures.failed_and_known(status, requests["error"])
    return Rows(
        table=requests,
        ms=_durations(requests["duration_ms"]),
        ns=integers(requests["started_at"]),
        status=status,
        weight=_weight(requests["weight"]),
        failed=failed,
        judged=judged,
    )


def _durations(column: pa.ChunkedArray) -> Floats:
    """Return durations; NaN where unknown or endless (no clock measures that).

    Not to be written to: it may be the column itself.
    """
    whole = column.num_chunks == 1 and not column.null_count
    ms: Floats = column.chunk(0).to_numpy() if whole else groups.numbers(column)
    endless = np.isinf(ms)
    return np.where(endless, np.nan, ms) if endless.any() else ms


def _weight(column: pa.ChunkedArray) -> Floats | None:
    if column.null_count == len(column):
        return None
    weight = groups.numbers(column)
    weight[~(weight > 0)] = 1.0  # unknown, and what cannot be
    weight[np.isinf(weight)] = 1.0
    return None if bool((weight == 1).all()) else weight


def extent(found: Rows) -> tuple[int, int] | None:
    """Return the first start and the last end (ns since 1970), None where no start is known."""
    dated = found.ns != UNKNOWN_TIME
    if not dated.any():
        return None
    ns, ms = (found.ns, found.ms) if dated.all() else (found.ns[dated], found.ms[dated])
    least, most = (int(end(ms, initial=0.0) * 1e6) for end in (np.fmin.reduce, np.fmax.reduce))
    late = ns >= int(ns.max()) + least - most - 1  # no other can end last
    known = np.nan_to_num(ms[late])
    return int(ns.min()), int((ns[late] + np.round(known * 1e6).astype(np.int64)).max())
