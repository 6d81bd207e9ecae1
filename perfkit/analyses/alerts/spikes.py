"""Spikes that come back at equal distances.

A *spike* is a bin with more slow requests (three times their route's median) than the bins
around it let expect. Spikes are periodic if nearly every cycle of a period has one at the
same phase: with spikes at random a cycle has one there with a probability that is counted, and
the binomial distribution says how unlikely as many hits are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.alerts import intervals, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["Period", "found", "onsets"]

#: Slow requests in a bin that can be a spike, its deviations, and its ratio to the expected.
_FEWEST = 3
_DEVIATIONS = 5.0
_RATIO = 4.0
#: Bins that tell what is expected around one.
_AROUND = 121
#: Bins between spikes that belong together.
_BRIDGE = 2
#: Cycles that must be seen, share of them that must have a spike, and of spikes in the rhythm.
_CYCLES = 5
_COVERED = 0.7
_EXPLAINED = 0.6
#: Phases that count as the same: this share of a cycle.
_PHASE = 0.05
_CHANCE = 1e-4
#: Periods of schedulers and of caches, in s.
_SECONDS = (10, 15, 20, 30)
_MINUTES = (1, 2, 5, 10, 15, 20, 30)
_HOURS = (1, 2, 3, 6, 12, 24)
_NAMED_S = [*_SECONDS, *(60 * m for m in _MINUTES), *(3600 * h for h in _HOURS)]


@dataclass(frozen=True)
class Period:
    """Spikes every ``length`` bins, from bin ``phase`` on; ``places``: the bins of them."""

    length: float
    phase: float
    hits: int
    cycles: int
    chance: float
    places: Ints


def onsets(count: Floats, slow: Floats) -> Ints:
    """Return the bins in which spikes begin.

    Args:
        count: requests per bin.
        slow: slow requests per bin.
    """
    share = np.divide(slow, count, out=np.full(len(count), np.nan), where=count > 0)
    mean = _around(slow) / np.maximum(_around(count), 1.0)
    # a few full bins raise the mean of all around: the median is below, where it is not 0
    typical = series.rolling_median(share, _AROUND)
    expected = count * np.maximum(np.nan_to_num(typical), mean / _RATIO)
    high = (slow - expected) >= _DEVIATIONS * np.sqrt(expected + 1)
    spiky = high & (slow >= _FEWEST) & (slow >= _RATIO * expected)
    return np.array([low for low, _ in series.runs(spiky, 1, _BRIDGE)], np.int64)


def _around(values: Floats) -> Floats:
    half = _AROUND // 2
    return np.convolve(values, np.ones(_AROUND))[half : half + len(values)]


def found(starts: Ints, size: int, seconds: float) -> Period | None:
    """Return the period of the spikes that begin at ``starts``, among ``size`` bins.

    ``seconds`` is the length of a bin. None where there are fewer than five cycles, or none
    that chance would not produce.
    """
    if len(starts) < _CYCLES:
        return None
    tried = _candidates(starts, size, seconds)
    judged = [_judge(starts, size, length, len(tried)) for length in tried]
    periodic = [one for one in judged if one is not None]
    # half a period explains the spikes as well but leaves every other cycle empty
    return max(periodic, key=_fit, default=None)


def _fit(one: Period) -> tuple[float, float]:
    return (round(one.hits / one.cycles * len(one.places), 3), -one.length)


def _candidates(starts: Ints, size: int, seconds: float) -> Sequence[float]:
    """Return periods to try, in bins: usual ones, and that of the median gap."""
    named = [s / seconds for s in _NAMED_S]
    gap = float(np.median(np.diff(starts)))
    cycles = np.round((starts - starts[0]) / max(gap, 1.0))
    own = float(np.polyfit(cycles, starts, 1)[0]) if len(set(cycles.tolist())) > 1 else gap
    return [p for p in (*named, own) if p >= 3 and size / p >= _CYCLES]  # noqa: PLR2004 - bins resolve it


def _judge(starts: Ints, size: int, length: float, tried: int) -> Period | None:
    width = max(1.0, _PHASE * length)
    phase = _best_phase(starts, length, width)
    cycle = np.floor((starts - phase) / length).astype(np.int64)
    near = (starts - phase) - cycle * length < width
    cycles = int((size - phase) // length)
    hits = len(np.unique(cycle[near]))
    if cycles < _CYCLES or hits < _COVERED * cycles or near.mean() < _EXPLAINED:
        return None
    chance = 1 - (1 - len(starts) / size) ** width
    phases = length / width
    bound = intervals.binomial_bound(min(hits, cycles), cycles, chance) * phases * tried
    if bound > _CHANCE:
        return None
    return Period(length, phase, min(hits, cycles), cycles, bound, starts[near])


def _best_phase(starts: Ints, length: float, width: float) -> float:
    """Return where a window of ``width`` holds most spikes of the folded time."""
    folded = np.sort(starts % length)
    twice = np.concatenate((folded, folded + length))
    held = np.searchsorted(twice, folded + width, side="left") - np.arange(len(folded))
    best = int(np.argmax(held))
    return float(folded[best] - length if folded[best] + width > length else folded[best])
