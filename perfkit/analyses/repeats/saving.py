"""What one call instead of N would save: measured times, taken apart.

A call costs a round trip (network, driver, protocol, waiting) and the work for its row. One call
for all rows does all the work and one round trip. Between two calls that follow each
other, the client builds one result and the next statement: that goes, too.

* expected: the time covered by the calls less one typical call; plus the gaps between them, each
  as far as it is no longer than a call or :data:`GAP_MS` (the rest is the caller's own
  work). Checked against the sample ``n_plus_one``: 39.8 ms, and the requests without the fault
  are 38.6 ms faster in the median.
* at least: the work for every row remains. Each call saved is only worth the fastest call of
  any statement of that peer (:data:`FASTEST` quantile), which cannot be work for a row, or what
  remains of a call without the server's time, where its log tells; and the shortest gaps.
* at most: all but the fastest call, and all gaps in which nothing else ran.

Where calls overlap, only the time that they cover together counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.repeats.segments import Timeline, medians, reached, totals
from perfkit.analyses.repeats.statement_kinds import ping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.analyses.repeats.segments import Floats, Ints

__all__ = ["GAP_MS", "Savings", "floors", "savings"]

#: What a client spends between two short calls: an object-relational mapper in Python about
#: half a millisecond (sample ``n_plus_one``: 0.5 ms between calls of 0.4 ms).
GAP_MS = 0.5
#: The fastest calls: the minimum of many would be an error of the clock.
FASTEST = 0.05
#: Calls that make a quantile of the fastest worth its name.
_ENOUGH = 5


@dataclass(frozen=True, kw_only=True)
class Savings:
    """Numbers of each segment (the calls of one target by one owner), in milliseconds."""

    covered: Floats
    summed: Floats
    call: Floats
    longest: Floats
    expected: Floats
    least: Floats
    most: Floats
    gap: Floats
    idle: Floats
    extent: Floats


def savings(calls: Calls, rows: Ints, segment: Ints, work: Mapping[str, float]) -> Savings:
    """Return the savings of each segment; ``rows`` are calls sorted by segment and start.

    ``work``: milliseconds a server works on a statement, by fingerprint id.
    """
    seen = _measured(calls, rows, segment)
    known = np.array([work.get(one.fingerprint_id or "", 0.0) for one in calls.targets])
    above_work = np.maximum(seen.call - known[seen.target], 0.0)
    all_but_one = np.maximum(seen.covered - seen.call, 0.0)
    others = (seen.count - 1) * seen.part
    floor = np.fmin(np.fmin(floors(calls)[seen.target], seen.fastest), above_work)
    limit = np.maximum(seen.call, GAP_MS)[segment]
    shortest = np.nan_to_num(_quarter(segment, seen.gaps, seen.segments))
    little = np.minimum(seen.gaps, np.minimum(shortest[segment], limit))
    expected = all_but_one + totals(segment, np.minimum(seen.gaps, limit), seen.segments)
    least = np.minimum(others * floor, all_but_one) + totals(segment, little, seen.segments)
    idle = totals(segment, seen.gaps, seen.segments)
    return Savings(
        covered=seen.covered,
        summed=seen.summed,
        call=seen.call,
        longest=seen.longest,
        expected=expected,
        least=np.minimum(least, expected),
        most=np.maximum(np.maximum(seen.covered - seen.fastest, 0.0) + idle, expected),
        gap=np.nan_to_num(medians(segment, seen.gaps, seen.segments)),
        idle=idle,
        extent=seen.extent,
    )


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """What is seen of each segment; ``gaps`` by row; ``part``: of the summed time, that covered."""

    segments: int
    target: Ints
    count: Floats
    covered: Floats
    summed: Floats
    part: Floats
    call: Floats
    fastest: Floats
    longest: Floats
    extent: Floats
    gaps: Floats


def _measured(calls: Calls, rows: Ints, segment: Ints) -> _Measured:
    segments = int(segment.max(initial=-1)) + 1
    first = np.searchsorted(segment, np.arange(segments))
    start, duration = calls.start_ms[rows], np.nan_to_num(calls.duration_ms[rows])
    each = calls.duration_ms[rows] / calls.counts[rows]
    before = reached(segment, start + duration)
    pause = np.where(np.isfinite(before), np.maximum(start - before, 0.0), 0.0)
    untimed = totals(segment, np.isnan(start), segments) > 0
    summed = totals(segment, duration, segments)
    new = totals(segment, np.maximum(start + duration - np.maximum(start, before), 0.0), segments)
    covered = np.where(untimed, summed, new)
    return _Measured(
        segments=segments,
        target=calls.target[rows[first]],
        count=totals(segment, calls.counts[rows], segments),
        covered=covered,
        summed=summed,
        part=np.divide(covered, summed, out=np.ones(segments), where=summed > 0),
        call=np.nan_to_num(medians(segment, each, segments)),
        fastest=np.nan_to_num(np.fmin.reduceat(each, first)) if segments else np.zeros(0),
        longest=np.nan_to_num(np.fmax.reduceat(each, first)) if segments else np.zeros(0),
        extent=covered + totals(segment, pause, segments),
        gaps=_gaps(calls, rows, before),
    )


def _gaps(calls: Calls, rows: Ints, before: Floats) -> Floats:
    """Return the idle time before each call since the one before ended; NaN at the first."""
    owner, start = calls.owner[rows], calls.start_ms[rows]
    follows = np.isfinite(before) & ~np.isnan(start)
    gaps = np.full(len(rows), np.nan)
    gaps[follows] = 0.0
    apart = np.flatnonzero(follows & (start > before))
    if len(apart):
        timeline = _timeline(calls, np.unique(owner))
        gaps[apart] = timeline.idle(owner[apart], before[apart], start[apart])
    return gaps


def _timeline(calls: Calls, owners: Ints) -> Timeline:
    mine = np.isin(calls.owner, owners)
    start, end = calls.start_ms[mine], (calls.start_ms + calls.duration_ms)[mine]
    if calls.busy is None:
        return Timeline(calls.owner[mine], start, end)
    owner, begin, stop = calls.busy
    also = np.isin(owner, owners)
    return Timeline(
        np.concatenate((calls.owner[mine], owner[also])),
        np.concatenate((start, begin[also])),
        np.concatenate((end, stop[also])),
    )


def _quarter(segment: Ints, values: Floats, count: int) -> Floats:
    """Return the lower quartile of each segment's known values, as the median of those below."""
    middle = medians(segment, values, count)
    return medians(segment, np.where(values <= middle[segment], values, np.nan), count)


def floors(calls: Calls) -> Floats:
    """Return for every target the fastest call of any target of its kind and peer.

    Of targets called less than five times nothing is known; statements that begin or end a
    transaction, which clients may send together with the next, are left to be seen as such.
    """
    count = len(calls.targets)
    each = calls.duration_ms / calls.counts
    known = ~(np.isnan(each) | calls.fails)
    target, each = calls.target[known], each[known]
    ordered = each[np.lexsort((each, target))]
    size = np.bincount(target, minlength=count)
    first = np.concatenate(([0], np.cumsum(size)[:-1]))
    fast = np.full(count, np.nan)
    some = size >= _ENOUGH
    fast[some] = ordered[(first + (size * FASTEST).astype(np.int64))[some]]
    return _least_of_peer(calls, fast)


def _least_of_peer(calls: Calls, fast: Floats) -> Floats:
    peer = np.full(len(fast), -1)
    peer[calls.target] = calls.peers
    keys = [(t.kind, int(p)) for t, p in zip(calls.targets, peer, strict=True)]
    least: dict[Any, float] = {}
    for key, target, value in zip(keys, calls.targets, fast, strict=True):
        if not (ping(target) or np.isnan(value)):
            least[key] = min(least.get(key, np.inf), float(value))
    return np.array([least.get(key, np.nan) for key in keys])
