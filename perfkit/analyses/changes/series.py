"""The requests of one route in order of time, in bins, with the times of day they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["DAY", "FEWEST", "FEWEST_BINS", "Series", "above", "binned", "quantile_by"]

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
#: Two sides of 50 requests: below, not even a doubled median is certain with dependent requests.
FEWEST = 100
FEWEST_BINS = 16
#: More bins see shorter episodes and cost more: a day in steps of 10 minutes, a week in hours.
_MOST_BINS, _BIN_HOLDS = 200, 6
_WIDTHS = tuple(
    round(seconds * SECOND)
    for seconds in (
        *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
        *(60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200),
        *(86_400 * days for days in (1, 2, 7, 14, 28, 56, 112, 224, 448, 896)),
    )
)
_THURSDAY, _SATURDAY = 3, 5  # 1 January 1970 was a Thursday; Monday is 0
_FLOOR_MS = 0.001  # a duration of 0 was rounded; a microsecond has a logarithm


@dataclass(frozen=True, eq=False, kw_only=True)
class Series:
    """Requests in order of time.

    Attributes:
        times: start of each request, ns since 1970, ascending.
        logs: logarithm of its duration in ms.
        first: index of the first request of each bin; bins without requests do not exist.
        bins: bin of each request.
        slots: number of each bin's time of day (weekends apart, from a week on); all 0 where
            less than two days were recorded, or bins are as long as a day.
        width: length of a bin in ns.
    """

    times: Ints
    logs: Floats
    first: Ints
    bins: Ints
    slots: Ints
    width: int

    @property
    def counts(self) -> Ints:
        """Requests in each bin."""
        return np.asarray(np.diff(np.append(self.first, len(self.times))))

    @property
    def seasonal(self) -> bool:
        """Say whether times of day are compared with themselves."""
        return bool(self.slots.max() > 0)

    @property
    def span(self) -> int:
        """Time from the first to the last request in ns."""
        return int(self.times[-1] - self.times[0])

    @property
    def middles(self) -> Floats:
        """The middle of each bin's requests in time, in bins since the first request."""
        low, high = self.times[self.first], self.times[np.append(self.first[1:], 0) - 1]
        return np.asarray(((low - self.times[0]) / 2 + (high - self.times[0]) / 2) / self.width)


def binned(times: Ints, durations: Floats, offset: int = 0) -> Series | None:
    """Return the series of durations (ms) with ascending ``times`` (ns), or None: too few.

    ``offset`` is what the clock on the wall is ahead of UTC, in ns.
    """
    if len(times) < FEWEST or times[-1] == times[0]:
        return None
    target = min(len(times) // _BIN_HOLDS, _MOST_BINS)
    local = times + offset
    span = int(times[-1] - times[0])
    for width in (w for w in _WIDTHS if w * target * 8 > span):
        number = local // width
        first = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1))
        if len(first) <= target:
            break
    slots = _slots(number[first], width, span)
    if len(first) < FEWEST_BINS:  # they came in bursts: bins of equal numbers instead
        first = np.unique(np.searchsorted(times, times[:: -(-len(times) // target)]))
        slots, width = np.zeros(len(first), np.int64), max(span // target, 1)
    if len(first) < FEWEST_BINS:
        return None
    bins = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(times))))
    logs = np.log(np.maximum(durations, _FLOOR_MS))
    return Series(times=times, logs=logs, first=first, bins=bins, slots=slots, width=width)


def _slots(number: Ints, width: int, span: int) -> Ints:
    """Return the time of day of each bin as a number from 0; see :class:`Series`."""
    if span < 2 * DAY - width or width >= DAY:
        return np.zeros(len(number), np.int64)
    per_day = DAY // width
    slot = number % per_day
    if span >= 7 * DAY - width:
        weekday = (number // per_day + _THURSDAY) % 7
        slot = slot + per_day * (weekday >= _SATURDAY)
    return np.unique(slot, return_inverse=True)[1].astype(np.int64)


def quantile_by(values: Floats, codes: Ints, q: float) -> Floats:
    """Return the ``q`` quantile (a sample) of the values of each code; every code occurs."""
    if codes[0] == codes[-1] == 0 and not codes.any():
        place = int(q * (len(values) - 1))
        return np.array([np.partition(values, place)[place]], np.float64)
    order = np.argsort(values)
    order = order[np.argsort(codes[order].astype(np.uint16), kind="stable")]  # in linear time
    counts = np.bincount(codes)
    start = np.cumsum(counts) - counts
    return np.asarray(values[order][start + (q * (counts - 1)).astype(np.int64)])


def above(series: Series, values: Floats, q: float) -> Floats:
    """Count in each bin the values above the ``q`` quantile of their time of day.

    Equal values, such as whole milliseconds, count as above where that comes nearer to 1 - q.
    """
    slots = series.slots[series.bins] if series.seasonal else np.zeros(len(values), np.int64)
    reference = quantile_by(values, slots, q)
    reference = reference[slots] if series.seasonal else reference[0]
    over, least = values > reference, values >= reference
    nearer = abs(over.mean() - (1 - q)) <= abs(least.mean() - (1 - q))
    return np.bincount(series.bins, over if nearer else least).astype(np.float64)
