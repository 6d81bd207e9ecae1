"""What changed because requests take longer, and what because others were made.

If twice as many requests go to the slow route, the mean of all rises although nothing became
slower. The change of all requests on keys of both sides is divided: the part of latency is that
of the same mix, re-weighted; the part of the mix is the rest. Each is the mean of the two ways to
take one before the other (Kitagawa, JASA 50 (1955) 1168), so that they add up and exchanging the
sides turns the signs. Keys of one side only stand apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.student import two_sided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.comparing.latency import Latency
    from perfkit.analyses.comparing.observed import Observed, Side

    Floats = NDArray[np.float64]

__all__ = ["Mix", "Part", "mix"]

_BLOCKS = 20
_MEASURES = {"mean": math.nan, "p50": 0.5, "p95": 0.95}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measure over all requests, in ms: ``after - before = latency + mix + other``.

    ``other`` is what keys of one side only add.
    """

    measure: str
    before_ms: float
    after_ms: float
    latency_ms: float
    mix_ms: float
    other_ms: float


@dataclass(frozen=True, kw_only=True)
class Mix:
    """The parts, and the shift of the same mix in natural logarithms with its interval.

    ``p_value`` is that of the change of the mean of all.
    """

    parts: tuple[Part, ...]
    same: float
    low: float
    high: float
    p_value: float
    keys: int

    @property
    def mean(self) -> Part:
        """The part of the mean."""
        return self.parts[0]

    @property
    def total(self) -> float:
        """The change of the mean of all requests, as natural logarithm."""
        if min(self.mean.before_ms, self.mean.after_ms) <= 0:
            return math.nan
        return math.log(self.mean.after_ms / self.mean.before_ms)

    def reversed(self, effect: float) -> bool:
        """Say whether Simpson's paradox occurs: all one way, every key the other.

        (Simpson, Journal of the Royal Statistical Society B 13 (1951) 238.) Both changes must
        be real and at least ``effect``.
        """
        opposite = self.same * self.total < 0
        real = self.low * self.high > 0 and self.p_value < 0.01  # noqa: PLR2004 - to be sure
        return opposite and real and min(abs(self.same), abs(self.total)) >= effect


def mix(observed: Observed, found: Sequence[Latency]) -> Mix | None:
    """Divide the change over all keys; None where fewer than two are on both sides."""
    keys = len(observed.labels)
    sides = [_Weighted.of(side) for side in observed.sides]
    per_key = [side.per_key(keys) for side in sides]
    shared = (per_key[0] > 0) & (per_key[1] > 0)
    if shared.sum() < 2:  # noqa: PLR2004 - a mix is of two
        return None
    inside = [side.where(shared[side.code]) for side in sides]
    shares = [side.per_key(keys) / side.weight.sum() for side in inside]
    scale = np.divide(shares[1], shares[0], out=np.ones(keys), where=shared)
    as_after = inside[0].times(scale)
    as_before = inside[1].times(1 / scale)
    parts = []
    for name in _MEASURES:
        old, new, old_as, new_as = (
            one.measure(name) for one in (inside[0], inside[1], as_after, as_before)
        )
        before, after = (side.measure(name) for side in sides)
        parts.append(
            Part(
                measure=name,
                before_ms=before,
                after_ms=after,
                latency_ms=((new_as - old) + (new - old_as)) / 2,
                mix_ms=((new - new_as) + (old_as - old)) / 2,
                other_ms=(after - before) - (new - old),
            )
        )
    same, error = _same_mix(found, (shares[0] + shares[1]) / 2)
    return Mix(
        parts=tuple(parts),
        same=same,
        low=same - 1.96 * error,
        high=same + 1.96 * error,
        p_value=_p_value(observed.sides),
        keys=int(shared.sum()),
    )


def _same_mix(found: Sequence[Latency], share: Floats) -> tuple[float, float]:
    """Return the mean of the keys' shifts by their share of requests, and its error."""
    values = np.array([one.shift.value for one in found])
    errors = np.array([one.shift.error for one in found])
    known = ~np.isnan(errors) & (share > 0)
    weight = share[known] / share[known].sum() if known.any() else share[known]
    if not weight.size:
        return math.nan, math.nan
    return float(weight @ values[known]), math.sqrt(float(weight**2 @ errors[known] ** 2))


@dataclass(frozen=True, kw_only=True)
class _Weighted:
    """Durations by size, each with the key and the weight it has."""

    code: NDArray[np.int32]
    ms: Floats
    weight: Floats

    @classmethod
    def of(cls, side: Side) -> _Weighted:
        """Return what succeeded and has a duration."""
        good = np.flatnonzero(_good(side))
        order = good[np.argsort(side.ms[good], kind="stable")]
        return cls(code=side.code[order], ms=side.ms[order], weight=side.weight[order])

    def per_key(self, keys: int) -> Floats:
        """Return the weight of every key."""
        return np.bincount(self.code, weights=self.weight, minlength=keys).astype(np.float64)

    def where(self, chosen: NDArray[np.bool_]) -> _Weighted:
        """Return the chosen rows."""
        return _Weighted(code=self.code[chosen], ms=self.ms[chosen], weight=self.weight[chosen])

    def times(self, scale: Floats) -> _Weighted:
        """Return the same rows with another weight per key."""
        return _Weighted(code=self.code, ms=self.ms, weight=self.weight * scale[self.code])

    def measure(self, name: str) -> float:
        """Return the weighted mean or quantile; with equal weights it is NumPy's."""
        if not self.ms.size:
            return math.nan
        if name == "mean":
            return float(np.average(self.ms, weights=self.weight))
        between = (self.weight[1:] + self.weight[:-1]) / 2
        place = np.concatenate(([0.0], np.cumsum(between)))
        return float(np.interp(_MEASURES[name] * place[-1], place, self.ms))


def _good(side: Side) -> NDArray[np.bool_]:
    return ~side.failed & ~np.isnan(side.ms)


def _p_value(sides: Sequence[Side]) -> float:
    """Return the p-value of the change of the mean, by the means of twenty stretches of each."""
    timed = [side.ms[order[_good(side)[order]]] for side in sides for order in [_by_time(side)]]
    means = [
        np.array([one.mean() for one in np.array_split(ms, _BLOCKS) if one.size]) for ms in timed
    ]
    if min(map(len, means)) < 2:  # noqa: PLR2004 - a spread needs two
        return math.nan
    error = math.sqrt(sum(float(side.var(ddof=1)) / side.size for side in means))
    gap = float(means[1].mean() - means[0].mean())
    return two_sided(gap / error, sum(map(len, means)) - 2) if error else float(gap == 0)


def _by_time(side: Side) -> NDArray[np.int64]:
    order: NDArray[np.int64] = np.lexsort((side.ns, side.run))
    return order
