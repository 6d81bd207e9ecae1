"""Runs of one quick statement in one session: what an N+1 looks like without any trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import UNKNOWN_TIME, zeroed
from perfkit.sketch import sums_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["LEAST", "MOST", "Bursts", "in_time"]

#: Repeats of one statement behind each other. Sentry's N+1 detector is content with 5 below
#: one span (docs.sentry.io, N+1 Queries); without a trace to prove it, it takes twice as many.
LEAST = 10
#: A run longer than what a page shows is the loop of a batch job.
MOST = 5000
#: Each may begin this long after the one before (10 in a second).
GAP_NS = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Bursts:
    """Runs of a group behind one execution of another group (``parent``, -1: the first)."""

    group: Ints
    parent: Ints
    runs: Floats
    calls: Floats
    total_ms: Floats

    @classmethod
    def of(cls, rows: Executions) -> Bursts:
        """Find runs of at least ``LEAST`` executions, in order of time, session by session."""
        if rows.weight is not None or not rows.knows("session_id") or not len(rows.code):
            return cls.merged([], [])
        session = rows.labels("session_id")
        usable = (rows.ns != UNKNOWN_TIME) & (session.codes != len(session.labels) - 1)
        order = in_time(rows.ns, session.codes, usable)
        if not len(order):
            return cls.merged([], [])
        code, who = rows.code[order], session.codes[order]
        new = np.ones(len(code), np.bool_)
        new[1:] = (code[1:] != code[:-1]) | (who[1:] != who[:-1])
        near = np.flatnonzero(~new)  # only there the gap matters
        new[near] = rows.ns[order[near]] - rows.ns[order[near - 1]] > GAP_NS
        del near
        first = np.flatnonzero(new)
        length = np.empty_like(first)
        np.subtract(first[1:], first[:-1], out=length[:-1])
        length[-1] = len(code) - first[-1]
        chosen = (length >= LEAST) & (length <= MOST)
        first, length = first[chosen], length[chosen]
        before = np.maximum(first - 1, 0)
        led = (first > 0) & (who[before] == who[first]) & (code[before] != code[first])
        parent = np.where(led, code[before], -1)
        starts = np.cumsum(length) - length
        inside = np.arange(length.sum()) + np.repeat(first - starts, length)
        ms = zeroed(rows.ms[order[inside]])
        total = np.add.reduceat(ms, starts) if len(starts) else np.zeros(0)
        sums = sums_by(code[first], parent, np.ones(len(first)), length.astype(float), total)
        return _bursts(sums)

    @classmethod
    def merged(cls, parts: Sequence[Bursts], remaps: Sequence[Ints]) -> Bursts:
        """Add parts up; ``remaps`` give the new number of each group, for every part."""
        pairs = list(zip(parts, remaps, strict=True))
        empty, nothing = np.zeros(0, np.int64), np.zeros(0)
        return _bursts(
            sums_by(
                np.concatenate([empty, *(remap[p.group] for p, remap in pairs)]),
                np.concatenate([empty, *(np.append(r, -1)[p.parent] for p, r in pairs)]),
                np.concatenate([nothing, *(p.runs for p in parts)]),
                np.concatenate([nothing, *(p.calls for p in parts)]),
                np.concatenate([nothing, *(p.total_ms for p in parts)]),
            )
        )


def in_time(ns: Ints, session: NDArray[np.int32], usable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the usable rows by session and time; a log in order of time is not sorted again."""
    if usable.all() and not (ns[1:] < ns[:-1]).any():
        return groups.order(session)
    order = np.flatnonzero(usable)
    order = order[np.argsort(ns[order], kind="stable")]
    return order[groups.order(session[order])]


def _bursts(sums: tuple[Ints, Ints, list[Floats]]) -> Bursts:
    group, parent, (runs, calls, total) = sums
    return Bursts(group=group, parent=parent, runs=runs, calls=calls, total_ms=total)
