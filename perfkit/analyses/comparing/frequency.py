"""Is something called more often than before? Calls per request, not per second.

Calls come in bursts (forty statements of one request), so they are counted in stretches of time,
and stretches are compared: the ratio estimator of Cochran, Sampling Techniques, 3rd ed.,
section 6.4. Where nothing tells of requests, the usual change of all keys stands for that of the
traffic: the median of their ratios, as DESeq has it (Anders and Huber, Genome Biology 11 (2010)
R106).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.comparing.observed import UNKNOWN_NS
from perfkit.statistics.multiple import holm
from perfkit.statistics.student import two_sided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.comparing.observed import Observed, Side

    Floats = NDArray[np.float64]

__all__ = ["LESS", "MORE", "SAME", "Frequency", "frequencies"]

MORE, LESS, SAME = "more frequent", "less frequent", "as frequent"
#: A cache that warms, a page that is opened a little more often: less is no news.
LEAST_RATIO = 1.25
_ALPHA = 0.05
_STRETCHES = 20
_FEWEST_CALLS = 6
_FEWEST_KEYS = 5  # whose median stands for the traffic


@dataclass(frozen=True, kw_only=True)
class Frequency:
    """How often one key is called: ``ratio`` after to before, traffic taken off; NaN unknown."""

    ratio: float
    p_value: float
    word: str | None


_UNKNOWN = Frequency(ratio=math.nan, p_value=math.nan, word=None)


def frequencies(observed: Observed) -> list[Frequency]:
    """Compare how often every key is called; of routes that is the traffic."""
    keys = len(observed.labels)
    if observed.by == "route":
        return [_UNKNOWN] * keys
    told = all(side.served_ns is not None for side in observed.sides)
    before, after = (_rates(side, keys, per_request=told) for side in observed.sides)
    if before is None or after is None:
        return [_UNKNOWN] * keys
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(after.mean) - np.log(before.mean)
    shared = np.isfinite(logs)
    if not told:
        logs -= np.median(logs[shared]) if shared.sum() >= _FEWEST_KEYS else np.nan
    enough = np.maximum(before.calls, after.calls) >= _FEWEST_CALLS
    p_values = [
        _p_value(logs[key], before, after, key) if shared[key] and enough[key] else math.nan
        for key in range(keys)
    ]
    adjusted = holm(p_values)
    return [
        Frequency(ratio=math.exp(log), p_value=p, word=_word(log, p))
        for log, p in zip(logs.tolist(), adjusted.tolist(), strict=True)
    ]


def _word(log: float, p_value: float) -> str | None:
    if math.isnan(log) or math.isnan(p_value):
        return None
    if p_value >= _ALPHA or abs(log) < math.log(LEAST_RATIO):
        return SAME
    return MORE if log > 0 else LESS


@dataclass(frozen=True, kw_only=True)
class _Rates:
    """Calls per request (or second) of every key: the mean and its relative variance."""

    calls: Floats
    mean: Floats
    variance: Floats
    stretches: int


def _p_value(log: float, before: _Rates, after: _Rates, key: int) -> float:
    parts = [float(side.variance[key]) for side in (before, after)]
    freedom = before.stretches + after.stretches - 2
    error = math.sqrt(sum(parts))
    return two_sided(log / error, freedom) if error else float(log == 0)


def _rates(side: Side, keys: int, *, per_request: bool) -> _Rates | None:
    """Count the calls of each stretch of time; None where times are not known."""
    timed = side.ns != UNKNOWN_NS
    if not timed.any():
        return None
    calls, units = _counted(side, timed, keys, per_request=per_request)
    used = units > 0
    calls, units = calls[:, used], units[used]
    count = int(used.sum())
    if count < 2:  # noqa: PLR2004 - a spread needs two
        return None
    mean = calls.sum(axis=1) / units.sum()
    residual = (calls - mean[:, None] * units) / units.mean()
    error = (residual**2).sum(axis=1) / (count * (count - 1))
    relative = np.divide(error, mean**2, out=np.full(keys, np.nan), where=mean > 0)
    return _Rates(calls=calls.sum(axis=1), mean=mean, variance=relative, stretches=count)


def _counted(
    side: Side, timed: NDArray[np.bool_], keys: int, *, per_request: bool
) -> tuple[Floats, Floats]:
    """Return calls, shape (keys, stretches), and what each stretch has: requests, or seconds."""
    each = max(2, _STRETCHES // side.runs)
    calls = np.zeros((keys, side.runs * each))
    units = np.zeros(side.runs * each)
    for run in range(side.runs):
        mine = timed & (side.run == run)
        edges, amount = _stretches(side, mine, run, each, per_request=per_request)
        if not len(amount):
            continue
        at: Any = np.clip(np.searchsorted(edges, side.ns[mine], "right") - 1, 0, each - 1)
        np.add.at(calls, (side.code[mine], run * each + at), side.weight[mine])
        units[run * each : run * each + len(amount)] = amount
    return calls, units


def _stretches(
    side: Side, mine: NDArray[np.bool_], run: int, each: int, *, per_request: bool
) -> tuple[Floats, Sequence[float] | Floats]:
    """Return the edges of the stretches of one run, and how much of the unit each has."""
    times = side.ns[mine]
    if per_request and side.served_ns is not None:
        times = side.served_ns[(side.served_run == run) & (side.served_ns != UNKNOWN_NS)]
    if not len(times):
        return np.empty(0), []
    edges = np.linspace(float(times.min()), float(times.max()), each + 1)
    if not per_request:
        return edges, np.diff(edges) / 1e9
    return edges, np.histogram(times, edges)[0].astype(np.float64)
