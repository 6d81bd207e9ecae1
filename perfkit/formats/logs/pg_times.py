"""Times of PostgreSQL's log lines, as nanoseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from perfkit.clock import time_zone
from perfkit.formats.logs.pg_templates import TIME
from perfkit.formats.logs.pg_zones import is_stated, offset_minutes

if TYPE_CHECKING:
    from datetime import tzinfo

    from perfkit.formats.lines import Ints

__all__ = ["NO_TIME", "in_utc", "wall_ns"]

#: Stands for an unknown time.
NO_TIME = int(np.iinfo(np.int64).min)

_TIME = re.compile(TIME)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time


def wall_ns(text: str) -> int:
    """Return the wall time (``%m``, ``%t``) or the time since 1970 (``%n``) in nanoseconds."""
    if not _TIME.fullmatch(text):
        return NO_TIME
    if ":" not in text:
        return round(float(text) * 1000) * 1_000_000
    try:
        passed = datetime.fromisoformat(text) - _EPOCH
    except ValueError:  # such as the 31st of June
        return NO_TIME
    return (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000


def in_utc(ns: Ints, name: str, zone: str | None) -> Ints:
    """Return wall times as UTC: by the offset the log states, else by the zone asked for."""
    if zone and not is_stated(name) and len(ns):
        return _from_wall(ns, time_zone(zone))
    return ns - (offset_minutes(name) or 0) * 60_000_000_000


def _from_wall(ns: Ints, where: tzinfo) -> Ints:
    # One offset per distinct quarter of an hour: zones change at full quarters only.
    quarter = 900_000_000_000
    distinct, codes = np.unique(ns // quarter, return_inverse=True)
    moments = [_EPOCH + timedelta(minutes=15 * int(value)) for value in distinct]
    offsets = [moment.replace(tzinfo=where).utcoffset() or timedelta() for moment in moments]
    seconds = [offset.total_seconds() for offset in offsets]
    return ns - (np.array(seconds) * 1e9).astype(np.int64)[codes]
