"""The digest of a part of the rows: small, picklable, and added up with others.

:func:`partial` counts, :func:`perfkit.analyses.digests.merging.merge` adds up, and
:func:`perfkit.analyses.digest.digested` makes the Result. Merging is associative and
commutative (sums up to the rounding of floats), and counts, sums, extremes and cells of
merged parts are those of the whole, wherever it was cut. What does depend on the cut: the
slowest examples of rare statements, runs of one statement and gaps across a cut, and how many
statements ran at once (the most within one part).

Memory is bounded: merged, there are at most 100,000 groups (the least time-consuming are
joined to one), and a bounded number of cells of each kind (``perfkit.analyses.digests.cells``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.digests import examples
from perfkit.analyses.digests.bursts import Bursts
from perfkit.analyses.digests.cells import Minutes, Sessions, Shares, session_counts
from perfkit.analyses.digests.columns import MINUTE, UNKNOWN_TIME
from perfkit.analyses.digests.executions import Executions, executions
from perfkit.analyses.digests.happened import Happened
from perfkit.analyses.digests.holders import Holders
from perfkit.analyses.digests.idle import Idle
from perfkit.analyses.digests.keys import grouping
from perfkit.analyses.digests.running import Running
from perfkit.sketch import Sketch, buckets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["SHARED", "Partial", "counted", "partial"]

SHARED = ("user", "application", "database", "client")
_SUMMED = ("rows_returned", "rows_examined", "lock_ms")


@dataclass(frozen=True, kw_only=True)
class Partial:
    """What is known of some executions; arrays of ``sums``, ``lows``, ``highs`` go by group.

    ``keys``: one row per group, its columns ``by`` (and ``fingerprint``). ``kinds``: rows by
    ``duration_kind``. ``heat``: durations per minute since 1970. ``traced``: whether rows told
    which request or trace they are of, which the counts leave out.
    """

    by: tuple[str, ...]
    keys: pa.Table
    sums: Mapping[str, Floats]
    lows: Mapping[str, Any]
    highs: Mapping[str, Any]
    sketch: Sketch
    heat: Sketch
    minutes: Minutes
    sessions: Sessions
    shares: Mapping[str, Shares]
    running: Running
    bursts: Bursts
    idle: Idle
    examples: pa.Table
    happened: Happened
    kinds: Mapping[str, int]
    folded: int = 0
    traced: bool = False
    holders: Holders = field(default_factory=Holders)

    @property
    def groups(self) -> int:
        """How many groups there are, with or without rows."""
        return int(self.keys.num_rows)


def partial(
    queries: pa.Table, events: pa.Table | None = None, *, by: str | Sequence[str] = "fingerprint"
) -> Partial:
    """Digest some rows of ``queries`` and ``events`` (fingerprints filled in).

    Args:
        queries: rows of the canonical table; each statement once (see
            :func:`perfkit.sources.primary`).
        events: rows of the canonical table ``events``.
        by: what to group by, see :func:`perfkit.analyses.digest.digest`.

    Raises:
        UsageError: ``by`` names no column.

    Example:
        >>> from perfkit import tables
        >>> partial(tables.empty("queries")).groups
        1
    """
    return counted(executions(queries, grouping(by)), events, grouping(by))[0]


def counted(rows: Executions, events: pa.Table | None, by: tuple[str, ...]) -> tuple[Partial, Ints]:
    """Return the partial digest of rows, and how many sessions ran each group (exact)."""
    sums, lows, highs = _numbers(rows)
    sketches = _sketches(rows)
    sessions, sampled = session_counts(rows)
    failed = _flags(rows)
    most = np.argsort(-sums["total_ms"], kind="stable")[: examples.KEPT]
    whole = Partial(
        by=by,
        keys=rows.keys,
        sums=sums | {"errors": rows.sum(failed)},
        lows=lows,
        highs=highs,
        sketch=sketches[0],
        heat=sketches[1],
        minutes=Minutes.of(rows),
        sessions=sampled,
        shares={name: Shares.of(rows, name) for name in SHARED},
        running=Running.of(rows, failed),
        bursts=Bursts.of(rows),
        idle=Idle.of(rows),
        examples=examples.slowest(rows, most.tolist()),
        happened=Happened.of(events),
        kinds=_kinds(rows.table),
    )
    return whole, sessions


def _numbers(rows: Executions) -> tuple[dict[str, Floats], dict[str, Any], dict[str, Any]]:
    order, ms = rows.timed
    samples = rows.samples
    first = np.cumsum(samples) - samples
    weight = None if rows.weight is None else rows.weight[order]
    known = samples.astype(np.float64) if weight is None else _parts(weight, samples)
    total = _parts(ms if weight is None else ms * weight, samples)
    mean = np.divide(total, known, out=np.zeros(len(known)), where=known > 0)
    spread = np.repeat(mean, samples)  # one array of as many rows, changed in place
    np.subtract(ms, spread, out=spread)
    np.square(spread, out=spread)
    if weight is not None:
        spread *= weight
    sums = {
        "calls": rows.sum(),
        "samples": samples.astype(np.float64),
        "timed": known,
        "squares": known if weight is None else _parts(weight**2, samples),
        "total_ms": total,
        "deviation": _parts(spread, samples),
        **rows.prepared,
    }
    for name in _SUMMED:
        sums |= _summed(rows, name)
    seen = _seen(rows)
    low = np.where(samples > 0, _edge(ms, first), np.nan)
    high = np.where(samples > 0, _edge(ms, first + samples - 1), np.nan)
    return sums, {"min_ms": low, "first_seen": seen[0]}, {"max_ms": high, "last_seen": seen[1]}


def _edge(ms: Floats, places: Ints) -> Floats:
    inside = np.clip(places, 0, max(len(ms) - 1, 0))
    return ms[inside] if len(ms) else np.full(len(places), np.nan)


def _parts(values: Floats, counts: Ints) -> Floats:
    """Add up consecutive parts, of which some are empty."""
    sums = np.zeros(len(counts))
    filled = counts > 0
    starts = (np.cumsum(counts) - counts)[filled]
    if len(starts):
        sums[filled] = np.add.reduceat(values, starts)
    return sums


def _summed(rows: Executions, name: str) -> dict[str, Floats]:
    """Return the sum of a column per group, and of how many executions it is known."""
    if not rows.knows(name):
        return {name: np.zeros(rows.count), f"{name}_known": np.zeros(rows.count)}
    values = rows.numbers(name)
    return {name: rows.sum(values), f"{name}_known": rows.sum(~np.isnan(values))}


def _seen(rows: Executions) -> tuple[Ints, Ints]:
    dated = rows.ns != UNKNOWN_TIME
    code, ns = (rows.code, rows.ns) if dated.all() else (rows.code[dated], rows.ns[dated])
    first = np.full(rows.count, np.iinfo(np.int64).max)
    last = np.full(rows.count, UNKNOWN_TIME)
    np.minimum.at(first, code, ns)
    np.maximum.at(last, code, ns)
    return first, last


def _sketches(rows: Executions) -> tuple[Sketch, Sketch]:
    """Return the durations by group, and those by minute."""
    known = rows.whole.where(~np.isnan(rows.ms))
    bucket = buckets(known.ms)
    by_group = Sketch.counted(bucket, known.code, known.weight)
    dated = known.ns != UNKNOWN_TIME
    if not dated.all():
        bucket, known = bucket[dated], known.where(dated)
    return by_group, Sketch.counted(bucket, known.ns // MINUTE, known.weight)


def _flags(rows: Executions) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = rows.table["error"].is_valid().to_numpy()
    return flags if rows.mask is None else flags[rows.mask]


def _kinds(table: pa.Table) -> dict[str, int]:
    by = groups.encode(table["duration_kind"])
    counts = np.bincount(by.codes, minlength=len(by.labels)).tolist()
    return {label or "": n for label, n in zip(by.labels, counts, strict=True) if n}
