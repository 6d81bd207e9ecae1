"""Exclusive time: every instant of a request's wall time belongs to what runs deepest.

A span has an instant to itself if none of its children runs then. Where several branches run
at once, each deepest span gets an equal part of the instant (with two parallel calls a half),
so that the exclusive times of a request add up to its wall time, whatever overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.traces.nested import Nested
    from perfkit.span_ids import Ints

__all__ = ["Exclusive", "exclusive"]


@dataclass(frozen=True, kw_only=True)
class Exclusive:
    """Exclusive times.

    Attributes:
        ns: of each row.
        parallel: of each row, the part of it in which something else ran as well.
    """

    ns: NDArray[np.float64]
    parallel: NDArray[np.float64]


def exclusive(nested: Nested) -> Exclusive:
    """Share the wall time of every request among its spans."""
    row, begin, end = _alone(nested)
    count = len(row)
    moment = np.concatenate((begin, end))
    request = np.tile(nested.entry[row], 2)
    order = np.lexsort((moment, request))
    step = np.where(order < count, 1, -1)
    running = np.cumsum(step)  # a request's sum is 0: what follows starts afresh
    lasts = np.diff(moment[order], append=0)
    lasts[running == 0] = 0
    share = lasts / np.maximum(running, 1)
    place = np.empty(2 * count, np.int64)
    place[order] = np.arange(2 * count)
    return Exclusive(
        ns=_between(share, place, row, len(nested.entry)),
        parallel=_between(np.where(running > 1, share, 0.0), place, row, len(nested.entry)),
    )


def _between(share: NDArray[np.float64], place: Ints, row: Ints, rows: int) -> NDArray[np.float64]:
    """Add up the shares between where each piece begins and where it ends, per row."""
    upto = np.concatenate(([0.0], np.cumsum(share)))
    count = len(row)
    mine = upto[place[count:]] - upto[place[:count]]
    found: NDArray[np.float64] = np.bincount(row, weights=mine, minlength=rows).astype(np.float64)
    return found


def _alone(nested: Nested) -> tuple[Ints, Ints, Ints]:
    """Return row, begin and end of every piece of a span in which no child of it runs."""
    kept = np.flatnonzero(nested.kept)
    child = kept[nested.parent[kept] >= 0]
    child = child[np.lexsort((nested.start[child], nested.parent[child]))]
    parent = nested.parent[child]
    first = np.ones(len(child), np.bool_)
    first[1:] = parent[1:] != parent[:-1]
    reached = _reached(nested.end[child], first)
    begin = nested.start[parent]
    begin[~first] = reached[np.flatnonzero(~first) - 1]
    last = np.append(first[1:], True) if len(child) else first
    leaf = np.setdiff1d(kept, parent)
    rows = np.concatenate((leaf, parent, parent[last]))
    begins = np.concatenate((nested.start[leaf], begin, reached[last]))
    ends = np.concatenate((nested.end[leaf], nested.start[child], nested.end[parent[last]]))
    lasting = ends > begins
    return rows[lasting], begins[lasting], ends[lasting]


def _reached(ends: Ints, first: NDArray[np.bool_]) -> Ints:
    """Return the latest end up to each place since the last ``first``.

    Ranks instead of times: with the number of the family above them they fit 64 bits.
    """
    order = np.argsort(ends, kind="stable")
    rank = np.empty(len(ends), np.int64)
    rank[order] = np.arange(len(ends))
    family = np.cumsum(first) * len(ends)
    highest = np.maximum.accumulate(family + rank) - family if len(ends) else rank
    return ends[order[highest]]
