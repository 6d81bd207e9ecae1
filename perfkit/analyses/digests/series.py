"""Further tables of a digest: what its pictures show, and what can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.digests import examples
from perfkit.analyses.digests.columns import MINUTE
from perfkit.analyses.digests.partial import SHARED
from perfkit.sketch import sums_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.digests.cells import Shares
    from perfkit.analyses.digests.partial import Partial

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["REST", "breakdown", "series"]

#: Statements whose course over time is kept; the others are one row per minute.
TIMED = 20
#: Statements with a histogram, and with examples.
DRAWN = 50
REST = "rest"
#: Bounds of a histogram grow by 38 %: seven bars per power of ten.
_COARSE = 4
_TIME = pa.timestamp("ns", "UTC")


def series(part: Partial, order: Ints) -> dict[str, pa.Table]:
    """Return the tables by name; ``order`` is the group of every row of the digest.

    per_minute, histogram, examples, load, heat, by_user, by_application, by_database,
    by_client, by_hour.
    """
    running = part.running.table()
    return {
        "per_minute": _per_minute(part, order[:TIMED]),
        "histogram": _histogram(part, order[:DRAWN]),
        "examples": _examples(part, order[:DRAWN]),
        "load": running,
        "heat": _heat(part),
        **{f"by_{name}": breakdown(part.shares[name], name) for name in SHARED},
        "by_hour": _by_hour(running),
    }


def _keys(part: Partial, group: Ints) -> dict[str, pa.Array]:
    """Return what the groups are named by; -1 is the rest."""
    columns = {}
    for name in part.by:
        texts = part.keys[name].take(pa.array(np.maximum(group, 0)))
        columns[name] = pc.if_else(pa.array(group < 0), REST, texts)
    return columns


def _per_minute(part: Partial, top: Ints) -> pa.Table:
    """Return ``minute``, the key, ``calls``, ``total_ms``: top statements, and the rest."""
    cells, place = part.minutes, np.full(part.groups, len(top))
    place[top] = np.arange(len(top))
    period, rank, sums = sums_by(cells.period, place[cells.group], cells.calls, cells.total_ms)
    group = np.append(top, -1)[rank]
    columns: dict[str, Any] = {"minute": _times(period * cells.width), **_keys(part, group)}
    columns |= {"calls": np.round(sums[0]).astype(np.int64), "total_ms": sums[1]}
    return pa.table(columns)


def _histogram(part: Partial, top: Ints) -> pa.Table:
    """Return the key, ``from_ms``, ``to_ms``, ``calls``: bars of equal width on a log axis."""
    coarse = part.sketch.only(top).at(max(_COARSE, part.sketch.level))
    high, low = coarse.bounds()
    columns: dict[str, Any] = {**_keys(part, top[coarse.group]), "from_ms": low, "to_ms": high}
    return pa.table(columns | {"calls": np.round(coarse.count).astype(np.int64)})


def _examples(part: Partial, top: Ints) -> pa.Table:
    """Return the key and the slowest executions, statements in the order of the digest."""
    place = np.full(part.groups, -1)
    place[top] = np.arange(len(top))
    group = part.examples["group"].to_numpy()
    rank = np.where(place[group] < 0, len(top), place[group])
    order = np.argsort(rank, kind="stable")[: int((rank < len(top)).sum())]
    rows = part.examples.take(pa.array(order)).select(list(examples.COLUMNS))
    named = {f"{name}": column for name, column in _keys(part, group[order]).items()}
    own = {name: rows[name] for name in rows.column_names if name not in named}
    return pa.table({**named, **own})


def _heat(part: Partial) -> pa.Table:
    """Return ``minute``, ``from_ms``, ``to_ms``, ``calls``: durations over time."""
    coarse = part.heat.at(max(_COARSE, part.heat.level))
    high, low = coarse.bounds()
    columns = {"minute": _times(coarse.group), "from_ms": low, "to_ms": high}
    return pa.table(columns | {"calls": np.round(coarse.count).astype(np.int64)})


def breakdown(shares: Shares, name: str) -> pa.Table:
    """Return ``name``, calls, total_ms, mean_ms, share: one row per user, database, ..."""
    count = len(shares.labels)
    calls = np.bincount(shares.label, shares.calls, minlength=count)
    total = np.bincount(shares.label, shares.total_ms, minlength=count)
    return _shared({name: pa.array(shares.labels, pa.string())}, calls, total).sort_by(
        [("total_ms", "descending"), (name, "ascending")]
    )


def _by_hour(running: pa.Table) -> pa.Table:
    """Return hour, calls, total_ms, mean_ms, share: one row per hour of the log."""
    hours = running["minute"].cast(pa.int64()).to_numpy() // (60 * MINUTE)
    present, place = np.unique(hours, return_inverse=True)
    calls = np.bincount(place, running["calls"].to_numpy(), minlength=len(present))
    total = np.bincount(place, running["total_ms"].to_numpy(), minlength=len(present))
    hour = _times(present * 60)
    table = _shared({"hour": hour}, calls, total)
    return table.filter(pc.greater(table["calls"], 0))


def _shared(key: dict[str, pa.Array], calls: Any, total: Any) -> pa.Table:
    nothing = np.full(len(calls), np.nan)
    whole = total.sum()
    return pa.table(
        {
            **key,
            "calls": np.round(calls).astype(np.int64),
            "total_ms": np.asarray(total, np.float64),
            "mean_ms": np.divide(total, calls, out=nothing.copy(), where=calls > 0),
            "share": total / whole if whole else nothing,
        }
    )


def _times(minutes: Ints) -> pa.Array:
    return pa.array(minutes * MINUTE, _TIME)
