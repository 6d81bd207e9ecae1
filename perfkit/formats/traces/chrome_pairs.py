"""Events that begin and events that end -> how long each that began took.

On a lane the last that began ends first. An end that names something else than the last that
began ends the last of its name and category; an end without a name ends any. What began within
it and never ended is over then as well, as Perfetto has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfkit.formats.traces.chrome_nesting import in_order
from perfkit.formats.traces.chrome_times import UNKNOWN

if TYPE_CHECKING:
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["Marks", "Pairs", "pairs"]

#: An end looks no deeper for what it ends.
_DEEPEST = 64


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Begins and ends in the order of the file, one value each.

    ``name`` and ``cat`` are numbers of texts, -1: none.
    """

    begins: Any
    lane: Ints
    time: Ints
    name: Ints
    cat: Ints


class Pairs(NamedTuple):
    """By mark: the number of the end of a begin (-1: it never ended), and when it is over.

    ``over`` is :data:`.chrome_times.UNKNOWN` for what was not over when the trace ended; of ends
    both say nothing.
    """

    end: Ints
    over: Ints


def pairs(marks: Marks) -> Pairs:
    """Pair begins with ends."""
    count = len(marks.lane)
    result = Pairs(np.full(count, -1, np.int64), np.full(count, UNKNOWN, np.int64))
    order = in_order(marks.lane, marks.time, np.zeros(count, np.int64))
    lane = marks.lane[order]
    begin, end = _alternating(marks.begins[order], lane)
    begin, end = order[begin], order[end]
    fit = _fit(marks, begin, end)
    crossed = np.unique(marks.lane[begin[~fit]])
    plain = ~np.isin(marks.lane[begin], crossed) if len(crossed) else fit
    result.end[begin[plain]] = end[plain]
    result.over[begin[plain]] = marks.time[end[plain]]
    firsts, lasts = (np.searchsorted(lane, crossed, side) for side in ("left", "right"))
    for first, last in zip(firsts, lasts, strict=True):
        _one_by_one(marks, order[first:last], result)
    return result


def _alternating(begins: Any, lane: Ints) -> tuple[Ints, Ints]:
    """Return begins and the ends on their level, which are the next there, on each lane."""
    level = np.cumsum(np.where(begins, 1, -1)) + ~begins  # that of a begin is that of its end
    order = in_order(lane, level, np.zeros(len(lane), np.int64))
    this, following = order[:-1], order[1:]
    met = begins[this] & ~begins[following]
    met &= (lane[this] == lane[following]) & (level[this] == level[following])
    return this[met], following[met]


def _fit(marks: Marks, begin: Ints, end: Ints) -> Any:
    """Say whether names and categories of the ends are those of the begins, or none."""
    fits = np.ones(len(begin), np.bool_)
    for number in (marks.name, marks.cat):
        fits &= (number[end] < 0) | (number[begin] < 0) | (number[end] == number[begin])
    return fits


def _one_by_one(marks: Marks, rows: Ints, result: Pairs) -> None:
    """Pair the marks of one lane, in order of time."""
    lane = _Lane()
    told = zip(
        marks.begins[rows].tolist(),
        marks.time[rows].tolist(),
        zip(marks.name[rows].tolist(), marks.cat[rows].tolist(), strict=True),
        strict=True,
    )
    for row, (begins, time, what) in zip(rows.tolist(), told, strict=True):
        lane.pass_to(time)
        if begins:
            lane.running.append((row, what))
            continue
        begun = lane.ended(what, time)
        if begun >= 0:
            result.end[begun] = row
            result.over[begun] = time
    for row, time in lane.over.items():
        result.over[row] = time if result.end[row] < 0 else result.over[row]


class _Lane:
    """What is running on a lane, the last begun last."""

    def __init__(self) -> None:
        self.running: list[tuple[int, tuple[int, int]]] = []
        self.over: dict[int, int] = {}  # within what has ended, but not ended itself
        self._stale = 0
        self._time = 0

    def pass_to(self, time: int) -> None:
        """Forget what must have ended before ``time``."""
        if self._stale and time > self._time:
            self.running = [one for one in self.running if one[0] not in self.over]
            self._stale = 0

    def ended(self, what: tuple[int, int], time: int) -> int:
        """Return the begin that ends now, -1: none."""
        for depth, (row, begun) in enumerate(reversed(self.running[-_DEEPEST:]), start=1):
            if _is_same(what, begun):
                within = self.running[len(self.running) - depth + 1 :]
                self.over.update((inner, time) for inner, _ in within)
                self._stale, self._time = self._stale + len(within), time
                del self.running[-depth]
                return row
        return -1


def _is_same(end: tuple[int, int], begin: tuple[int, int]) -> bool:
    return all(e < 0 or b < 0 or e == b for e, b in zip(end, begin, strict=True))
