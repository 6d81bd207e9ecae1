"""How many statements ran at once, from when each began and how long it took.

The mean number running is the busy time per time (Little's law: Operations Research 9(3),
1961). It follows from sums per minute alone: how much of the minute was left when each
statement began, and when each ended. So it adds up over parts of a log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses.digests.columns import MINUTE, UNKNOWN_TIME, distinct
from perfkit.analyses.digests.intervals import intervals, stops
from perfkit.sketch import sums_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions, Piece

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Running"]

_MINUTE_MS = 60_000.0
_PIECE = 1 << 19
_LONGEST = 100_000  # minutes (two months) that are told one by one, with those in between
_FIELDS = ("calls", "total_ms", "errors", "began", "began_left", "ended", "ended_left")


@dataclass(frozen=True, kw_only=True)
class Running:
    """Sums per minute since 1970, and the most statements that ran at once in each minute.

    Merged from parts, ``most`` is that of a single part: a lower bound.
    """

    minute: Ints
    sums: Sequence[Floats]
    most: Floats

    @classmethod
    def of(cls, rows: Executions, failed: NDArray[np.bool_]) -> Running:
        """Count when executions began and ended; those without a time are left out."""
        parts, at = [], 0
        for piece in rows.pieces():
            parts += _of_piece(piece, failed[at : at + len(piece.code)])
            at += len(piece.code)
        return _added([*parts, *_most(rows)])

    @classmethod
    def merged(cls, parts: Sequence[Running]) -> Running:
        """Add parts up."""
        return _added(parts)

    def table(self) -> pa.Table:
        """Return ``minute, calls, total_ms, errors, load, running_max``, one row per minute.

        ``load`` is the mean number running: busy milliseconds per millisecond.
        """
        if not len(self.minute):
            return _table(self.minute, [np.zeros(0)] * 3, np.zeros(0), np.zeros(0))
        minute, place = self._span()
        spread = [np.zeros(len(minute)) for _ in self.sums]
        for target, values in zip(spread, self.sums, strict=True):
            target[place] = values
        most = np.zeros(len(minute))
        most[place] = self.most
        calls, total, errors, began, began_left, ended, ended_left = spread
        before = np.cumsum(began - ended) - (began - ended)
        load = before + (began_left - ended_left) / _MINUTE_MS
        load = np.where(np.abs(load) < 1e-9, 0.0, load)  # noqa: PLR2004 - rounding of sums
        most = np.where(most > 0, most, np.round(before))  # nothing began or ended: all go on
        return _table(minute, [calls, total, errors], load, most)

    def _span(self) -> tuple[Ints, Ints]:
        first, last = int(self.minute[0]), int(self.minute[-1])
        if last - first >= _LONGEST:
            return self.minute, np.arange(len(self.minute))
        return np.arange(first, last + 1), self.minute - first


def _table(minute: Ints, sums: Sequence[Floats], load: Floats, most: Floats) -> pa.Table:
    columns = {
        "minute": pa.array(minute * MINUTE, pa.timestamp("ns", "UTC")),
        "calls": np.round(sums[0]).astype(np.int64),
        "total_ms": sums[1],
        "errors": np.round(sums[2]).astype(np.int64),
        "load": load,
        "running_max": np.round(most).astype(np.int64),
    }
    return pa.table(columns)


def _of_piece(piece: Piece, failed: NDArray[np.bool_]) -> list[Running]:
    dated = piece.ns != UNKNOWN_TIME
    known, failed = piece.where(dated), failed[dated]
    timed = ~np.isnan(known.ms)
    minute, left = _left(known.ns)
    began = known.calls * timed
    values = (known.calls, known.total_ms, failed * known.calls, began, left * began)
    start = _moments(*_per_minute(minute, *values), 0)
    known = known.where(timed)
    minute, left = _left(stops(known.ns, known.ms))
    return [start, _moments(*_per_minute(minute, known.calls, left * known.calls), 5)]


def _left(ns: Ints) -> tuple[Ints, Floats]:
    """Return the minute of every moment, and how many milliseconds of it were left."""
    minute = ns // MINUTE
    return minute, ((minute + 1) * MINUTE - ns) / 1e6


def _per_minute(minute: Ints, *values: Floats) -> tuple[Ints, list[Floats]]:
    return sums_by(minute, np.zeros(len(minute), np.int32), *values)[::2]


def _moments(minute: Ints, sums: Sequence[Floats], first: int) -> Running:
    """Return a part that knows only some of the sums, from the field number ``first`` on."""
    every = [np.zeros(len(minute)) for _ in _FIELDS]
    every[first : first + len(sums)] = sums
    return Running(minute=minute, sums=every, most=np.zeros(len(minute)))


def _most(rows: Executions) -> list[Running]:
    """Count, at every beginning, what has begun and not ended: a peak lies at a beginning."""
    start, stop = intervals(rows)
    stop.sort()
    if (start[1:] < start[:-1]).any():
        start = np.sort(start)
    parts = [_at_minutes(start, stop)]
    for at in range(0, len(start), _PIECE):
        here = start[at : at + _PIECE]
        ended = np.searchsorted(stop, here, side="right")
        running = np.maximum(np.arange(at + 1, at + len(here) + 1) - ended, 1)
        minute = here // MINUTE
        first = np.flatnonzero(np.concatenate(([True], minute[1:] != minute[:-1])))
        most = np.maximum.reduceat(running, first).astype(np.float64)
        parts.append(replace(_moments(minute[first], [], 0), most=most))
    return parts


def _at_minutes(start: Ints, stop: Ints) -> Running:
    """Count what runs as each minute begins in which anything begins or ends; both are sorted."""
    minute = np.union1d(distinct(start // MINUTE), distinct(stop // MINUTE))
    begun = np.searchsorted(start, minute * MINUTE, side="right")
    ended = np.searchsorted(stop, minute * MINUTE, side="right")
    return replace(_moments(minute, [], 0), most=(begun - ended).astype(np.float64))


def _added(parts: Sequence[Running]) -> Running:
    minute = np.concatenate([np.zeros(0, np.int64), *(part.minute for part in parts)])
    every = [
        np.concatenate([np.zeros(0), *(part.sums[i] for part in parts)])
        for i in range(len(_FIELDS))
    ]
    present, sums = _per_minute(minute, *every)
    most = np.zeros(len(present))
    peaks = np.concatenate([np.zeros(0), *(part.most for part in parts)])
    np.maximum.at(most, np.searchsorted(present, minute), peaks)
    return Running(minute=present, sums=sums, most=most)
