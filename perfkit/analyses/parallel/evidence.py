"""Whether two operations need each other's answer: what the requests of a place show.

Never proven by their order alone: calls that are awaited one by one follow each other whether
they need to or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.parallel.inputs import Verdict, inputs
from perfkit.analyses.parallel.schedule import overlapping

if TYPE_CHECKING:
    from perfkit.analyses.parallel.matrix import Matrix
    from perfkit.analyses.parallel.operations import Operation
    from perfkit.span_ids import Flags, Ints

__all__ = ["ENOUGH", "Level", "Pairs", "pairs"]

#: Requests in which both calls were under way at once, or came in the other order.
_SEEN = 3
#: The other order is a habit of the code, not an accident, from this share on.
_SWAPPED = 0.05
#: The second call was sent when this share of the first one's time had passed: the answer was
#: not there yet. (A stream's first rows may be there when the call is still under way.)
_EARLY = 0.25
#: Without a counter-example in 10 requests at most 26 % of all are one, in 20 14 % (95 %,
#: Clopper and Pearson).
ENOUGH = 10
#: What hardly any request leaves out hangs on no condition.
_ALWAYS = 0.95
#: More time of its own between two calls than parsing an answer takes: what is sent then was
#: computed from it. (Sentry #52662: own work between calls shows that they depend.)
_GAP_NS, _GAP_SHARE = 5_000_000, 0.10


class Level(IntEnum):
    """How sure it is that two operations do not need each other."""

    DEPENDENT = 0  # or nothing speaks for the contrary
    POSSIBLE = 1  # nothing is known: their inputs are hidden, or there are too few requests
    LIKELY = 2  # what the later one is told was known before the earlier one began
    SWAPPED = 3  # both orders were seen
    OVERLAPPING = 4  # they were seen under way at the same time


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Evidence by pair of columns; all arrays are symmetric but ``first``.

    Attributes:
        level: of :class:`Level`.
        first: requests in which a ended before b began.
        launched: requests in which both were sent before either could have answered.
        verdicts: what is known of the inputs, by column, where it was asked for.
    """

    level: Ints
    first: Ints
    launched: Ints
    verdicts: dict[int, Verdict]

    def apart(self, least: Level) -> Flags:
        """Return which pairs reach a level."""
        found: Flags = self.level >= least
        return found


def pairs(matrix: Matrix) -> Pairs:
    """Judge every pair of operations."""
    first, launched = _counted(matrix)
    swapped = np.minimum(first, first.T)
    both = first + first.T
    level = np.zeros(first.shape, np.int64)
    reads = np.array([one.reads is True for one in matrix.operations], np.bool_)
    reading = reads[:, None] & reads[None, :]
    session = _one_session(matrix)
    turned = (swapped >= _SEEN) & (swapped >= _SWAPPED * both) & reading & ~session
    verdicts: dict[int, Verdict] = {}
    for a, b in np.argwhere((both > 0) & reading & ~session & ~turned).tolist():
        if a < b:
            one, other = (a, b) if first[a, b] >= first[b, a] else (b, a)
            level[a, b] = level[b, a] = _judged(matrix, one, other, verdicts)
    level[turned] = Level.SWAPPED
    level[launched >= _SEEN] = Level.OVERLAPPING
    np.fill_diagonal(level, Level.DEPENDENT)
    return Pairs(level=level, first=first, launched=launched, verdicts=verdicts)


def _counted(matrix: Matrix) -> tuple[Ints, Ints]:
    columns = matrix.row.shape[1]
    first, launched = (np.zeros((columns, columns), np.int64) for _ in range(2))
    start, end = matrix.start, matrix.end
    here = matrix.present & matrix.usable[:, None]
    for a in range(columns):
        for b in range(a + 1, columns):
            both = here[:, a] & here[:, b]
            if not both.any():
                continue
            starts, ends = (start[both, a], start[both, b]), (end[both, a], end[both, b])
            at_once = overlapping(starts, ends)
            before = starts[0] <= starts[1]
            first[a, b] = np.count_nonzero(~at_once & before)
            first[b, a] = np.count_nonzero(~at_once & ~before)
            took = np.where(before, ends[0] - starts[0], ends[1] - starts[1])
            early = np.abs(starts[1] - starts[0]) <= _EARLY * took
            launched[a, b] = launched[b, a] = np.count_nonzero(at_once & early)
    return first, launched


def _one_session(matrix: Matrix) -> Flags:
    """Return pairs of statements that have to be sent over one connection."""
    statement = np.array([one.kind in {"db", "internal"} for one in matrix.operations], np.bool_)
    found: Flags = statement[:, None] & statement[None, :] & matrix.one_session
    return found


def _judged(matrix: Matrix, a: int, b: int, verdicts: dict[int, Verdict]) -> Level:
    """Judge a pair of reads of which ``a`` always comes first."""
    if _decides(matrix.operations[a], matrix.operations[b]) or not _always_both(matrix, a, b):
        return Level.DEPENDENT
    if _computes(matrix, a, b):
        return Level.DEPENDENT
    if b not in verdicts:
        verdicts[b] = inputs(matrix, b)
    known, hidden, _ = verdicts[b]
    if not known:
        return Level.POSSIBLE if hidden else Level.DEPENDENT
    both = np.count_nonzero(matrix.present[:, a] & matrix.present[:, b] & matrix.usable)
    return Level.LIKELY if both >= ENOUGH else Level.POSSIBLE


def _decides(a: Operation, b: Operation) -> bool:
    """Say whether the answer of ``a`` may decide on ``b`` without a value being passed on.

    What is in the cache need not be fetched.
    """
    return a.guards or b.guards or (a.kind == "cache" and b.kind != "cache")


def _always_both(matrix: Matrix, a: int, b: int) -> bool:
    """Say whether neither comes without the other: it would hang on a condition."""
    here = matrix.present[matrix.usable]
    both = np.count_nonzero(here[:, a] & here[:, b])
    return bool(both >= _ALWAYS * max(here[:, a].sum(), here[:, b].sum()))


def _computes(matrix: Matrix, a: int, b: int) -> bool:
    """Say whether the service works by itself right before ``b``, in the median."""
    both = matrix.present[:, a] & matrix.present[:, b] & matrix.usable
    gap = np.median(matrix.gap[both, b])
    shorter = np.minimum(matrix.length[both, a], matrix.length[both, b])
    return bool(gap > max(_GAP_NS, _GAP_SHARE * np.median(shorter)))
