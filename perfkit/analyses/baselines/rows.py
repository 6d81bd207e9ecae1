"""Requests as columns of numbers: read once, counted several times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import UNKNOWN_TIME, integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["NO_STATUS", "OTHER_STATUS", "Rows", "is_failure", "rows"]

NO_STATUS = -1
#: What stands for every number that HTTP does not know (RFC 9110 has three digits).
OTHER_STATUS = 1000
_FAILED = 500  # the server's own failures; 4xx are answers (RFC 9110, section 15)
_NO_ANSWER = 0  # as curl, k6 and Envoy log a request that got no answer


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
    """Read the columns of ``requests`` that every count needs.

    A request failed when its status is 500 or above, or 0 (no answer came), or when the log
    says why it did (``error``). 499 did not: nginx has it where the client gave up.
    """
    ms = groups.numbers(requests["duration_ms"])
    ms[np.isinf(ms)] = np.nan  # no clock measures it
    status = _status(requests["status"])
    failed, judged = is_failure(status), status != NO_STATUS
    if requests["error"].null_count < len(requests):
        said = requests["error"].is_valid().to_numpy()
        failed, judged = failed | said, judged | said
    return Rows(
        table=requests,
        ms=ms,
        ns=integers(requests["started_at"]),
        status=status,
        weight=_weight(requests["weight"]),
        failed=failed,
        judged=judged,
    )


def is_failure(status: NDArray[np.int16]) -> Flags:
    """Say which statuses are failures of the server."""
    failed: Flags = (status >= _FAILED) | (status == _NO_ANSWER)
    return failed


def _status(column: pa.ChunkedArray) -> NDArray[np.int16]:
    """Return the status, ``NO_STATUS`` where it is unknown or negative."""
    found = np.full(len(column), NO_STATUS, np.int16)
    at = 0
    for chunk in column.chunks:
        known = pc.fill_null(chunk, NO_STATUS) if chunk.null_count else chunk
        part = found[at : at + len(chunk)]
        np.clip(known.to_numpy(), NO_STATUS, OTHER_STATUS, out=part, casting="unsafe")
        at += len(chunk)
    return found


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
    ends = [_end(ns[part], ms[part]) for part in groups.pieces(len(ns))]
    return int(ns.min()), max(ends)


def _end(ns: Ints, ms: Floats) -> int:
    known = np.where(np.isnan(ms), 0.0, ms)
    return int((ns + np.round(known * 1e6).astype(np.int64)).max())
