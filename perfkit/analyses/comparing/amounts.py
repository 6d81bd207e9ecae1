"""How much of everything there is: counts, total time, rates and failures of every key."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.statistics.autocorrelation import autocorrelation_time
from perfkit.statistics.proportions import difference_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.comparing.observed import Observed, Side

    Floats = NDArray[np.float64]

__all__ = ["Amounts", "Share", "amounts", "shares"]


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Numbers per key of one side; sampled rows count as often as they stand for."""

    rows: NDArray[np.int64]
    calls: Floats
    total_ms: Floats
    seconds: float  # of the whole side, NaN if unknown
    served: float | None  # requests of the whole side

    @cached_property
    def rate_per_s(self) -> Floats:
        """Calls per second."""
        return self.calls / self.seconds

    @cached_property
    def per_request(self) -> Floats:
        """Calls per request; NaN where nothing tells of requests."""
        return self.calls / self.served if self.served else np.full(len(self.calls), np.nan)

    @cached_property
    def share(self) -> Floats:
        """Share of the total time."""
        whole = self.total_ms.sum()
        return self.total_ms / whole if whole else np.full(len(self.calls), np.nan)


def amounts(side: Side, keys: int) -> Amounts:
    """Add up one side."""

    def added(values: Any) -> Floats:
        return np.bincount(side.code, weights=values, minlength=keys).astype(np.float64)

    return Amounts(
        rows=np.bincount(side.code, minlength=keys),
        calls=added(side.weight),
        total_ms=added(np.nan_to_num(side.ms) * side.weight),
        seconds=side.seconds,
        served=None if side.served_ns is None else float(len(side.served_ns)),
    )


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of some rows, before and after, and the interval of the difference.

    A share is NaN where nothing is known; where nothing was hit the interval is infinite.
    """

    before: float
    after: float
    hits: tuple[int, int]
    low: float
    high: float

    @property
    def rose(self) -> bool:
        """Whether it is surely larger after."""
        return self.low > 0

    @property
    def fell(self) -> bool:
        """Whether it is surely smaller after."""
        return self.high < 0


def shares(observed: Observed, which: str, z: float) -> list[Share]:
    """Return the share of rows that are ``which`` ("failed", "refused"), of every key.

    Failures come in bursts: counts are divided by their autocorrelation time.

    Args:
        observed: both sides.
        which: a flag of :class:`perfkit.analyses.comparing.observed.Side`.
        z: the normal quantile of the interval.
    """
    keys = len(observed.labels)
    flags = [getattr(side, which) & side.judged for side in observed.sides]
    hits = [_per_key(side, of, keys) for side, of in zip(observed.sides, flags, strict=True)]
    counts = [_per_key(side, side.judged, keys) for side in observed.sides]
    rows = [side.by_key(keys) for side in observed.sides] if any(map(np.any, flags)) else []
    found = []
    for key in range(keys):
        seen = (int(hits[0][key]), int(hits[1][key]))
        of = (int(counts[0][key]), int(counts[1][key]))
        tau = 1.0
        if any(seen):
            series = zip(observed.sides, flags, (mine[key] for mine in rows), strict=True)
            tau = autocorrelation_time(*(flag[at][side.judged[at]] for side, flag, at in series))
        found.append(_share(seen, of, tau, z))
    return found


def _per_key(side: Side, chosen: NDArray[np.bool_], keys: int) -> NDArray[np.int64]:
    return np.bincount(side.code[chosen], minlength=keys)


def _share(hits: tuple[int, int], counts: tuple[int, int], tau: float, z: float) -> Share:
    before, after = (hit / of if of else math.nan for hit, of in zip(hits, counts, strict=True))
    low, high = -math.inf, math.inf
    if any(hits):
        low, high = difference_interval(
            hits[0] / tau, counts[0] / tau, hits[1] / tau, counts[1] / tau, z=z
        )
    return Share(before=before, after=after, hits=hits, low=low, high=high)
