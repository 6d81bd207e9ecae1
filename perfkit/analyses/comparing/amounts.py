"""How much of everything there is: counts, total time, rates and failures of every key."""

from __future__ import annotations

import math
from dataclasses import dataclass
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

    @property
    def rate_per_s(self) -> Floats:
        """Calls per second."""
        return self.calls / self.seconds

    @property
    def per_request(self) -> Floats:
        """Calls per request; NaN where nothing tells of requests."""
        return self.calls / self.served if self.served else np.full(len(self.calls), np.nan)

    @property
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
    """A share of some rows, before and after, and the interval of the difference; NaN unknown."""

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
    sides = [
        [getattr(side, which)[rows][side.judged[rows]] for rows in side.by_key(keys)]
        for side in observed.sides
    ]
    return [_share(old, new, z) for old, new in zip(*sides, strict=True)]


def _share(old: NDArray[np.bool_], new: NDArray[np.bool_], z: float) -> Share:
    hits = int(old.sum()), int(new.sum())
    tau = autocorrelation_time(old, new) if any(hits) else 1.0
    low, high = difference_interval(
        hits[0] / tau, old.size / tau, hits[1] / tau, new.size / tau, z=z
    )
    before, after = (float(side.mean()) if side.size else math.nan for side in (old, new))
    return Share(before=before, after=after, hits=hits, low=low, high=high)
