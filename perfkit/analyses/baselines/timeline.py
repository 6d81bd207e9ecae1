"""Requests over time: how many began in each period, how long they took, of which route.

A period is one of a ladder of round steps of which each divides the next, so that parts with
other steps add up. Durations are counted in buckets of 32 to a doubling, as HdrHistogram has
them (the leading bits of a float are its bucket): a value read back is within 1.6 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.analyses.groups import pieces, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.rows import Rows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["BUCKETS", "PERIODS", "Timeline", "edges_ms"]

#: Periods at most: a heat map has room for as many columns.
PERIODS = 120
_S = 1_000_000_000
_DAY = 86_400 * _S
#: ... 0.1 s to 12 h, then days, doubled as often as it takes.
STEPS = (
    *(_S // 10, _S // 2, _S, 5 * _S, 10 * _S, 30 * _S),
    *(60 * _S, 300 * _S, 600 * _S, 1800 * _S, 3600 * _S, 10_800 * _S, 21_600 * _S, 43_200 * _S),
    *(_DAY * 2**n for n in range(12)),
)
_WIDTH = PERIODS + 1
_SHIFT = 47  # of the 52 bits behind the leading one, five are kept
#: Buckets to a doubling of the duration.
BUCKETS = 1 << (52 - _SHIFT)
_SMALLEST, _LARGEST = 2.0**-10, 2.0**26  # a microsecond, 18 hours
_LEVELS = int(math.log2(_LARGEST / _SMALLEST)) * BUCKETS + 2  # and that of unknown durations
_BASE = int(np.float64(_SMALLEST).view(np.int64)) >> _SHIFT


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Cells of requests that began in a period: whose (``place``), how long, how many.

    ``place`` numbers some groups, ``period`` periods of ``step_ns`` since 1970; ``bucket`` is
    -1 for requests whose duration is not known.
    """

    step_ns: int
    place: Ints
    period: Ints
    bucket: Ints
    requests: Floats

    @classmethod
    def of(
        cls, found: Rows, place: NDArray[np.integer] | None = None, *, periods: int = PERIODS
    ) -> Timeline:
        """Count rows in at most so many periods.

        ``place`` numbers what each belongs to (from 0, few); None: all are 0.
        """
        ns, ms, weight = found.ns, found.ms, found.weight
        dated = ns != UNKNOWN_TIME
        if not dated.all():
            ns, ms = ns[dated], ms[dated]
            weight = None if weight is None else weight[dated]
            place = None if place is None else place[dated]
        if not len(ns):
            return cls.nothing()
        start, end = int(ns.min()), int(ns.max())
        step = _step(start, end, periods)
        first = start // step
        key = np.empty(len(ns), np.int64)
        for part in pieces(len(key)):
            np.floor_divide(ns[part], step, out=key[part])
            key[part] -= first
            if place is not None:
                key[part] += place[part].astype(np.int64) * _WIDTH
            key[part] *= _LEVELS
            key[part] += _buckets(ms[part]) + 1
        return cls._summed(step, first, key, weight)

    @classmethod
    def nothing(cls) -> Timeline:
        """Return a timeline without requests."""
        return cls._summed(STEPS[0], 0, np.zeros(0, np.int64), np.zeros(0))

    @classmethod
    def merged(cls, parts: Sequence[Timeline]) -> Timeline:
        """Add timelines up; periods become as long as the whole needs."""
        filled = [part for part in parts if len(part.period)]
        if not filled:
            return cls.nothing()
        first = min(int(part.period.min()) * part.step_ns for part in filled)
        last = max((int(part.period.max()) + 1) * part.step_ns - 1 for part in filled)
        step = max(_step(first, last), *(part.step_ns for part in filled))
        first //= step
        keys = [part.keys(step, first) for part in filled]
        requests = np.concatenate([part.requests for part in filled])
        return cls._summed(step, first, np.concatenate(keys), requests)

    def only(self, place: int | None) -> Timeline:
        """Return the cells of one place, as place 0; None: those of all together."""
        mine = np.ones(len(self.place), np.bool_) if place is None else self.place == place
        first = int(self.period.min()) if len(self.period) else 0
        key = (self.period - first) * _LEVELS + self.bucket + 1
        return self._summed(self.step_ns, first, key[mine], self.requests[mine])

    def keys(self, step_ns: int, first: int) -> Ints:
        """Return one number per cell: place, period (of longer steps, from ``first``), bucket."""
        period = self.period // (step_ns // self.step_ns) - first
        return (self.place * _WIDTH + period) * _LEVELS + self.bucket + 1

    @classmethod
    def _summed(cls, step: int, first: int, key: Ints, requests: Floats | None) -> Timeline:
        """Add up what agrees in ``key``: place, period from ``first``, bucket from -1."""
        size = int(key.max(initial=-1)) + 1
        cell, count = summed(key, size, requests)
        at = cell // _LEVELS
        return cls(
            step_ns=step,
            place=at // _WIDTH,
            period=at % _WIDTH + first,
            bucket=cell % _LEVELS - 1,
            requests=count,
        )


def edges_ms(bucket: Ints) -> tuple[Floats, Floats]:
    """Return the lower and the upper bound of buckets, in milliseconds."""
    low = ((bucket + _BASE) << _SHIFT).view(np.float64)
    return low, ((bucket + _BASE + 1) << _SHIFT).view(np.float64)


def _step(first: int, last: int, periods: int = PERIODS) -> int:
    found: int = next(step for step in STEPS if last // step - first // step < periods)
    return found


def _buckets(ms: Floats) -> Ints:
    """Return the bucket of every duration: the leading bits of the float; -1 for unknown."""
    within = np.clip(ms, _SMALLEST, _LARGEST)
    bits = within.view(np.int64)
    bits >>= _SHIFT
    bits -= _BASE
    if np.isnan(ms).any():
        bits[np.isnan(ms)] = -1
    return bits
