"""The rows of the answer: every change of every percentile, with its levels before and after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import statistics
from perfkit.analyses.changes.course import PERCENTILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.changes.course import Boundary, Course

    Floats = NDArray[np.float64]
    Row = dict[str, Any]

__all__ = ["SCHEMA", "rows"]

_TIME = pa.timestamp("ns", "UTC")
#: Columns of the answer after the key.
SCHEMA: tuple[tuple[str, pa.DataType], ...] = (
    ("percentile", pa.string()),
    *((name, pa.float64()) for name in ("before_ms", "after_ms", "change_pct")),
    ("kind", pa.string()),
    *((name, _TIME) for name in ("at", "low_at", "high_at", "until", "until_low_at")),
    *(("until_high_at", _TIME), ("p_value", pa.float64())),
    *((name, pa.int64()) for name in ("requests_before", "requests_after")),
)
#: Less is no news (the smallest effect that comparisons call slower or faster, too).
_LEAST_PCT = 5.0
#: A percentile follows a change that the other one showed when both sides differ at this level.
_FOLLOWS = 0.001
#: An episode ends about where it began: at most so much of the jump stays.
_STAYS = 1 / 3


def rows(course: Course) -> Iterator[Row]:
    """Yield one row per change of p50 and p95, in order of time; times are ns since 1970."""
    for percentile in PERCENTILES:
        changes = [
            change
            for number in range(len(course.boundaries))
            if (change := _change(course, percentile, number)) is not None
        ]
        yield from _with_episodes(changes)
        yield from _gradual(course, percentile)


def _change(course: Course, percentile: str, number: int) -> Row | None:
    """Return the change at a boundary, or None where this percentile does not change."""
    boundary, splits, q = course.boundaries[number], course.splits, PERCENTILES[percentile]
    values = course.adjusted(percentile)
    sides = [
        values[low:high] for low, high in zip(splits[number:], splits[number + 1 :], strict=False)
    ]
    before, after = sides[:2]
    if min(len(before), len(after)) < statistics.MINIMUM_COUNT[round(100 * q)]:
        return None
    p_value = _p_value(boundary, percentile, before, after)
    low, high = (float(np.quantile(side, q)) for side in (before, after))
    pct = 100 * math.expm1(high - low)
    if p_value is None or not _noticeable(pct):
        return None
    place, times = boundary.place, course.series.times
    return {
        "percentile": percentile,
        "kind": "step",
        "at": int(times[place.at]),
        "low_at": int(times[place.low - 1]),
        "high_at": int(times[place.high]) if place.high < len(times) else int(times[-1]),
        **dict.fromkeys(("until", "until_low_at", "until_high_at")),
        "before_ms": math.exp(low),
        "after_ms": math.exp(high),
        "change_pct": pct,
        "p_value": p_value,
        "requests_before": len(before),
        "requests_after": len(after),
    }


def _noticeable(pct: float) -> bool:
    """Say whether the change is 5 % or more, counted from the smaller side."""
    return pct >= _LEAST_PCT or pct <= -100 * _LEAST_PCT / (100 + _LEAST_PCT)


def _p_value(boundary: Boundary, percentile: str, before: Floats, after: Floats) -> float | None:
    """Return the scan's own p-value, or of a follower that of both sides at this quantile."""
    if boundary.percentile == percentile:
        return boundary.p_value
    q, sides = PERCENTILES[percentile], (np.sort(before), np.sort(after))
    cut = (np.quantile(before, q) + np.quantile(after, q)) / 2
    over = [(len(s) - np.searchsorted(s, cut, side="right") + 0.5) / (len(s) + 1) for s in sides]
    variance = sum(share * (1 - share) / len(s) for share, s in zip(over, sides, strict=True))
    z = abs(over[1] - over[0]) / math.sqrt(variance * boundary.noise)
    p_value = max(math.erfc(z / math.sqrt(2)), boundary.p_value)
    return p_value if math.erfc(z / math.sqrt(2)) < _FOLLOWS else None


def _with_episodes(changes: Sequence[Row]) -> Iterator[Row]:
    """Yield changes; one that the next takes back is an episode with it."""
    number = 0
    while number < len(changes):
        first = changes[number]
        back = changes[number + 1] if number + 1 < len(changes) else None
        if back is not None and _takes_back(first, back):
            yield first | {
                "kind": "episode",
                "until": back["at"],
                "until_low_at": back["low_at"],
                "until_high_at": back["high_at"],
            }
            number += 1
        else:
            yield first
        number += 1


def _takes_back(first: Row, back: Row) -> bool:
    jump = math.log(first["after_ms"] / first["before_ms"])
    stays = math.log(back["after_ms"] / first["before_ms"])
    return bool(abs(stays) <= _STAYS * abs(jump) and first["change_pct"] * back["change_pct"] < 0)


def _gradual(course: Course, percentile: str) -> Iterator[Row]:
    """Yield the slow course that has ends; of a bent one only the caveat speaks."""
    drifted = course.drifts.get(percentile)
    if drifted is None or drifted.drift.start is None:
        return
    series, drift, q = course.series, drifted.drift, PERCENTILES[percentile]
    total = float(drift.course[-1] - drift.course[0])
    level = float(np.quantile(course.adjusted(percentile) - drift.course, q))
    if not _noticeable(100 * math.expm1(total)):
        return
    start = int(np.searchsorted(series.times, drifted.drift.start))
    yield {
        "percentile": percentile,
        "kind": "gradual",
        "at": drift.start,
        "low_at": drift.start,
        "high_at": drift.end,
        "until": drift.end,
        "until_low_at": None,
        "until_high_at": None,
        "before_ms": math.exp(level),
        "after_ms": math.exp(level + total),
        "change_pct": 100 * math.expm1(total),
        "p_value": drifted.p_value,
        "requests_before": start,
        "requests_after": len(series.times) - start,
    }
