"""Times in log lines -> nanoseconds since 1970, UTC; vectorised, or each different text once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit.clock import time_zone
from perfkit.formats.lines import segments
from perfkit.formats.requests.access.clocks import is_strptime
from perfkit.formats.requests.access.numbers import decimals
from perfkit.formats.times import read_times

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.words import Bools, Text

__all__ = ["Moments", "moments", "resolution"]

_SECOND = 1_000_000_000
#: Since 1970, in this unit -> powers of ten to microseconds.
_POWERS = {"s": 6, "ms": 3, "us": 0}
_MONTHS = np.full(1 << 16, -1)
for _number, _name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
):
    _MONTHS[ord(_name[1]) << 8 | ord(_name[2])] = _number
_CUMULATED = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_LENGTHS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
#: The punctuation of ``10/Oct/2000:13:55:36 -0700``, and its digits.
_MARKS = {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "}
_DIGITS = (0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25)


class Moments(NamedTuple):
    """Nanoseconds since 1970, which of them are known, and whether some named no zone."""

    ns: Ints
    known: Bools
    naive: bool = False


def resolution(unit: str) -> int:
    """Return how fine a notation is, in decimal places of a second (ISO may have some)."""
    if is_strptime(unit):
        return 6 if "%f" in unit else 0
    return {"clf": 0, "iso": 1, "s": 3, "ms": 3, "us": 6}.get(unit, 0)


def moments(text: Text, begin: Ints, end: Ints, unit: str, zone: str | None) -> Moments:
    """Read times written in one notation; those that name no zone are in ``zone``, or UTC."""
    if unit == "clf":
        return _clf(text, begin, end)
    if unit in _POWERS:
        return _since_1970(text, begin, end, _POWERS[unit])
    return _by_text(text, begin, end, unit, zone)


def _since_1970(text: Text, begin: Ints, end: Ints, power: int) -> Moments:
    found = decimals(text, begin, end, power)  # microseconds since 1970 fit into a float
    us = np.round(found.value).astype(np.int64)
    return Moments(us * 1000, found.valid)


def _clf(text: Text, begin: Ints, end: Ints) -> Moments:
    """Read ``10/Oct/2000:13:55:36 -0700``; lines in order repeat it, so each run is read once."""
    fits = end - begin == 26  # noqa: PLR2004 - so many bytes
    rows = text.matrix(np.where(fits, begin, 0), 32)
    words = rows.view("<u8")
    mask = np.uint64(0xFFFF)
    changed = np.ones(len(rows), np.bool_)
    changed[1:] = (
        (words[1:, 0] != words[:-1, 0])
        | (words[1:, 1] != words[:-1, 1])
        | (words[1:, 2] != words[:-1, 2])
        | ((words[1:, 3] ^ words[:-1, 3]) & mask != 0)
        | (fits[1:] != fits[:-1])
    )
    ns, known = _calendar(rows[changed])
    run = np.cumsum(changed) - 1
    return Moments(ns[run], known[run] & fits)


def _calendar(rows: np.ndarray[Any, np.dtype[np.uint8]]) -> tuple[Ints, Bools]:
    digits = rows.astype(np.int64) - ord("0")
    day, hour, minute, second = (_two(digits, at) for at in (0, 12, 15, 18))
    year = _two(digits, 7) * 100 + _two(digits, 9)
    month = _MONTHS[rows[:, 4].astype(np.int64) << 8 | rows[:, 5]]
    offset = (_two(digits, 22) * 60 + _two(digits, 24)) * 60
    east = rows[:, 21] == ord("+")
    known = east | (rows[:, 21] == ord("-"))
    for at, mark in _MARKS.items():
        known &= rows[:, at] == ord(mark)
    known &= ((digits[:, _DIGITS] >= 0) & (digits[:, _DIGITS] <= 9)).all(axis=1)  # noqa: PLR2004 - a digit
    known &= (month > 0) & (day >= 1) & (day <= _LENGTHS[month]) & (year >= 1678) & (year < 2262)  # noqa: PLR2004 - what fits into 64 bits
    known &= (hour < 24) & (minute < 60) & (second <= 60)  # noqa: PLR2004 - a clock, and leap seconds
    seconds = (_days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    seconds -= np.where(east, offset, -offset)
    return np.where(known, seconds, 0) * _SECOND, known


def _two(digits: Ints, at: int) -> Ints:
    found: Ints = digits[:, at] * 10 + digits[:, at + 1]
    return found


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Return days since 1970-01-01 in the Gregorian calendar."""
    leap = (month > 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))  # noqa: PLR2004 - the calendar
    before = year - 1
    leaps = before // 4 - before // 100 + before // 400 - 477 + leap
    days: Ints = 365 * (year - 1970) + leaps + _CUMULATED[month] + day - 1
    return days


def _by_text(text: Text, begin: Ints, end: Ints, unit: str, zone: str | None) -> Moments:
    """Read each different text once."""
    found = segments(text.data, begin, end).dictionary_encode()
    texts = found.dictionary.to_pylist()
    if is_strptime(unit):
        values, naive = _strptime(texts, unit, zone)
    else:
        times = read_times(texts, zone)
        values, naive = times.array.cast(pa.int64()), times.naive
    ns = values.take(found.indices)
    return Moments(
        ns.fill_null(0).to_numpy(),
        ~np.asarray(ns.is_null()),
        naive,
    )


def _strptime(texts: list[str], unit: str, zone: str | None) -> tuple[pa.Array, bool]:
    where = time_zone(zone) if zone else UTC
    pairs = [_moment(text, unit, where) for text in texts]
    naive = any(naive for _, naive in pairs)
    return pa.array([ns for ns, _ in pairs], pa.int64()), naive


def _moment(text: str, unit: str, where: Any) -> tuple[int | None, bool]:
    try:
        moment = datetime.strptime(text, unit)  # noqa: DTZ007 - the zone is added below
    except ValueError:
        return None, False
    naive = moment.tzinfo is None
    zoned = moment.replace(tzinfo=where) if naive else moment
    since = zoned - datetime(1970, 1, 1, tzinfo=UTC)
    whole = (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds * 1000
    return whole, naive
