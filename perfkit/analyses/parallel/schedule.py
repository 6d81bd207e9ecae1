"""How long calls take one after another, and how long if those that can would overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from perfkit.analyses.parallel.matrix import Matrix
    from perfkit.span_ids import Flags, Ints

__all__ = ["Schedule", "overlapping", "schedule"]

#: Two calls that overlap by less of the shorter one run one after another: clocks are rounded.
#: (CRISP lets siblings overlap by 1 % of their parent.)
_SLIGHT = 0.05


class Schedule(NamedTuple):
    """Per request, in ns: time with a call running now, and at best; ``begin`` per operation.

    ``begin`` is the earliest time after the first call, -1 where the operation is not called.
    """

    now: Ints
    best: Ints
    begin: Ints

    @property
    def saved(self) -> Ints:
        """Nanoseconds; never negative, never more than all calls but the longest."""
        found: Ints = np.maximum(self.now - self.best, 0)
        return found


def overlapping(starts: tuple[Ints, Ints], ends: tuple[Ints, Ints]) -> Flags:
    """Say whether two calls run at the same time, more than :data:`_SLIGHT`."""
    (a, b), (a_end, b_end) = starts, ends
    common = np.minimum(a_end, b_end) - np.maximum(a, b)
    found: Flags = common > _SLIGHT * np.minimum(a_end - a, b_end - b)
    return found


def schedule(matrix: Matrix, apart: Flags) -> Schedule:
    """Let every call begin as soon as all it waits for has ended: the longest chain remains.

    ``apart[a, b]``: operations a and b need nothing of each other. All others wait for what began
    before them; calls of different segments do in any case. What overlaps already keeps its
    distance: nothing tells whether it could begin earlier.
    """
    calls = _Ordered(matrix)
    begin: list[Ints] = []
    for j in range(calls.most):
        earliest = np.zeros(len(matrix.row), np.int64)
        for i in range(j):
            waits = ~apart[calls.column[i], calls.column[j]] | calls.parted(i, j)
            ready = np.where(waits, begin[i] + calls.length(i), 0)
            distance = begin[i] + calls.start[j] - calls.start[i]
            ready = np.where(calls.overlapping(i, j), distance, ready)
            earliest = np.maximum(earliest, ready)
        begin.append(np.where(calls.here[j], earliest, 0))
    best, now, reached = (np.zeros(len(matrix.row), np.int64) for _ in range(3))
    placed = np.full(matrix.row.shape, -1, np.int64)
    for j in range(calls.most):
        # absent calls are of no length: they change nothing
        best = np.maximum(best, begin[j] + calls.length(j))
        now += np.maximum(calls.end[j] - np.maximum(calls.start[j], reached), 0)
        reached = np.maximum(reached, calls.end[j])
        line = np.flatnonzero(calls.here[j])
        placed[line, calls.column[j][line]] = begin[j][line]
    return Schedule(now, best, placed)


class _Ordered:
    """The calls of a matrix in order of time: lists by rank, of arrays by request."""

    def __init__(self, matrix: Matrix) -> None:
        present = matrix.present
        order = np.argsort(np.where(present, matrix.start, np.iinfo(np.int64).max), axis=1)
        line = np.arange(len(order))
        self.most = int(present.sum(axis=1).max(initial=0))
        self.column = [order[:, rank] for rank in range(self.most)]
        self.start = [matrix.start[line, column] for column in self.column]
        self.end = [matrix.end[line, column] for column in self.column]
        self.segment = [matrix.segment[line, column] for column in self.column]
        self.here = [present[line, column] for column in self.column]

    def length(self, rank: int) -> Ints:
        return self.end[rank] - self.start[rank]

    def parted(self, i: int, j: int) -> Flags:
        return np.asarray(self.segment[i] != self.segment[j])

    def overlapping(self, i: int, j: int) -> Flags:
        return overlapping((self.start[i], self.start[j]), (self.end[i], self.end[j]))
