"""The stops of a slider over a recording's time, as people say them in its zone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from perfkit import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.recording import Recording

__all__ = ["Window", "cut", "stops"]

#: A slider of some 500 pixels tells a hundred stops apart.
_MOST = 100
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY << n for n in range(12)),
)


@dataclass(frozen=True)
class Window:
    """From ``start`` (inclusive) to ``end`` (exclusive); None is before, or after, everything."""

    start: datetime | None = None
    end: datetime | None = None


def stops(first: datetime, last: datetime, zone: str) -> list[tuple[str, datetime]]:
    """Return labels and times (UTC) at round steps in ``zone``, so that all lies between two.

    The first is at or before ``first``, the last after ``last``; there are about a hundred at
    most. Where clocks are set back, two stops have the same time of day: then labels say their
    offset.

    Raises:
        UsageError: there is no such zone.

    Example:
        >>> from datetime import UTC
        >>> day = datetime(2026, 11, 21, 10, tzinfo=UTC)
        >>> [label for label, _ in stops(day, day + timedelta(seconds=2), "Europe/Berlin")]
        ['11:00:00', '11:00:01', '11:00:02', '11:00:03']
    """
    where = clock.time_zone(zone)
    step = _step((last - first).total_seconds())
    local = first.astimezone(where)
    passed = timedelta(
        hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    start = first - passed % timedelta(seconds=step)
    count = int((last - start).total_seconds() // step) + 2
    times = [start + timedelta(seconds=step * number) for number in range(count)]
    return list(zip(_labels([at.astimezone(where) for at in times], step), times, strict=True))


def cut(rec: Recording, window: Window) -> Recording:
    """Return what is in the window; the recording itself, rows without a time too, if that is all.

    Raises:
        UsageError: the window ends before it starts.
    """
    whole = window.start is None and window.end is None
    return rec if whole else rec.between(window.start, window.end)


def _step(seconds: float) -> int:
    return next((step for step in _STEPS if seconds / step <= _MOST), _STEPS[-1])


def _labels(times: Sequence[datetime], step: int) -> list[str]:
    day, clock_time = "%m-%d ", "%H:%M" if step >= _MINUTE else "%H:%M:%S"
    if step >= _DAY:
        day, clock_time = "%Y-%m-%d", ""
    elif times[0].date() == times[-1].date():
        day = ""
    labels = [f"{at:{day}{clock_time}}" for at in times]
    said = Counter(labels)
    return [
        f"{label} {at:%z}" if said[label] > 1 else label
        for label, at in zip(labels, times, strict=True)
    ]
