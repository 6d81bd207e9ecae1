"""What is compared: both sides' rows with a common numbering of keys."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.failures import is_failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["UNKNOWN_NS", "Observed", "Side", "nanoseconds"]

UNKNOWN_NS = np.iinfo(np.int64).min
_FAILED, _REFUSED = 500, 400  # RFC 9110, section 15: the server's failures, the client's


@dataclass(frozen=True, kw_only=True)
class Side:
    """The rows of one side: requests, statements, or what requests spend on a category.

    Attributes:
        code: the key of every row, an index into :attr:`Observed.labels`.
        ms: how long each took; unknown is NaN, and so is what no clock measures.
        ns: when each began (ns since 1970), ``UNKNOWN_NS`` where that is unknown.
        run: which run each belongs to, from 0.
        runs: how many runs there are.
        status: of each, NaN where unknown.
        said: which of them say that they failed.
        weight: how many each stands for.
        served_ns: when the requests began that the rows belong to (rows may be requests
            themselves); None where nothing tells of requests.
        served_run: the run of each of these requests.
    """

    code: NDArray[np.int32]
    ms: Floats
    ns: Ints
    run: Ints
    runs: int
    status: Floats
    said: Flags
    weight: Floats
    served_ns: Ints | None = None
    served_run: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.code)

    @cached_property
    def failed(self) -> Flags:
        """Rows that failed: status 500 and above, 0 (no answer), or an error."""
        found: Flags = self.said | is_failure(self.status)
        return found

    @cached_property
    def refused(self) -> Flags:
        """Rows that were answered with a status of 400 to 499."""
        found: Flags = (self.status >= _REFUSED) & (self.status < _FAILED) & ~self.said
        return found

    @cached_property
    def judged(self) -> Flags:
        """Rows of which it is known whether they failed."""
        found: Flags = self.said | ~np.isnan(self.status)
        return found

    @cached_property
    def seconds(self) -> float:
        """Time from the first start to the last end, of all runs together; NaN if unknown."""
        spans = [self._extent(run) for run in range(self.runs)]
        total = sum(spans)
        return total if total > 0 else math.nan

    def _extent(self, run: int) -> float:
        mine = (self.run == run) & (self.ns != UNKNOWN_NS)
        starts = self.ns[mine].astype(np.float64)
        ends = starts + np.nan_to_num(self.ms[mine]) * 1e6
        if self.served_ns is not None:
            known = self.served_ns[(self.served_run == run) & (self.served_ns != UNKNOWN_NS)]
            starts, ends = np.append(starts, known), np.append(ends, known)
        return (float(ends.max()) - float(starts.min())) / 1e9 if starts.size else math.nan

    @cached_property
    def order(self) -> Ints:
        """The rows by key, within it by run and start; unknown starts in the order of rows."""
        found: Ints = np.lexsort((self.ns, self.run, self.code))
        return found

    def by_key(self, keys: int) -> list[Ints]:
        """Return the rows of every key, in the order of time."""
        return np.split(self.order, np.cumsum(np.bincount(self.code, minlength=keys))[:-1])


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Both sides; ``labels`` are the keys, ``ids`` their fingerprint ids where they have some."""

    by: str
    labels: Sequence[str | None]
    before: Side
    after: Side
    ids: Sequence[str | None] = ()
    notes: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, Side]:
        """Before and after."""
        return self.before, self.after

    @property
    def noun(self) -> str:
        """What the rows of the answer are."""
        return {"route": "routes", "fingerprint": "statements", "category": "categories"}[self.by]


def nanoseconds(column: pa.ChunkedArray) -> Ints:
    """Return moments as integers, ``UNKNOWN_NS`` where they are unknown."""
    values: Any = pc.fill_null(column.cast("int64"), UNKNOWN_NS)
    found: Ints = values.to_numpy()
    return found


def durations(column: pa.ChunkedArray) -> Floats:
    """Return durations; what is infinite or negative was not measured, and is NaN."""
    ms = groups.numbers(column)
    ms[~np.isfinite(ms) | (ms < 0)] = np.nan
    return ms


def weights(column: pa.ChunkedArray) -> Floats:
    """Return how many each row stands for: 1 unless it says more."""
    found = groups.numbers(column)
    return np.where(found > 0, found, 1.0)
