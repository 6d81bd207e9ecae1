"""Requests added up by bin: begun, failed, ended, and how many were under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.rows import Flags, Floats, Ints, Rows

__all__ = ["Sums"]

_MS = 1e6
_LONGEST_MS = 2.0**60 / _MS  # 36 years; what takes longer is under way until the end


class Sums:
    """Sums of every bin; the first place is before the grid, the last one behind it.

    ``count``, ``unknown`` (whether they failed), ``failed``: requests that began; ``completed``:
    requests that ended.
    """

    def __init__(self, grid: Grid) -> None:
        """Begin with nothing."""
        self._grid = grid
        sums = np.zeros((6, grid.size + 2))
        self.count, self.unknown, self.failed, self.completed, self._partly, self._wholly = sums

    def add(self, rows: Rows, part: slice) -> Ints:
        """Add requests; return the bin in which each began (:meth:`Grid.cells`)."""
        start, known, failed = rows.start[part], rows.known[part], rows.failed[part]
        lasted = _nanoseconds(rows.duration_ms[part], rows.measured[part])
        begun = self._grid.cells(start)
        ended = np.maximum(begun, self._grid.cells(start + lasted))  # an unknown start: no time
        count = self._in(begun)
        self.count += count
        self.completed += count
        if not known.all():
            self.unknown += self._in(begun[~known])
        if failed.any():
            self.failed += self._in(begun[failed])
        over = begun != ended
        self._partly += self._in(begun, np.where(over, 0, lasted))
        self._add_over(start[over], lasted[over], begun[over], ended[over])
        return begun

    @property
    def in_flight(self) -> Floats:
        """How many requests were under way on average in every bin of the grid."""
        found = np.cumsum(self._wholly) + self._partly / self._grid.width
        return np.asarray(found[1:-1], np.float64)

    def _add_over(self, start: Ints, lasted: Ints, begun: Ints, ended: Ints) -> None:
        """Add requests that ended in another bin than they began in."""
        edge = self._grid.start + begun * self._grid.width  # of the next bin
        last = self._grid.start + (ended - 1) * self._grid.width
        arrived, left = self._in(begun), self._in(ended)
        self.completed += left - arrived
        self._partly += self._in(begun, edge - start) + self._in(ended, start + lasted - last)
        self._wholly[1:] += arrived[:-1]
        self._wholly -= left

    def _in(self, cells: Ints, weights: Ints | None = None) -> Floats:
        found = np.bincount(cells, weights, minlength=self._grid.size + 2)
        return found.astype(np.float64)


def _nanoseconds(duration_ms: Floats, measured: Flags) -> Ints:
    """Return durations in ns; 0 for what is not known."""
    known = duration_ms if measured.all() else np.where(measured, duration_ms, 0.0)
    return (np.minimum(known, _LONGEST_MS) * _MS).astype(np.int64)
