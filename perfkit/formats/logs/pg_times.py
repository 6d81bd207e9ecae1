"""Times of PostgreSQL's log lines, as nanoseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from perfkit.clock import time_zone
from perfkit.formats.logs.pg_zones import is_stated, offset_minutes

if TYPE_CHECKING:
    from datetime import tzinfo

    from perfkit.formats.lines import Ints

__all__ = ["NO_TIME", "in_utc", "wall_ns"]

#: Stands for an unknown time.
NO_TIME = int(np.iinfo(np.int64).min)


def wall_ns(text: str) -> int:
    """Return the wall time (``%m``, ``%t``) or the time since 1970 (``%n``) in nanoseconds."""
    try:
        if ":" not in text:
            return round(float(text) * 1000) * 1_000_000
        return int(np.datetime64(text, "ns").astype(np.int64))
    except ValueError:
        return int(NO_TIME)


def in_utc(ns: Ints, name: str, zone: str | None) -> Ints:
    """Return wall times as UTC: by the offset the log states, else by the zone asked for."""
    if zone and not is_stated(name) and len(ns):
        return _from_wall(ns, time_zone(zone))
    return ns - (offset_minutes(name) or 0) * 60_000_000_000


def _from_wall(ns: Ints, where: tzinfo) -> Ints:
    # One offset per distinct quarter of an hour: zones change at full quarters only.
    quarter = 900_000_000_000
    distinct, codes = np.unique(ns // quarter, return_inverse=True)
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time
    moments = [epoch + timedelta(minutes=15 * int(value)) for value in distinct]
    offsets = [moment.replace(tzinfo=where).utcoffset() or timedelta() for moment in moments]
    seconds = [offset.total_seconds() for offset in offsets]
    return ns - (np.array(seconds) * 1e9).astype(np.int64)[codes]
