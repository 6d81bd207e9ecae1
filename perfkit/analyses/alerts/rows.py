"""The requests as NumPy columns, read once for all rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses import failures, groups
from perfkit.analyses.alerts import grid
from perfkit.analyses.digests.columns import UNKNOWN_TIME, integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.ordered import Ordered

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["UNTIMED", "Rows", "possible", "read"]

#: The start of a request whose start is not known.
UNTIMED = UNKNOWN_TIME


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One element per request: ``start`` in ns UTC or UNTIMED, durations from 0 or NaN.

    ``status`` and which ``failed``, and of which it is ``known`` whether they did, are those of
    :mod:`perfkit.analyses.failures`. ``in_order`` are the durations by route, where they were
    sorted before.
    """

    start: Ints
    duration_ms: Floats
    status: NDArray[np.int16]
    failed: Flags
    known: Flags
    method: groups.Groups
    route: groups.Groups
    in_order: Ordered | None = None

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.start)

    @cached_property
    def timed(self) -> Flags:
        """Say which requests have a start."""
        timed: Flags = self.start != UNTIMED
        return timed

    @cached_property
    def measured(self) -> Flags:
        """Say which requests have a duration."""
        return ~np.isnan(self.duration_ms)

    @cached_property
    def extent(self) -> tuple[int, int] | None:
        """The first and last start of a request, in ns, without strays."""
        return grid.extent(self.start if self.timed.all() else self.start[self.timed])

    @cached_property
    def durations(self) -> Ordered:
        """The durations of every route, shortest first."""
        return self.in_order or self.route.ordered(self.duration_ms, self.measured)


def read(requests: pa.Table) -> Rows:
    """Return the columns of ``requests`` that rules need; those that are missing are unknown."""
    status = failures.statuses(_column(requests, "status", pa.int64()))
    failed, known = failures.failed_and_known(status, _column(requests, "error", pa.string()))
    return Rows(
        start=integers(_column(requests, "started_at", pa.timestamp("ns", "UTC"))),
        duration_ms=possible(groups.numbers(_column(requests, "duration_ms", pa.float64()))),
        status=status,
        failed=failed,
        known=known,
        method=groups.encode(_column(requests, "method", pa.string())),
        route=groups.encode(_column(requests, "route", pa.string())),
    )


def possible(durations: Floats) -> Floats:
    """Return durations in ms; what is negative or endless is not known."""
    impossible = (durations < 0) | (durations == np.inf)
    return np.where(impossible, np.nan, durations) if impossible.any() else durations


def _column(table: pa.Table, name: str, kind: pa.DataType) -> Any:
    if name in table.column_names:
        return table[name]
    return pa.chunked_array([pa.nulls(table.num_rows, kind)])
