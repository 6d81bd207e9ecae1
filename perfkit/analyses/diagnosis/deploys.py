"""Of several deploys, the one after which requests got slow, and until when.

Every stretch between two deploys gets the mean logarithm of its requests' latency over the median
of their route, so that a changed mix of routes does not count. The stretch that is slowest beside
the one before it is the incident; it ends at the deploy after which at least half of that is gone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from perfkit import sources
from perfkit.analyses import groups
from perfkit.routes import routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["slow_stretch"]

#: Stretches that differ by less are equally fast, and with fewer requests say nothing.
_LEAST, _FEWEST = math.log(1.1), 30


def slow_stretch(rec: Recording, deploys: NDArray[np.int64]) -> tuple[int, int | None]:
    """Return which deploy (ns since 1970, ascending) began the slow time, and which ended it.

    Returns:
        Places in ``deploys``; the last one and None where no stretch stands out.
    """
    last = len(deploys) - 1
    scores = _scores(rec, deploys)
    rises = np.diff(scores)  # scores[i + 1] is the stretch that deploy i began
    if not np.any(rises > _LEAST):
        return last, None
    began = int(np.nanargmax(rises))
    half = (scores[began] + scores[began + 1]) / 2
    ended = (place for place in range(began + 1, last + 1) if scores[place + 1] < half)
    return began, next(ended, None)


def _scores(rec: Recording, deploys: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how slow each stretch is, the one before the first deploy included; NaN: unknown."""
    requests = sources.primary(rec, "requests")
    known = pc.and_(requests["started_at"].is_valid(), pc.greater(requests["duration_ms"], 0.0))
    requests = requests.filter(known)
    logs = np.log(groups.numbers(requests["duration_ms"]))
    by = groups.encode(routes(requests))
    parts = by.ordered(logs).parts()
    usual = np.array([part[len(part) // 2] if len(part) else math.nan for part in parts])
    started = requests["started_at"].cast("int64").to_numpy()
    stretch = np.searchsorted(deploys, started, side="right")
    count = np.bincount(stretch, minlength=len(deploys) + 1)
    total = np.bincount(stretch, logs - usual[by.codes], minlength=len(deploys) + 1)
    return np.where(count >= _FEWEST, total / np.maximum(count, 1), np.nan)
