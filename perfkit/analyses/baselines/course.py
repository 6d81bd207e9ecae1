"""Load and latency of every period, out of the cells of a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses.baselines.timeline import edges_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.timeline import Timeline

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["over_time"]


def over_time(course: Timeline) -> pa.Table:
    """Return one row per period in which requests began.

    Columns: at (UTC), seconds (how long the period is), requests, rate_per_s, in_flight (Little's
    law, L = lambda W: rate times mean latency, which is the time of the requests over that of
    the period), timed, p50_ms and p95_ms (within 1.6 %, see :mod:`.timeline`).
    """
    period, place = np.unique(course.period, return_inverse=True)
    count, seconds = len(period), course.step_ns / 1e9
    requests = np.bincount(place, course.requests, minlength=count)
    known = course.bucket >= 0
    cells = place[known], course.bucket[known], course.requests[known]
    spent = cells[2] * _middle_ms(cells[1]) / 1e3
    busy = np.bincount(cells[0], spent, minlength=count)
    timed: Floats = np.bincount(cells[0], cells[2], minlength=count).astype(np.float64)
    return pa.table(
        {
            "at": pa.array(period * course.step_ns, pa.timestamp("ns", "UTC")),
            "seconds": np.full(count, seconds),
            "requests": requests,
            "rate_per_s": requests / seconds,
            "in_flight": np.where(timed > 0, busy / seconds, np.nan),
            "timed": timed,
            "p50_ms": _quantile(0.50, timed, *cells),
            "p95_ms": _quantile(0.95, timed, *cells),
        }
    )


def _quantile(q: float, timed: Floats, place: Ints, bucket: Ints, requests: Floats) -> Floats:
    """Return a quantile per place, out of cells in the order of place and bucket."""
    found = np.full(len(timed), np.nan)
    if not len(place):
        return found
    behind = np.cumsum(requests)
    before = np.cumsum(timed) - timed
    filled = timed > 0
    target = before[filled] + q * timed[filled]
    cell = np.minimum(np.searchsorted(behind, target * (1 - 1e-12)), len(behind) - 1)
    found[filled] = _middle_ms(bucket[cell])
    return found


def _middle_ms(bucket: Ints) -> Floats:
    low, high = edges_ms(bucket)
    return (low + high) / 2
