"""The requests as NumPy columns, read once for all rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["UNTIMED", "Rows", "read"]

#: The start of a request whose start is not known.
UNTIMED = np.iinfo(np.int64).min
_FAILED = 500  # the server's own failures; 4xx are answers (RFC 9110, section 15)


@dataclass(frozen=True)
class Rows:
    """One element per request: ``start`` in ns UTC or UNTIMED, durations and status or NaN."""

    start: Ints
    duration_ms: Floats
    status: Floats
    erred: Flags
    method: groups.Groups
    route: groups.Groups

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.start)

    @cached_property
    def failed(self) -> Flags:
        """Say which requests failed: status 500 and above, or an error."""
        failed: Flags = self.erred | (self.status >= _FAILED)
        return failed

    @cached_property
    def known(self) -> Flags:
        """Say of which requests it is known whether they failed."""
        known: Flags = self.erred | ~np.isnan(self.status)
        return known

    @cached_property
    def timed(self) -> Flags:
        """Say which requests have a start."""
        timed: Flags = self.start != UNTIMED
        return timed


def read(requests: pa.Table) -> Rows:
    """Return the columns of ``requests`` that rules need; those that are missing are unknown."""
    starts = _column(requests, "started_at", pa.timestamp("ns", "UTC")).cast(pa.int64())
    return Rows(
        start=pc.fill_null(starts, int(UNTIMED)).to_numpy(),
        duration_ms=_durations(_column(requests, "duration_ms", pa.float64())),
        status=groups.numbers(_column(requests, "status", pa.int64())),
        erred=_column(requests, "error", pa.string()).is_valid().to_numpy(),
        method=groups.encode(_column(requests, "method", pa.string())),
        route=groups.encode(_column(requests, "route", pa.string())),
    )


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if name in table.column_names:
        return table[name]
    return pa.chunked_array([pa.nulls(table.num_rows, kind)])


def _durations(column: Any) -> Floats:
    """Return durations in ms; what is negative or endless is not known."""
    values = groups.numbers(column)
    impossible = ~((values >= 0) & (values < np.inf))
    if impossible.any():
        values = np.where(impossible, np.nan, values)
    return values
