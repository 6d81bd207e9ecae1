"""Numbers over groups of intervals, all groups at once: time covered, gaps, medians.

A segment is a run of neighbouring rows; ``segment`` is its number for each row, never falling.
Everything is one or two sorts, so that a million rows take about a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Timeline", "covered_ms", "medians", "reached", "totals"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


def reached(segment: Ints, end: Floats) -> Floats:
    """Return the latest end among the earlier rows of the segment; -inf at its first row.

    Ends are compared by their rank: added to the segment's number, no segment sees another's.
    """
    if not len(end):
        return np.zeros(0)
    order = np.argsort(end, kind="stable")
    rank = np.empty(len(end), np.int64)
    rank[order] = np.arange(len(end))
    highest = np.maximum.accumulate(segment * len(end) + rank) % len(end)
    latest = np.full(len(end), -np.inf)
    latest[1:] = end[order][highest][:-1]
    latest[1:][segment[1:] != segment[:-1]] = -np.inf
    return latest


def totals(segment: Ints, values: Any, count: int) -> Floats:
    """Return the sum of the values of each of ``count`` segments; unknown counts as 0."""
    return np.bincount(segment, weights=np.nan_to_num(values), minlength=count).astype(float)


def covered_ms(start_ms: Floats, duration_ms: Floats) -> float:
    """Return the time in which at least one interval is open; without starts, the sum.

    Example:
        >>> covered_ms(np.array([0.0, 5.0, 30.0]), np.array([10.0, 10.0, 1.0]))
        16.0
    """
    duration = np.nan_to_num(duration_ms)
    if np.isnan(start_ms).any():
        return float(duration.sum())
    order = np.argsort(start_ms, kind="stable")
    start, end = start_ms[order], (start_ms + duration)[order]
    before = reached(np.zeros(len(start), np.int64), end)
    return float(np.maximum(end - np.maximum(start, before), 0.0).sum())


def medians(segment: Ints, values: Floats, count: int) -> Floats:
    """Return the median of the known values of each segment; NaN where there are none."""
    known = ~np.isnan(values)
    segment, values = segment[known], values[known]
    ordered = values[np.lexsort((values, segment))]
    size = np.bincount(segment, minlength=count)
    first = np.concatenate(([0], np.cumsum(size)[:-1]))
    found = np.full(count, np.nan)
    some = size > 0
    low, high = (first + (size - 1) // 2)[some], (first + size // 2)[some]
    found[some] = (ordered[low] + ordered[high]) / 2
    return found


class Timeline:
    """How much of an owner's time was spent in something, up to any moment."""

    def __init__(self, owner: Ints, start: Floats, end: Floats) -> None:
        """Take intervals in any order; those of unknown time are left out."""
        known = ~(np.isnan(start) | np.isnan(end))
        owner, start, end = owner[known], start[known], end[known]
        order = np.lexsort((start, owner))
        owner, start, end = owner[order], start[order], end[order]
        begin = np.maximum(start, reached(owner, end))
        new = end > begin
        self.owner, self.start, self.end = owner[new], begin[new], end[new]
        self.total = np.concatenate(([0.0], np.cumsum(self.end - self.start)))

    def until(self, owner: Ints, moment: Floats) -> Floats:
        """Return the time spent by ``owner`` (and all owners before) up to each moment."""
        pieces, asked = len(self.owner), len(owner)
        times = np.concatenate([self.start, moment])
        owners = np.concatenate([self.owner, owner])
        is_asked = np.arange(pieces + asked) >= pieces
        order = np.lexsort((is_asked, times, owners))
        passed = np.cumsum(~is_asked[order])
        place = np.empty(asked, np.int64)
        place[order[is_asked[order]] - pieces] = passed[is_asked[order]]
        last = np.maximum(place - 1, 0)
        if not pieces:
            return np.zeros(asked)
        running = (place > 0) & (self.owner[last] == owner)
        left = np.where(running, np.maximum(self.end[last] - moment, 0.0), 0.0)
        found: Floats = self.total[place] - left
        return found

    def idle(self, owner: Ints, start: Floats, end: Floats) -> Floats:
        """Return how much of the time from each start to its end nothing was going on."""
        if not len(owner):
            return np.zeros(0)
        busy = self.until(owner, end) - self.until(owner, start)
        return np.maximum(end - start - busy, 0.0)
