"""The table of a digest: one row per group, largest total time first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.analyses.digests.percentiles import NAMES, ranks
from perfkit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfkit.analyses.digests.cells import Shares
    from perfkit.analyses.digests.partial import Partial

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["MEASURES", "sketched", "table"]

_TIME = pa.timestamp("ns", "UTC")
_TOLD = 3  # users, databases, ... that are named beside their number
#: What is known of every group, whatever it was grouped by.
MEASURES = pa.schema(
    [
        ("calls", pa.int64()),
        *((f"{name}_ms", pa.float64()) for name in ("total", "mean", "p50", "p95", "p99", "max")),
        ("share", pa.float64()),
        *((f"{name}_{end}_ms", pa.float64()) for name in NAMES for end in ("low", "high")),
        ("errors", pa.int64()),
        ("rows_returned", pa.int64()),
        ("rows_returned_per_call", pa.float64()),
        ("rows_examined", pa.int64()),
        ("rows_examined_per_call", pa.float64()),
        ("lock_ms", pa.float64()),
        ("min_ms", pa.float64()),
        ("stddev_ms", pa.float64()),
        ("variance_to_mean", pa.float64()),
        ("peak_calls_per_min", pa.float64()),
        ("users", pa.int64()),
        ("top_users", pa.string()),
        ("applications", pa.int64()),
        ("top_applications", pa.string()),
        ("databases", pa.int64()),
        ("top_databases", pa.string()),
        ("sessions", pa.int64()),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("parses", pa.int64()),
        ("binds", pa.int64()),
        ("parse_bind_ms", pa.float64()),
        ("samples", pa.int64()),
    ]
)


def table(
    part: Partial, percentiles: Mapping[str, Floats], sessions: Ints | None = None
) -> tuple[pa.Table, Ints]:
    """Return the rows of a digest, and which group of ``part`` each of them is.

    ``sessions`` are exact counts; without them those of the (sampled) partial digest.
    """
    columns = _measures(part) | dict(percentiles) | _who(part)
    columns["sessions"] = part.sessions.count(part.groups) if sessions is None else sessions
    columns["sessions"] = _known(columns["sessions"])
    arrays = {field.name: _column(columns[field.name], field.type) for field in MEASURES}
    keys = {name: _typed(part.keys[name], name) for name in part.keys.column_names}
    names = [*keys, *(name for name in arrays if name not in keys)]
    whole = pa.table([(arrays | keys)[name] for name in names], names=names)
    used = np.flatnonzero(part.sums["calls"] + part.sums["parses"] + part.sums["binds"] > 0)
    whole = whole.append_column("group", pa.array(np.arange(part.groups))).take(pa.array(used))
    last = "fingerprint" if "fingerprint" in names else names[0]
    ordered = whole.sort_by([("total_ms", "descending"), (last, "ascending")])
    return ordered.drop_columns("group"), ordered["group"].to_numpy()


def sketched(part: Partial) -> dict[str, Floats]:
    """Return percentiles and their intervals out of the sketch, within its relative error."""
    least, most = part.lows["min_ms"], part.highs["max_ms"]
    worth = _worth(part)
    columns = {}
    for name, q in NAMES.items():
        columns[f"{name}_ms"] = np.clip(part.sketch.quantiles(q, part.groups), least, most)
        for end, rank in zip(("low", "high"), ranks(worth, q), strict=True):
            place = rank * part.sums["timed"] / np.maximum(worth, 1)
            found = np.clip(part.sketch.at_ranks(place, part.groups), least, most)
            columns[f"{name}_{end}_ms"] = np.where(rank < 0, np.nan, found)
    return columns


def _worth(part: Partial) -> Ints:
    """Return how many samples the weights are worth, see :func:`percentiles.exact`."""
    squared = part.sums["squares"]
    worth = np.divide(
        part.sums["timed"] ** 2, squared, out=np.zeros(part.groups), where=squared > 0
    )
    return np.floor(worth + 1e-9).astype(np.int64)


def _measures(part: Partial) -> dict[str, Any]:
    sums, timed, total = part.sums, part.sums["timed"], part.sums["total_ms"]
    mean = _ratio(total, timed)
    variance = _ratio(sums["deviation"], timed)
    whole = total.sum()
    counts = ("calls", "errors", "parses", "binds", "samples")
    return {
        **{name: np.round(sums[name]) for name in counts},
        "total_ms": total,
        "mean_ms": mean,
        "share": total / whole if whole else np.full(len(total), np.nan),
        "min_ms": part.lows["min_ms"],
        "max_ms": part.highs["max_ms"],
        "stddev_ms": np.sqrt(variance),
        # the index of dispersion, as pt-query-digest scores statements ("V/M"): the variance
        # of the population over the mean; there of seconds, here of milliseconds
        "variance_to_mean": _ratio(variance, mean),
        **_per_call(part, "rows_returned"),
        **_per_call(part, "rows_examined"),
        "lock_ms": _unless_unknown(sums["lock_ms"], sums["lock_ms_known"]),
        "peak_calls_per_min": part.minutes.peak(part.groups),
        "first_seen": part.lows["first_seen"],
        "last_seen": part.highs["last_seen"],
        "parse_bind_ms": sums["parse_bind_ms"],
    }


def _per_call(part: Partial, name: str) -> dict[str, Floats]:
    known = part.sums[f"{name}_known"]
    per_call = _ratio(part.sums[name], known)
    return {name: _unless_unknown(part.sums[name], known), f"{name}_per_call": per_call}


def _ratio(above: Floats, below: Floats) -> Floats:
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _unless_unknown(values: Floats, known: Floats) -> Floats:
    return np.where(known > 0, values, np.nan)


def _known(counts: Ints) -> Floats:
    """Return counts, NaN for 0: a statement without any user, session, ... has unknown ones."""
    return np.where(counts > 0, counts.astype(np.float64), np.nan)


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        unknown = (values == UNKNOWN_TIME) | (values == np.iinfo(np.int64).max)
        return pa.array(values, pa.int64(), mask=unknown).cast(kind)
    if pa.types.is_integer(kind):
        floats = np.asarray(values, np.float64)
        whole = np.nan_to_num(np.round(floats)).astype(np.int64)
        return pa.array(whole, kind, mask=np.isnan(floats))
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _typed(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a key with the type of its column; what does not fit (others, joined) is null."""
    schema = TABLES["queries"]
    kind = schema.field(name).type if name in schema.names else _TIME
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return column
    readable = pc.if_else(pc.match_substring_regex(column, "^[-0-9tf]"), column, None)
    if name in ("hour", "minute"):
        readable = readable.cast(pa.timestamp("s", "UTC"))
    return readable.cast(kind)


def _who(part: Partial) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in ("user", "application", "database"):
        shares = part.shares[name]
        counts = np.bincount(shares.group, minlength=part.groups)
        columns[f"{name}s"] = _known(counts)
        columns[f"top_{name}s"] = _top(shares, part.groups)
    return columns


def _top(shares: Shares, groups: int) -> pa.Array:
    """Return the most frequent labels of every group with their part of its calls, as text."""
    if not len(shares.group):
        return pa.nulls(groups, pa.string())
    order = np.lexsort((shares.label, -shares.calls, shares.group))
    group, label, calls = (a[order] for a in (shares.group, shares.label, shares.calls))
    rank = np.arange(len(group)) - np.searchsorted(group, group, side="left")
    total = np.bincount(group, calls, minlength=groups)
    every = np.where(total > 0, total, 1.0)[group]  # statements that were never called
    percent = np.round(100 * calls / every).astype(np.int64)
    names = pa.array(shares.labels, pa.string())
    joined, known = pa.array([""] * groups), np.bincount(group, minlength=groups) > 0
    for place in range(_TOLD):
        here = rank == place
        parts = names.take(pa.array(label[here])), pa.array(percent[here]).cast(pa.string())
        comma = ", " if place else ""
        told = pc.binary_join_element_wise(comma, parts[0], " ", parts[1], " %", "")
        row = np.full(groups, -1)
        row[group[here]] = np.arange(int(here.sum()))
        more = pc.fill_null(told.take(pa.array(row, mask=row < 0)), "")
        joined = pc.binary_join_element_wise(joined, more, "")
    return pc.if_else(pa.array(known), joined, pa.scalar(None, pa.string()))
