"""Times people type, and the rows they mean.

A bare time such as ``"14:02"`` is understood in a zone, on the recording's own day. Where
clocks are set back, a repeated time means its first occurrence, for the end of a window its
last; a time that clocks skip is read with the offset before the change.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "cut",
    "extent",
    "is_bare",
    "moment",
    "say",
    "time_zone",
    "to_ns",
    "undated",
    "window",
]

Span = tuple[datetime, datetime]

_BARE = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?")
_OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What 64-bit nanoseconds can hold, rounded inwards to whole days.
_FIRST, _LAST = datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC)
_NAMED_DAYS = 5
_HINT = 'write "14:02", "2026-11-20 14:02" or a datetime'


def time_zone(name: str) -> tzinfo:
    """Return the zone ``name``, such as ``"Europe/Berlin"``, ``"UTC"`` or ``"+01:00"``.

    Raises:
        UsageError: no such zone.
    """
    if _OFFSET.fullmatch(name):
        offset = datetime.strptime(name, "%z").tzinfo
        assert offset is not None
        return offset
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"time zone: there is no zone {visible(name, 60)!r}",
            hint='use a name such as "UTC" or "Europe/Berlin"',
        ) from None


def extent(contents: Mapping[str, pa.Table]) -> Span | None:
    """Return the first and last time in the tables (UTC, to the microsecond), or None."""
    found = []
    for name, table in contents.items():
        column = tables.TIME_COLUMN[name]
        if column and table.num_rows > table[column].null_count:
            ends = pc.min_max(table[column].cast(pa.int64()))
            found += [ends["min"].as_py(), ends["max"].as_py()]
    return (_from_ns(min(found)), _from_ns(max(found))) if found else None


def moment(at: str | datetime, span: Span | None, zone: str, *, last: bool = False) -> datetime:
    """Return ``at`` as a UTC datetime.

    Args:
        at: a datetime (naive: in ``zone``), an ISO text, or a bare time such as ``"14:02"``.
        span: first and last time of the recording, to find the day of a bare time.
        zone: name of the zone in which naive and bare times are understood.
        last: where clocks are set back, take the second of two equal readings.

    Raises:
        UsageError: no time, a bare time that fits several days, or one without a recording.
    """
    where = time_zone(zone)
    bare = _bare_time(at) if isinstance(at, str) else None
    if bare is None:
        return _in_utc(_datetime(at), where, last=last)
    if span is None:
        raise UsageError(
            f"time {at!r} has no day, and nothing in the recording has a time",
            hint=f'write the day too: "2026-11-20 {at}"',
        )
    return _on_recorded_day(bare, span, where, last=last)


def window(
    start: str | datetime | None, end: str | datetime | None, span: Span | None, zone: str
) -> Span:
    """Return the window from ``start`` to ``end`` in UTC; both are as in :func:`moment`.

    None is before, or after, everything. In a recording of one night,
    ``window("23:00", "01:00", ...)`` spans midnight.

    Raises:
        UsageError: a time that :func:`moment` refuses, or an end that is not after the start.
    """
    low = _FIRST if start is None else moment(start, span, zone)
    high = _LAST if end is None else moment(end, span, zone, last=True)
    if high <= low:
        shown = [f"{point.astimezone(time_zone(zone)):%Y-%m-%d %H:%M:%S}" for point in (low, high)]
        raise UsageError(
            f"window: its end {shown[1]} is not after its start {shown[0]} ({zone})",
            hint="swap them, or write the days too",
        )
    return low, high


def cut(name: str, table: pa.Table, low: datetime, high: datetime) -> pa.Table:
    """Keep the rows of table ``name`` with ``low`` <= time < ``high``; an unknown time is out.

    A table without a time column (``load_tests``) stays whole.
    """
    column = tables.TIME_COLUMN[name]
    if not column:
        return table
    times = table[column].cast(pa.int64())
    inside = pc.and_(pc.greater_equal(times, to_ns(low)), pc.less(times, to_ns(high)))
    return table.filter(inside)


def undated(name: str, table: pa.Table) -> int:
    """Count the rows of table ``name`` that have no time and so are outside of every window."""
    column = tables.TIME_COLUMN[name]
    return int(table[column].null_count) if column else 0


def is_bare(text: str) -> bool:
    """Say whether a text is a time without a day, such as ``"14:02"``."""
    return _BARE.fullmatch(text.strip()) is not None


def _bare_time(text: str) -> time | None:
    match = _BARE.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    try:
        return time(hour, minute, second, int((match[4] or "").ljust(6, "0")))
    except ValueError:
        raise UsageError(f"time: {text.strip()!r} is not on the clock", hint=_HINT) from None


def _datetime(at: str | datetime) -> datetime:
    """Return a plain datetime (not a pandas Timestamp, whose arithmetic differs)."""
    try:
        found = datetime.fromisoformat(at.strip()) if isinstance(at, str) else at
        return datetime.combine(found.date(), found.timetz())
    except (AttributeError, ValueError):  # no datetime at all; a text that is none; NaT
        raise UsageError(f"time: {visible(repr(at), 60)} is not a time", hint=_HINT) from None


def _in_utc(at: datetime, where: tzinfo, *, last: bool = False) -> datetime:
    if at.tzinfo is None:
        at = at.replace(tzinfo=where, fold=1 if last and _is_repeated(at, where) else at.fold)
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the years 1 and 9999
        return _FIRST if at.year < _FIRST.year else _LAST


def _is_repeated(at: datetime, where: tzinfo) -> bool:
    """Say whether clocks show ``at`` twice (the other fold of a skipped hour is earlier)."""
    first, second = (at.replace(tzinfo=where, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _on_recorded_day(bare: time, span: Span, where: tzinfo, *, last: bool) -> datetime:
    """Put a bare time on the day of the recording in whose span it falls, or else nearest to it."""
    points = [_in_utc(datetime.combine(day, bare), where, last=last) for day in _days(span, where)]
    inside = [point for point in points if span[0] <= point <= span[1]]
    if len(inside) > 1:
        days = [f"{point.astimezone(where):%Y-%m-%d}" for point in inside[:_NAMED_DAYS]]
        more = f" and {len(inside) - _NAMED_DAYS} more" if len(inside) > _NAMED_DAYS else ""
        raise UsageError(
            f"time {bare:%H:%M:%S} fits several days of the recording: {', '.join(days)}{more}",
            hint=f'write the day too: "{days[0]} {bare:%H:%M:%S}"',
        )
    return min(inside or points, key=lambda point: max(span[0] - point, point - span[1]))


def _days(span: Span, where: tzinfo) -> Iterator[date]:
    first, last = (point.astimezone(where).date() for point in span)
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _from_ns(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value // 1000)


def to_ns(at: datetime) -> int:
    """Return an aware datetime as nanoseconds since 1970, as far as 64 bits reach."""
    return (min(max(at, _FIRST), _LAST) - _EPOCH) // timedelta(microseconds=1) * 1000


def say(at: datetime, zone: str) -> str:
    """Return a time of day for a sentence, with the zone it is told in: ``14:02:10 UTC``."""
    return f"{at.astimezone(time_zone(zone)):%H:%M:%S} {zone}"
