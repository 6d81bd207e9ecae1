"""What the picture needs: the course of what changed most, and what happened meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.changes.course import PERCENTILES, Course
from perfkit.analyses.changes.series import quantile_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.changes.findings import Told
    from perfkit.recording import Recording

__all__ = ["drawn"]

#: Routes that are drawn: more panels cannot be read.
_DRAWN = 6
_MARKS = 20
_TIME = pa.timestamp("ns", "UTC")
_COURSE = pa.schema(
    [("key", pa.string()), ("at", _TIME), *((f"{name}_ms", pa.float64()) for name in PERCENTILES)]
)


def drawn(
    kept: Sequence[tuple[str, Course]], found: Sequence[dict[str, Any]], rec: Recording, told: Told
) -> dict[str, pa.Table]:
    """Return ``course`` (key, at, p50_ms, p95_ms per bin) and ``marks`` (at, kind, message).

    ``found`` names the keys, the most costly first; bins have the middle of their requests.
    """
    order = list(dict.fromkeys(row["key"] for row in found))[:_DRAWN]
    known = dict(kept)
    parts = [_course(key, known[key]) for key in order]
    return {"course": pa.concat_tables([_COURSE.empty_table(), *parts]), "marks": _marks(rec, told)}


def _course(key: str, known: Course) -> pa.Table:
    series = known.series
    at = series.times[0] + (series.middles * series.width).astype(np.int64)
    levels = {
        f"{name}_ms": np.exp(quantile_by(series.logs, series.bins, q))
        for name, q in PERCENTILES.items()
    }
    return pa.table({"key": [key] * len(at), "at": pa.array(at, _TIME), **levels}, schema=_COURSE)


def _marks(rec: Recording, told: Told) -> pa.Table:
    """Return the deploys and other marks within the time that the rows cover."""
    events = rec.arrow("events", ["at", "kind", "message"])
    times = events["at"].cast(pa.int64())
    inside = pc.and_(pc.greater_equal(times, told.first), pc.less_equal(times, told.last))
    kinds = events["kind"].cast(pa.string())
    chosen = events.filter(pc.and_(inside, pc.equal(kinds, "deploy")))
    return chosen.set_column(1, "kind", chosen["kind"].cast(pa.string())).slice(0, _MARKS)
