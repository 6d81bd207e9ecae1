"""What finished before what began: the order of the spans below one parent.

A span happened before a sibling if it ended before, or when, the sibling began. Clocks are not
that exact: an end that lies behind the sibling's start by 1 % of their parent at most (CRISP's
allowance), or by less than the starts are exact to, still counts, if nothing else below the
parent begins or ends meanwhile and the overlap is at most half of either span; the earlier span
is then taken to end where the later one begins, so that no time counts twice.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from perfkit.analyses.traces.nested import Nested
    from perfkit.span_ids import Flags, Ints

__all__ = ["Order"]

ALLOWED_OVERLAP = 0.01  # of the parent; CRISP, overlap allowance
_HALF = 0.5  # of the shorter sibling: two calls that ran side by side stay so


class Order:
    """The spans of requests with the order among siblings.

    Attributes:
        nested: the spans, small overlaps of siblings removed.
        rows: rows below a parent, by (parent, start, end): the order of beginning.
        finish: positions in ``rows`` by (parent, end, position): the order of finishing.
        bounds: the children of row r are at ``rows[bounds[r]:bounds[r + 1]]``.
        before: position of the sibling that finished last before each position began; -1:
            none. Of several that finished at once it is the one that began first.
        last: position of each row's child that finishes last, -1 without children.
    """

    def __init__(self, nested: Nested, *, step_ns: int = 0) -> None:
        """Order the spans of ``nested``, whose starts are told in steps of ``step_ns``."""
        ends = _without_small_overlaps(nested, step_ns)
        self.nested = nested if ends is None else nested.ending(ends)
        start, end, parent = self.nested.start, self.nested.end, self.nested.parent
        child = np.flatnonzero(self.nested.kept & (parent >= 0))
        self.rows: Ints = child[np.lexsort((end[child], start[child], parent[child]))]
        self.start, self.end = start[self.rows], end[self.rows]
        self.above: Ints = parent[self.rows]
        self.bounds: Ints = np.searchsorted(self.above, np.arange(len(parent) + 1))
        self.finish: Ints = np.lexsort((np.arange(len(child)), self.end, self.above))
        self._earliest = self._first_of_ties()
        self.last: Ints = self._last()
        self.before: Ints = self._before()

    def _first_of_ties(self) -> Ints:
        """Return for each place in ``finish`` the position that ended then and began first."""
        ends, above = self.end[self.finish], self.above[self.finish]
        new = np.ones(len(ends), np.bool_)
        new[1:] = (ends[1:] != ends[:-1]) | (above[1:] != above[:-1])
        place = np.maximum.accumulate(np.where(new, np.arange(len(ends)), 0))
        return self.finish[place]

    def _last(self) -> Ints:
        behind = self.bounds[1:] - 1
        some = self.bounds[1:] > self.bounds[:-1]
        return np.where(
            some, self._earliest[np.where(some, behind, 0)] if len(self.rows) else 0, -1
        )

    def _before(self) -> Ints:
        """Find the end next before each start, in one sort of all ends and starts.

        At one instant a span without length neither follows itself nor what is behind it.
        """
        count = len(self.rows)
        own = np.arange(count)
        moment = np.concatenate((self.start, self.end[self.finish]))
        position = np.concatenate((own, self.finish))
        is_end = np.repeat([False, True], count)
        order = np.lexsort((is_end, position, moment, np.concatenate((self.above, self.above))))
        place = np.where(is_end[order], order - count, -1)
        found = np.maximum.accumulate(place) if count else place
        start = order < count
        latest = np.full(count, -1)
        latest[order[start]] = found[start]
        here = (latest >= 0) & (latest >= self.bounds[self.above])
        return np.where(here, self._earliest[latest] if count else -1, -1)

    @cached_property
    def chained(self) -> Flags:
        """Positions that their parent waits for: the last to finish, what it waited for, ..."""
        found = np.zeros(len(self.rows), np.bool_)
        step = self.last[self.last >= 0]
        while len(step):
            found[step] = True
            step = self.before[step]
            step = step[step >= 0]
        return found

    @cached_property
    def on_path(self) -> Flags:
        """Rows on the critical path of their request: chained, as is everything above."""
        parent = self.nested.parent
        found = self.nested.kept & (parent < 0)
        found[self.rows[self.chained]] = True
        jump = np.where(parent < 0, np.arange(len(parent)), parent)
        while True:
            found = found & found[jump]
            further = jump[jump]
            if np.array_equal(further, jump):
                return found
            jump = further

    @cached_property
    def path_ns(self) -> Ints:
        """Time of each row on the critical path that no child on it takes; 0 off the path."""
        chain = self.rows[self.chained]
        length = self.nested.length
        below = np.zeros(len(length), np.int64)
        np.add.at(below, self.nested.parent[chain], length[chain])
        return np.where(self.on_path, length - below, 0)


def _without_small_overlaps(nested: Nested, step_ns: int) -> Ints | None:
    """Return the ends after the allowance, None where nothing changes.

    In the order of all starts and ends below a parent, the end that follows a start at once,
    with nothing at the same instants, is that of a span which began earlier.
    """
    child = np.flatnonzero(nested.kept & (nested.parent >= 0))
    count = len(child)
    moment = np.concatenate((nested.start[child], nested.end[child]))
    parent = np.tile(nested.parent[child], 2)
    order = np.lexsort((moment, parent))
    time, family, is_end = moment[order], parent[order], order >= count
    apart = np.ones(2 * count + 1, np.bool_)  # each event from the one before it
    apart[1:-1] = (time[1:] != time[:-1]) | (family[1:] != family[:-1])
    pair = ~is_end[:-1] & is_end[1:] & (family[1:] == family[:-1])
    pair &= apart[:-2] & apart[1:-1] & apart[2:]
    later = child[order[:-1][pair]]
    earlier = child[order[1:][pair] - count]
    overlap = nested.end[earlier] - nested.start[later]
    length = nested.length
    allowed = np.maximum(ALLOWED_OVERLAP * length[nested.parent[later]], step_ns)
    small = (earlier != later) & (overlap <= allowed)
    small &= overlap <= _HALF * np.minimum(length[earlier], length[later])
    if not small.any():
        return None
    ends = nested.end.copy()
    ends[earlier[small]] = nested.start[later[small]]
    return ends
