"""The date in the first line of ``sar``'s reports, written as the locale has it.

``2026-11-21`` (``S_TIME_FORMAT=ISO``), ``2026/11/21`` and ``2026年11月21日`` are plain, and so is
``21.11.2026``: dots put the day first. With slashes or dashes a number above 12 is the day. What
is left is doubtful: with twelve-hour times, and with a year of two digits (the locale C, in which
cron and containers run), the month is first, otherwise the day.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from perfkit.recording import Note

__all__ = ["DOUBTFUL", "Day", "read_day"]

_YEAR_FIRST = re.compile(r"(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*")
_YEAR_LAST = re.compile(r"(\d{1,2})([./\- ]+)(\d{1,2})[./\- ]+(\d{4}|\d{2})\.?")
_MONTHS = 12
#: Years of two digits are of this century.
_CENTURY = 2000
DOUBTFUL = Note(
    kind="date_inferred",
    message="sar wrote a date that may be day/month or month/day; if its readings are on the "
    "wrong day, write them with S_TIME_FORMAT=ISO sar ...",
)


class Day(NamedTuple):
    """A day as number (``date.toordinal``), and whether it may be another one."""

    number: int
    doubtful: bool = False


def read_day(text: str, *, twelve_hours: bool = False) -> Day | None:
    """Return the day that a date means; None where it is none.

    Example:
        >>> date.fromordinal(read_day("11/21/26").number).isoformat()
        '2026-11-21'
        >>> read_day("11/10/2026").doubtful, read_day("11.10.2026").doubtful
        (True, False)
    """
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(*map(int, found.groups()))
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += _CENTURY if len(found[4]) < len("2026") else 0
    if "." in found[2] or first > _MONTHS:
        return _day(year, second, first)
    if second > _MONTHS or first == second:
        return _day(year, first, second)
    month_first = twelve_hours or year - _CENTURY == int(found[4])
    month, day = (first, second) if month_first else (second, first)
    sure = _day(year, month, day)
    return sure and sure._replace(doubtful=True)


def _day(year: int, month: int, day: int) -> Day | None:
    try:
        return Day(date(year, month, day).toordinal())
    except ValueError:
        return None
