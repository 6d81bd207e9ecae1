"""Times of PostgreSQL's log lines, as nanoseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.clock import time_zone
from perfkit.formats.logs.pg_templates import TIME
from perfkit.formats.logs.pg_zones import is_stated, offset_minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from perfkit.formats.lines import Ints

__all__ = ["NO_TIME", "WIDTHS", "all_in_utc", "in_utc", "looks_like_time", "wall_ns", "walls_ns"]

#: Stands for an unknown time.
NO_TIME = int(np.iinfo(np.int64).min)

#: ``2026-11-21 02:00:00`` with micro-, with milliseconds and without; ``1795226400.123`` (%n).
WIDTHS = (26, 23, 19, 14)

_TIME = re.compile(TIME)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time
_EPOCH_WIDTH, _CLOCK_WIDTH = 14, 19
_ZERO, _NINE = ord("0"), ord("9")
_SIGNS = {4: b"-", 7: b"-", 10: b" T", 13: b":", 16: b":", 19: b"."}
_POWERS = 10 ** np.arange(17, dtype=np.int64)[::-1]


def looks_like_time(heads: Any, width: int) -> Any:
    """Say which rows of a matrix of bytes begin with a time of ``width`` bytes, and no longer."""
    signs = {10: b"."} if width == _EPOCH_WIDTH else _SIGNS
    fits = np.ones(len(heads), np.bool_)
    for place in range(width):
        byte = heads[:, place]
        if place in signs:
            fits &= (
                np.isin(byte, list(signs[place]))
                if len(signs[place]) > 1
                else (byte == signs[place][0])
            )
        else:
            fits &= (byte >= _ZERO) & (byte <= _NINE)
    after = heads[:, width]
    return fits & ~((after >= _ZERO) & (after <= _NINE)) & (after != ord("."))


def walls_ns(heads: Any, width: int) -> Ints:
    """Return the times in the first ``width`` bytes of each row, as :func:`wall_ns` does."""
    digits = heads[:, :width].astype(np.int64) - _ZERO
    if width == _EPOCH_WIDTH:
        return _number(digits[:, :10]) * 1_000_000_000 + _number(digits[:, 11:14]) * 1_000_000
    hour, minute, second = (_number(digits[:, at : at + 2]) for at in (11, 14, 17))
    seconds = hour * 3600 + minute * 60 + second
    days = _days(digits)
    ns = days * 86_400_000_000_000 + seconds * 1_000_000_000
    if width > _CLOCK_WIDTH:
        fraction = digits[:, _CLOCK_WIDTH + 1 : width]
        ns += _number(fraction) * 10 ** (9 - fraction.shape[1])
    on_clock = (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - the clock
    return np.where(on_clock & (days > _NO_DAY), ns, NO_TIME)


_NO_DAY = -100_000
#: Nanoseconds in 64 bits hold no more, less the durations and offsets that times are moved by.
_YEARS = (1900, 2200)


def _days(digits: Any) -> Ints:
    """Return the days since 1970, a large negative number where the calendar has no such day."""
    named = _number(digits[:, [0, 1, 2, 3, 5, 6, 8, 9]])
    if not len(named):
        return named
    # Days come one after the other, so that runs of equal ones are few.
    begins = np.flatnonzero(np.append(True, named[1:] != named[:-1]))
    days = np.array([_cached_day(value) for value in named[begins].tolist()], np.int64)
    return np.repeat(days, np.diff(np.append(begins, len(named))))


@lru_cache(maxsize=4096)
def _cached_day(value: int) -> int:
    year = value // 10_000
    if not _YEARS[0] <= year <= _YEARS[1]:
        return _NO_DAY
    try:
        return (date(year, value // 100 % 100, value % 100) - _EPOCH.date()).days
    except ValueError:  # such as the 31st of June
        return _NO_DAY


def _number(digits: Any) -> Ints:
    number: Ints = digits @ _POWERS[-digits.shape[1] :]
    return number


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
    return all_in_utc(ns, np.zeros(len(ns), np.int64), [name], zone)


def all_in_utc(ns: Ints, codes: Ints, names: Sequence[str], zone: str | None) -> Ints:
    """Do the same for times of several zones, which the log calls ``names[codes]``."""
    minutes = np.array([offset_minutes(name) or 0 for name in names], np.int64)
    found: Ints = ns - minutes[codes] * 60_000_000_000
    if zone:
        asked = ~np.array([is_stated(name) for name in names], np.bool_)[codes]
        if asked.any():
            found[asked] = _from_wall(ns[asked], time_zone(zone))
    return found


def _from_wall(ns: Ints, where: tzinfo) -> Ints:
    # One offset per distinct quarter of an hour: zones change at full quarters only.
    quarter = 900_000_000_000
    distinct, codes = np.unique(ns // quarter, return_inverse=True)
    moments = [_EPOCH + timedelta(minutes=15 * int(value)) for value in distinct]
    offsets = [moment.replace(tzinfo=where).utcoffset() or timedelta() for moment in moments]
    seconds = [offset.total_seconds() for offset in offsets]
    return ns - (np.array(seconds) * 1e9).astype(np.int64)[codes]
