"""One pool's checkouts and samples as NumPy arrays, with what can be derived filled in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.pool_waits import waits
from perfkit.sources import primary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.recording import Recording

    Floats = NDArray[np.float64]

__all__ = ["Checkouts", "Samples", "Usage", "usages"]

#: The name of rows that do not say which pool they belong to.
UNNAMED = "(unnamed)"
_NS = 1e6  # nanoseconds in a millisecond


@dataclass(frozen=True, kw_only=True)
class Checkouts:
    """Uses of connections; times in ns since 1970, durations in ms, unknown is NaN.

    A request that never got a connection has no ``acquired``.
    """

    requested: Floats
    acquired: Floats
    released: Floats
    wait_ms: Floats
    hold_ms: Floats
    busy_ms: Floats
    stack: pa.Array
    trace_id: pa.Array

    @property
    def got(self) -> NDArray[np.bool_]:
        """Which requests were given a connection; all of them where nothing says otherwise."""
        known = ~np.isnan(self.acquired) | ~np.isnan(self.hold_ms)
        waited: NDArray[np.bool_] = ~np.isnan(self.requested) & ~np.isnan(self.wait_ms)
        return known | ~waited if known.any() else np.ones(known.size, dtype=bool)

    @property
    def idle_ms(self) -> Floats:
        """Milliseconds in which a connection was held and the database had nothing to do."""
        return np.maximum(self.hold_ms - self.busy_ms, 0.0)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Looks at a pool in order of time; counters may restart. Unknown is NaN."""

    at: Floats
    size: Floats
    max_size: Floats
    in_use: Floats
    waiting: Floats
    timeouts_total: Floats
    wait_ms_total: Floats
    hold_ms_total: Floats
    requests_total: Floats

    def grown(self, counter: Floats) -> float:
        """Return by how much a counter grew, restarts left out; NaN without two readings."""
        known = counter[~np.isnan(counter)]
        return float(np.maximum(np.diff(known), 0).sum()) if known.size > 1 else math.nan


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Everything known about one pool."""

    pool: str
    checkouts: Checkouts
    samples: Samples

    @property
    def size(self) -> float:
        """The most connections the pool may (else: did) open; NaN when nobody said."""
        for column in (self.samples.max_size, self.samples.size):
            known = column[~np.isnan(column)]
            if known.size:
                return float(known.max())
        return math.nan

    @property
    def timeouts(self) -> int:
        """Requests that gave up: as counted by the pool, or seen without a connection."""
        counted = self.samples.grown(self.samples.timeouts_total)
        return max(0 if math.isnan(counted) else int(counted), int((~self.checkouts.got).sum()))


def usages(rec: Recording) -> list[Usage]:
    """Return one :class:`Usage` per pool that the recording names, in order of name.

    Where no pool told of itself, spans tell of the waits (in a recording of frames they are
    not in ``checkouts`` yet).
    """
    checkouts, samples = _named(primary(rec, "checkouts")), _named(rec.arrow("pool_samples"))
    if not checkouts.num_rows and not samples.num_rows:
        checkouts = _named(waits(rec.arrow("spans")))
    names = {*pc.unique(checkouts["pool"]).to_pylist(), *pc.unique(samples["pool"]).to_pylist()}
    return [
        Usage(
            pool=name,
            checkouts=_checkouts(checkouts.filter(pc.equal(checkouts["pool"], name))),
            samples=_samples(samples.filter(pc.equal(samples["pool"], name)).sort_by("at")),
        )
        for name in sorted(names)
    ]


def _named(table: pa.Table) -> pa.Table:
    names = pc.fill_null(table["pool"].cast(pa.string()), UNNAMED)
    return table.set_column(table.schema.get_field_index("pool"), "pool", names)


def _checkouts(table: pa.Table) -> Checkouts:
    requested, acquired, released = (
        _floats(table[name]) for name in ("requested_at", "acquired_at", "released_at")
    )
    wait, hold, busy = (_floats(table[name]) for name in ("wait_ms", "hold_ms", "busy_ms"))
    acquired = _first(acquired, np.where(np.isnan(hold), np.nan, requested + wait * _NS))
    requested = _first(requested, acquired - wait * _NS)
    released = _first(released, acquired + hold * _NS)
    return Checkouts(
        requested=requested,
        acquired=acquired,
        released=released,
        wait_ms=_first(wait, (acquired - requested) / _NS),
        hold_ms=_first(hold, (released - acquired) / _NS),
        busy_ms=busy,
        stack=_texts(table["stack"]),
        trace_id=_texts(table["trace_id"]),
    )


def _samples(table: pa.Table) -> Samples:
    return Samples(**{name: _floats(table[name]) for name in Samples.__dataclass_fields__})


def _first(known: Floats, derived: Floats) -> Floats:
    return np.where(np.isnan(known), derived, known)


def _floats(column: pa.ChunkedArray) -> Floats:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: Any = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(values, dtype=np.float64)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    joined = column.cast(pa.string()).combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)
