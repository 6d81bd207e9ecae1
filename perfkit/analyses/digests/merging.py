"""Partial digests added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.digests import examples
from perfkit.analyses.digests.bursts import Bursts
from perfkit.analyses.digests.cells import Minutes, Sessions, Shares
from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.analyses.digests.happened import Happened
from perfkit.analyses.digests.holders import Holders
from perfkit.analyses.digests.idle import Idle
from perfkit.analyses.digests.keys import keyed
from perfkit.analyses.digests.partial import SHARED, Partial
from perfkit.analyses.digests.running import Running
from perfkit.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["LIMIT", "OTHER", "merge"]

#: Groups that are told apart: beyond, those with the least time are one row.
LIMIT = 100_000
#: The key of that row.
OTHER = "(other)"


def merge(parts: Sequence[Partial]) -> Partial:
    """Add partial digests (at least one) up; all were grouped by the same columns.

    Example:
        >>> from perfkit import tables
        >>> from perfkit.analyses.digests.partial import partial
        >>> part = partial(tables.empty("queries"))
        >>> merge([part, part]).sums["calls"].tolist()
        [0.0]
    """
    keys, remaps = _renumbered(parts)
    total = _added("total_ms", parts, remaps, keys.num_rows)
    keys, remaps, folded = _folded(keys, remaps, total)
    count = keys.num_rows
    sums = {name: _added(name, parts, remaps, count) for name in parts[0].sums}
    sums["deviation"] = _deviation(parts, remaps, sums)
    most = np.argsort(-sums["total_ms"], kind="stable")[: examples.KEPT]
    return Partial(
        by=parts[0].by,
        keys=keys,
        sums=sums,
        lows=_extremes([p.lows for p in parts], remaps, np.fmin, count),
        highs=_extremes([p.highs for p in parts], remaps, np.fmax, count),
        sketch=Sketch.merged([p.sketch for p in parts], remaps),
        heat=Sketch.merged([p.heat for p in parts]),
        minutes=Minutes.merged([p.minutes for p in parts], remaps),
        sessions=Sessions.merged([p.sessions for p in parts], remaps),
        shares={n: Shares.merged([p.shares[n] for p in parts], remaps) for n in SHARED},
        running=Running.merged([p.running for p in parts]),
        bursts=Bursts.merged([p.bursts for p in parts], remaps),
        examples=examples.merged(_examples(parts, remaps), most),
        idle=Idle.merged([p.idle for p in parts]),
        happened=Happened.merged([p.happened for p in parts]),
        kinds=_kinds_of(parts),
        folded=sum(p.folded for p in parts) + folded,
        traced=any(p.traced for p in parts),
        holders=Holders.merged([p.holders for p in parts]),
    )


def _renumbered(parts: Sequence[Partial]) -> tuple[pa.Table, list[Ints]]:
    """Return the groups of all parts, each once, and the new number of each in every part."""
    by = parts[0].by
    joined = pa.concat_tables([part.keys for part in parts])
    columns = [groups.encode(joined[name]) for name in by]
    _, code = keyed(columns)
    present = np.zeros(int(code.max(initial=-1)) + 1, np.int64)
    present[code[::-1]] = np.arange(len(code))[::-1]  # the first row of every key
    if "fingerprint" in joined.column_names and "fingerprint" not in by:
        known = np.flatnonzero(joined["fingerprint"].is_valid().to_numpy())
        present[code[known[::-1]]] = known[::-1]  # ... that knows its text
    filled = np.zeros(len(present), np.bool_)
    filled[code] = True
    number = np.cumsum(filled) - 1
    ends = np.cumsum([part.groups for part in parts])[:-1]
    return joined.take(pa.array(present[filled])), np.split(number[code], ends)


def _folded(keys: pa.Table, remaps: list[Ints], total: Floats) -> tuple[pa.Table, list[Ints], int]:
    """Join the groups with the least time to one, if there are too many."""
    already = pc.fill_null(pc.equal(keys.column(0), OTHER), fill_value=False).to_numpy()
    too_many = keys.num_rows - already.sum() - LIMIT
    if too_many <= 0:
        return keys, remaps, 0
    order = np.lexsort((np.arange(len(total)), np.where(already, -np.inf, -total)))
    kept = np.sort(order[already.sum() :][:LIMIT])
    number = np.full(keys.num_rows, LIMIT, np.int64)
    number[kept] = np.arange(LIMIT)
    other = pa.table({name: pa.array([OTHER], pa.string()) for name in keys.column_names})
    renumbered = [number[remap] for remap in remaps]
    return pa.concat_tables([keys.take(pa.array(kept)), other]), renumbered, int(too_many)


def _added(name: str, parts: Sequence[Partial], remaps: Sequence[Ints], count: int) -> Floats:
    sums = np.zeros(count)
    for part, remap in zip(parts, remaps, strict=True):
        sums += np.bincount(remap, part.sums[name], minlength=count)
    return sums


def _extremes(
    parts: Sequence[Mapping[str, Any]], remaps: Sequence[Ints], choose: Any, count: int
) -> dict[str, Any]:
    unknown = np.iinfo(np.int64).max if choose is np.fmin else UNKNOWN_TIME
    extremes = {}
    for name, first in parts[0].items():
        extremes[name] = np.full(count, np.nan if first.dtype.kind == "f" else unknown, first.dtype)
        for part, remap in zip(parts, remaps, strict=True):
            choose.at(extremes[name], remap, part[name])
    return extremes


def _deviation(
    parts: Sequence[Partial], remaps: Sequence[Ints], sums: Mapping[str, Floats]
) -> Floats:
    """Add sums of squared deviations up (Chan, Golub, LeVeque, The American Statistician 37(3))."""
    timed, total = sums["timed"], sums["total_ms"]
    mean = np.divide(total, timed, out=np.zeros(len(timed)), where=timed > 0)
    result = np.zeros(len(timed))
    for part, remap in zip(parts, remaps, strict=True):
        own = part.sums["timed"]
        mine = np.divide(part.sums["total_ms"], own, out=np.zeros(len(own)), where=own > 0)
        apart = part.sums["deviation"] + own * (mine - mean[remap]) ** 2
        result += np.bincount(remap, apart, minlength=len(result))
    return result


def _examples(parts: Sequence[Partial], remaps: Sequence[Ints]) -> list[pa.Table]:
    tables = []
    for part, remap in zip(parts, remaps, strict=True):
        group = pa.array(remap[part.examples["group"].to_numpy()])
        tables.append(part.examples.set_column(0, "group", group))
    return tables


def _kinds_of(parts: Sequence[Partial]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for part in parts:
        for name, rows in part.kinds.items():
            kinds[name] = kinds.get(name, 0) + rows
    return kinds
