"""A digest out of totals that a server kept itself: pg_stat_statements and its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.digests import examples
from perfkit.analyses.digests.bursts import Bursts
from perfkit.analyses.digests.cells import Minutes, Sessions, Shares
from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.analyses.digests.happened import Happened
from perfkit.analyses.digests.idle import Idle
from perfkit.analyses.digests.keys import keyed
from perfkit.analyses.digests.partial import SHARED, Partial
from perfkit.analyses.digests.running import Running
from perfkit.errors import UsageError
from perfkit.fingerprinted import fingerprinted
from perfkit.sketch import Sketch, sums_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["of_totals"]

_SUMMED = ("rows_returned", "rows_examined", "lock_ms")
_KEYS = ("fingerprint_id", "system", "database", "user", "statement")


def of_totals(totals: pa.Table, by: Sequence[str]) -> tuple[Partial, dict[str, Floats]]:
    """Return ``statement_totals`` as a partial digest, and what percentiles they hold.

    Rows of one group are added up. Its percentiles are known where it is a single row.

    Raises:
        UsageError: totals cannot be grouped by a column of single executions.
    """
    if not set(by) <= set(_KEYS):
        raise UsageError(
            f"group by: totals of statements have no column {next(iter(set(by) - set(_KEYS)))!r}",
            hint=f"columns: {', '.join(_KEYS)}",
        )
    rows = fingerprinted(totals)
    columns = [groups.encode(rows[name]) for name in by]
    codes, code = keyed(columns)
    labels = (pa.array(c.labels, pa.string()) for c in columns)
    taken = [texts.take(pa.array(at)) for texts, at in zip(labels, codes, strict=True)]
    keys = pa.table(dict(zip(by, taken, strict=True)))
    if tuple(by) == ("fingerprint_id",):
        keys = keys.append_column("fingerprint", _fingerprints(rows, code, keys.num_rows))
    sums, deviation = _sums(rows, code, keys.num_rows)
    low, high = np.full(keys.num_rows, np.nan), np.full(keys.num_rows, np.nan)
    np.fmin.at(low, code, groups.numbers(rows["min_ms"]))
    np.fmax.at(high, code, groups.numbers(rows["max_ms"]))
    first, last = _seen(rows, code, keys.num_rows)
    empty = np.zeros(0, np.int64)
    part = Partial(
        by=tuple(by),
        keys=keys,
        sums=sums | {"deviation": deviation},
        lows={"min_ms": low, "first_seen": first},
        highs={"max_ms": high, "last_seen": last},
        sketch=Sketch.merged([]),
        heat=Sketch.merged([]),
        minutes=Minutes.merged([], []),
        sessions=Sessions(group=empty, hashed=empty.view(np.uint64)),
        shares={name: _shares(rows, code, name) for name in SHARED},
        running=Running.merged([]),
        bursts=Bursts.merged([], []),
        idle=Idle(),
        examples=examples.none(),
        happened=Happened.of(None),
        kinds={},
    )
    return part, _percentiles(rows, code, keys.num_rows)


def _fingerprints(rows: pa.Table, code: NDArray[np.int32], count: int) -> pa.Array:
    texts = groups.encode(rows["fingerprint"])
    place = np.full(count, len(texts.labels) - 1)
    place[code] = texts.codes
    return pa.array(texts.labels, pa.string()).take(pa.array(place))


def _sums(rows: pa.Table, code: NDArray[np.int32], count: int) -> tuple[dict[str, Floats], Floats]:
    """Return the sums of every group, and its squared deviations from the mean.

    ``stddev_ms`` is that of the population, in pg_stat_statements as well as here: the squared
    deviations of a row are its square times the calls. Deviations of several rows are added up
    as in ``merging``.
    """
    calls = np.nan_to_num(groups.numbers(rows["calls"]))
    mean = groups.numbers(rows["mean_ms"])
    total = groups.numbers(rows["total_ms"])
    total = np.where(np.isnan(total), mean * calls, total)
    timed = np.where(np.isnan(total), 0.0, calls)

    def added(values: Floats) -> Floats:
        return np.bincount(code, np.nan_to_num(values), minlength=count).astype(np.float64)

    sums = {"calls": added(calls), "samples": added(calls), "timed": added(timed)}
    sums |= {"total_ms": added(total), "errors": added(groups.numbers(rows["errors"]))}
    sums |= {name: np.zeros(count) for name in ("parses", "binds", "parse_bind_ms")}
    for name in _SUMMED:
        values = groups.numbers(rows[name])
        sums |= {name: added(values), f"{name}_known": added(~np.isnan(values) * calls)}
    whole = np.divide(sums["total_ms"], sums["timed"], out=np.zeros(count), where=sums["timed"] > 0)
    own = np.divide(total, calls, out=np.zeros(len(calls)), where=calls > 0)
    spread = groups.numbers(rows["stddev_ms"]) ** 2 * calls + calls * (own - whole[code]) ** 2
    deviation = added(spread)
    deviation[code[np.isnan(spread)]] = np.nan  # of one row unknown: of the whole unknown
    return sums, deviation


def _seen(rows: pa.Table, code: NDArray[np.int32], count: int) -> tuple[Ints, Ints]:
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, UNKNOWN_TIME)
    since = pc.fill_null(rows["since"].cast(pa.int64()), np.iinfo(np.int64).max)
    until = pc.fill_null(rows["until"].cast(pa.int64()), UNKNOWN_TIME)
    np.minimum.at(first, code, since.to_numpy())
    np.maximum.at(last, code, until.to_numpy())
    return first, last


def _shares(rows: pa.Table, code: NDArray[np.int32], name: str) -> Shares:
    if name not in rows.column_names:
        return Shares.merged([], [])
    by = groups.encode(rows[name])
    calls, total = (np.nan_to_num(groups.numbers(rows[n])) for n in ("calls", "total_ms"))
    group, label, sums = sums_by(code, by.codes, calls, total)
    known = label < len(by.labels) - 1
    return Shares(
        labels=tuple(text for text in by.labels if text is not None),
        group=group[known],
        label=label[known],
        calls=sums[0][known],
        total_ms=sums[1][known],
    )


def _percentiles(rows: pa.Table, code: NDArray[np.int32], count: int) -> dict[str, Floats]:
    single = np.bincount(code, minlength=count) == 1
    columns = {}
    for name in ("p50", "p95", "p99"):
        values = np.full(count, np.nan)
        if f"{name}_ms" in rows.column_names:
            values[code] = groups.numbers(rows[f"{name}_ms"])
        columns[f"{name}_ms"] = np.where(single, values, np.nan)
        columns[f"{name}_low_ms"] = columns[f"{name}_high_ms"] = np.full(count, np.nan)
    return columns
