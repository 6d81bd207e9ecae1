"""Spans clipped to their parents: what of a request's spans lies within its wall time.

A child counts from the start of its parent to the end of it; one that does not overlap its
parent is left out with all below it, and so is what a consumer does with a producer's message,
which nobody waits for. Source: sanitizeOverFlowingChildren of Jaeger UI's critical path.
A span without start or duration is passed over: its children belong to the span above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["Nested", "ancestors", "nest", "timed_parent"]


@dataclass(frozen=True, kw_only=True)
class Nested:
    """The spans of some requests, by row of the forest.

    Attributes:
        entry: row of the request above (or the span itself); -1: it belongs to none.
        parent: row of the nearest span above that has a time, -1 for requests.
        start: ns since 1970, not before the parent's.
        end: ns since 1970, not after the parent's.
        kept: the request's wall time holds it; meaningless times where it does not.
    """

    entry: Ints
    parent: Ints
    start: Ints
    end: Ints
    kept: Flags

    @property
    def length(self) -> Ints:
        """How long each span lasts within its parent, in ns; 0 for what is left out."""
        return np.where(self.kept, self.end - self.start, 0)

    def ending(self, end: Ints) -> Nested:
        """Return the spans with earlier ends, which their children observe as well."""
        return _nested(self.entry, self.parent, self.start, end, self.kept)


def nest(forest: Forest, entries: Ints) -> Nested:
    """Clip the spans below ``entries`` (rows of requests, none inside another)."""
    parent = timed_parent(forest)
    parent[entries] = -1
    top = ancestors(parent)
    asked = np.zeros(len(forest), np.bool_)
    asked[entries] = True
    entry = np.where(asked[top] & forest.timed, top, -1)
    alive = (entry >= 0) & (asked | ~_asynchronous(forest))
    return _nested(entry, parent, forest.start, forest.end, alive)


def timed_parent(forest: Forest) -> Ints:
    """Return the row of the nearest span above with a start and a duration, or -1."""
    own = np.arange(len(forest))
    stop = forest.timed | (forest.parent < 0)
    step = np.where(stop, own, forest.parent)
    while True:
        further = step[step]
        if np.array_equal(further, step):
            break
        step = further
    above = np.where(forest.parent < 0, -1, step[forest.parent])
    return np.where((above >= 0) & forest.timed[above], above, -1)


def ancestors(parent: Ints) -> Ints:
    """Return the topmost row above each row."""
    step = np.where(parent < 0, np.arange(len(parent)), parent)
    while True:
        further = step[step]
        if np.array_equal(further, step):
            return step
        step = further


def _nested(entry: Ints, parent: Ints, start: Ints, end: Ints, alive: Flags) -> Nested:
    """Clip: a span begins with the latest start and ends with the earliest end above it."""
    jump = np.where(parent < 0, np.arange(len(parent)), parent)
    low, high = start.copy(), end.copy()
    for above in _doubled(jump):
        low = np.maximum(low, low[above])
        high = np.minimum(high, high[above])
    behind = start >= high[jump]
    before = (start < low[jump]) & (end <= low[jump])
    kept = alive & ((parent < 0) | ~(behind | before))
    for above in _doubled(jump):
        kept = kept & kept[above]
    return Nested(entry=entry, parent=parent, start=low, end=high, kept=kept)


def _doubled(jump: Ints) -> list[Ints]:
    """Return for each span the row 1, 2, 4, ... steps above it, up to the topmost."""
    steps = [jump]
    while True:
        further = steps[-1][steps[-1]]
        if np.array_equal(further, steps[-1]):
            return steps
        steps.append(further)


def _asynchronous(forest: Forest) -> Flags:
    """Return consumers below the producer of their message."""
    kind = forest.rows["kind"].cast("string")
    consumer, producer = (
        pc.fill_null(pc.equal(kind, name), fill_value=False).to_numpy()
        for name in ("consumer", "producer")
    )
    found: Flags = consumer & producer[forest.parent] & (forest.parent >= 0)
    return found
