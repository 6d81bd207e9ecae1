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

__all__ = ["NO_TIME", "WIDTHS", "all_in_utc", "in_utc", "looks_like_time", "read_walls", "wall_ns"]

#: Stands for an unknown time.
NO_TIME = int(np.iinfo(np.int64).min)

#: ``2026-11-21 02:00:00`` with micro-, with milliseconds and without; ``1795226400.123`` (%n).
WIDTHS = (26, 23, 19, 14)

_TIME = re.compile(TIME)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time
_EPOCH_WIDTH, _CLOCK_WIDTH, _MINUTE_WIDTH = 14, 19, 16
_ZERO, _NINE = ord("0"), ord("9")
_SIGNS = {4: b"-", 7: b"-", 10: b" T", 13: b":", 16: b":", 19: b"."}
#: What the digits of ``:12.345678`` are worth.
_TAIL_NS = np.array([0, 10**10, 10**9, 0, *(10**power for power in range(8, 2, -1))])
_POWERS = 10 ** np.arange(17, dtype=np.int64)[::-1]


def looks_like_time(heads: Any, width: int) -> Any:
    """Say which rows of a matrix of bytes begin with a time of ``width`` bytes, and no longer."""
    return read_walls(heads, width)[0]


def read_walls(heads: Any, width: int) -> tuple[Any, Ints]:
    """Return which rows do, and their times, as :func:`wall_ns` does."""
    if width == _EPOCH_WIDTH:
        fits = _fits(heads, {10: b"."}, 0, width)
        digits = _digits(heads, width)
        return fits, _number(digits[:, :10]) * 1_000_000_000 + _number(digits[:, 11:]) * 1_000_000
    # Lines come by the minute: up to there few differ from the one before.
    words = np.ascontiguousarray(heads[:, :_MINUTE_WIDTH]).view(np.uint64)
    changes = words[1:] != words[:-1]
    begins = np.append(True, changes[:, 0] | changes[:, 1])[: len(heads)]
    few = heads[begins]
    run = np.cumsum(begins) - 1
    fits = _fits(few, _SIGNS, 0, _MINUTE_WIDTH)[run] & _fits(heads, _SIGNS, _MINUTE_WIDTH, width)
    minutes = _minutes_ns(few)[run]
    tail = heads[:, _MINUTE_WIDTH:width].astype(np.int64)
    weights = _TAIL_NS[: tail.shape[1]]
    ns = minutes + (tail @ weights - _ZERO * weights.sum())
    known = (minutes != NO_TIME) & (heads[:, _MINUTE_WIDTH + 1] < ord("6"))
    return fits, np.where(known, ns, NO_TIME)


def _fits(heads: Any, signs: dict[int, bytes], begin: int, width: int) -> Any:
    """Say where digits and signs are in the columns from ``begin`` on; no time goes on there."""
    fits = np.ones(len(heads), np.bool_)
    for place in range(begin, width):
        byte = heads[:, place]
        if place not in signs:
            fits &= byte - _ZERO <= _NINE - _ZERO  # bytes are unsigned: others are above
        elif len(signs[place]) == 1:
            fits &= byte == signs[place][0]
        else:
            fits &= np.isin(byte, list(signs[place]))
    if width == _MINUTE_WIDTH:
        return fits
    after = heads[:, width]
    return fits & (after - _ZERO > _NINE - _ZERO) & (after != ord("."))


def _digits(heads: Any, width: int) -> Any:
    return heads[:, :width].astype(np.int64) - _ZERO


def _minutes_ns(heads: Any) -> Ints:
    digits = _digits(heads, _MINUTE_WIDTH)
    hour, minute = _number(digits[:, 11:13]), _number(digits[:, 14:16])
    days = _days(digits)
    ns = days * 86_400_000_000_000 + (hour * 60 + minute) * 60_000_000_000
    on_clock = (hour < 24) & (minute < 60)  # noqa: PLR2004 - the clock
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
