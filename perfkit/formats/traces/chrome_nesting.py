"""Which event lies within which: intervals on lanes -> the parent of each, without a loop.

In order of time, the longer first, the parent of an event is the nearest earlier one on its lane
that ends no sooner. For events that nest this is the one that called it; events that overlap
without nesting (which the format does not allow, and tools write all the same) get none of
those they stick out of.
Source: the Trace Event Format document; slices of one thread in Perfetto's trace processor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["Nested", "in_order", "nest"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Each step halves what lies between an event and its parent, but for input made to be slow.
_STEPS = 64
_MICROSECOND = 1000


class Nested(NamedTuple):
    """By row: the parent's row (-1: none), the topmost row above it (or itself), and more.

    ``covered``: how many nanoseconds of it its children take (at once: counted once).
    ``overlaps``: it begins within an earlier event that ends before it does.
    """

    parent: Ints
    top: Ints
    covered: Ints
    overlaps: Flags


def nest(lane: Ints, start: Ints, end: Ints, known: Flags) -> Nested:
    """Nest intervals (``end`` >= ``start``); equal ones in the order of their rows.

    Those whose end is not ``known`` take nothing of their parents. Where all times are whole
    microseconds, a child that was rounded may end one later than its parent; else a nanosecond.
    """
    count = len(lane)
    order = in_order(lane, start, start - end)
    lane, start, end = lane[order], start[order], end[order]
    above = _above(_first(lane), start, end)
    alone, overlaps = _shares(lane, start, end, above)
    has = above >= 0
    alone[~known[order]] = 0
    covered = np.zeros(count, np.int64)
    np.add.at(covered, order[above[has]], alone[has])
    top = np.maximum.accumulate(np.where(has, 0, np.arange(count)))
    back = np.empty(count, np.int64)
    back[order] = np.arange(count)
    parent = np.where(has, order[above], -1)
    return Nested(parent[back], order[top][back], covered, overlaps[back])


def _first(lane: Ints) -> Ints:
    """Return the place of the first event of each event's lane, in an order by lanes."""
    new = np.append(True, lane[1:] != lane[:-1])[: len(lane)]
    return np.maximum.accumulate(np.where(new, np.arange(len(lane)), 0))


def in_order(lane: Ints, time: Ints, tie: Ints) -> Ints:
    """Return the rows ordered by lane, time, ``tie``, and row."""
    moments = time - (time.min() if len(time) else 0)
    room = int(moments.max(initial=0)).bit_length()
    if room + int(lane.max(initial=0)).bit_length() >= 63:  # noqa: PLR2004 - bits of a positive int64
        return np.lexsort((tie, time, lane))
    key = (lane << room) | moments
    order = np.argsort(key, kind="stable")
    key = key[order]
    same = np.append(False, key[1:] == key[:-1])
    same[:-1] |= same[1:]
    equal = np.flatnonzero(same)
    rows = order[equal]
    order[equal] = rows[np.lexsort((tie[rows], key[equal]))]
    return order


def _above(first: Ints, start: Ints, end: Ints) -> Ints:
    """Return the nearest earlier place, from ``first`` on, whose end is no sooner; else -1.

    What lies between a place and the one it points to ends sooner: so does then what lies
    between that and what it points to, and pointers may be followed before they are settled.
    """
    # no more than half of it may stick out
    needed = end - np.minimum(_rounding(start, end), np.maximum(end - start - 1, 0) // 2)
    needed += end == start  # what ends where it begins is within nothing
    above = np.arange(len(first)) - 1
    open_ = np.flatnonzero((above >= first)[1:] & (end[:-1] < needed[1:])) + 1
    for _ in range(_STEPS):
        if not len(open_):
            break
        at = above[above[open_]]
        above[open_] = at
        open_ = open_[(at >= first[open_]) & (end[at] < needed[open_])]
    else:
        above = _one_by_one(first.tolist(), end.tolist(), needed.tolist())
    return np.where(above < first, -1, above)


def _rounding(start: Ints, end: Ints) -> int:
    """Return how many nanoseconds times were rounded by."""
    for some in (slice(1000), slice(None)):  # nearly always the first thousand tell
        if (start[some] % _MICROSECOND).any() or (end[some] % _MICROSECOND).any():
            return 1
    return _MICROSECOND


def _one_by_one(first: list[int], end: list[int], needed: list[int]) -> Ints:
    """Do as :func:`_above` in as many steps as there are events, whatever the input."""
    above = []
    earlier: list[int] = []
    for place, (begin, limit) in enumerate(zip(first, needed, strict=True)):
        while earlier and (earlier[-1] < begin or end[earlier[-1]] < limit):
            earlier.pop()
        above.append(earlier[-1] if earlier else -1)
        earlier.append(place)
    return np.array(above, np.int64)


def _shares(lane: Ints, start: Ints, end: Ints, above: Ints) -> tuple[Ints, Flags]:
    """Return how much of its parent each event takes alone, and whether it overlaps a sibling.

    Of siblings, each ends later than those before it.
    """
    roots = int(lane.max(initial=0)) + 1
    room = len(lane).bit_length()
    # sorting is much faster than finding an order
    key = np.sort((np.where(above >= 0, above + roots, lane) << room) | np.arange(len(lane)))
    order, sibling = key & ((1 << room) - 1), key >> room
    before = np.append(0, end[order[:-1]]) if len(order) else end
    again = np.append(False, sibling[1:] == sibling[:-1])[: len(order)]
    begin = np.where(again, np.maximum(start[order], before), start[order])
    limit = np.where(above >= 0, end[above], end)[order]
    share = np.empty(len(order), np.int64)
    share[order] = np.maximum(np.minimum(end[order], limit) - begin, 0)
    overlaps = np.zeros(len(order), np.bool_)
    overlaps[order] = again & (before > start[order])
    return share, overlaps
