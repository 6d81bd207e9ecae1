"""How exactly a recording tells when spans began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses import groups

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest

__all__ = ["start_step_ns"]

_MS = 1_000_000
#: Durations that are whole milliseconds to this are no more exact than the starts.
_WHOLE_MS = 1e-6


def start_step_ns(forest: Forest) -> int:
    """Return 1,000,000 where starts are whole milliseconds and durations are exacter, else 0.

    New Relic's events are such. Siblings that ran one after the other then seem to overlap by
    up to so much.
    """
    timed = pa.array(forest.timed)
    start = forest.rows["started_at"].filter(timed).cast(pa.int64()).to_numpy()
    lasted = groups.numbers(forest.rows["duration_ms"].filter(timed))
    coarse = len(start) and not (start % _MS).any()
    return _MS if coarse and (np.abs(lasted - np.rint(lasted)) > _WHOLE_MS).any() else 0
