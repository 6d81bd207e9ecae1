"""Times of an alert: in a sentence, as a key that joins, and as text that pastes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from perfkit import clock

__all__ = ["between", "key", "local", "said"]

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(ns: int, zone: str) -> datetime:
    """Return a time as the clocks of ``zone`` show it."""
    at = _EPOCH + timedelta(microseconds=ns // 1000)
    return at.astimezone(clock.time_zone(zone))


def said(start: int, end: int, zone: str) -> str:
    """Return ``2026-11-20 14:02:00 to 14:07:00``, in the recording's zone."""
    first, last = local(start, zone), local(end, zone)
    same = first.date() == last.date()
    return f"{first:%Y-%m-%d %H:%M:%S} to {last:{'%H:%M:%S' if same else '%Y-%m-%d %H:%M:%S'}}"


def between(start: int, end: int, zone: str) -> str:
    """Return the Python that cuts the window from the recording; the day is always said."""
    first, last = (f"{local(at, zone):%Y-%m-%d %H:%M:%S}" for at in (start, end))
    return f'rec.between("{first}", "{last}")'


def key(start: int, end: int) -> str:
    """Return the window as ISO times in UTC with a slash between, which joins findings."""
    return "/".join(local(at, "UTC").isoformat(timespec="milliseconds") for at in (start, end))
