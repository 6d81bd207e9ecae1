"""Times as logs write them -> nanoseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.clock import time_zone
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Times", "read_times", "zone_note"]

_TYPE = pa.timestamp("ns", "UTC")
#: Seconds, milliseconds, microseconds or nanoseconds since 1970: by magnitude, for any time
#: between 1973 and 5138.
_SCALES = ((1e8, 1e11, 1_000_000_000), (1e11, 1e14, 1_000_000), (1e14, 1e17, 1_000))


class Times:
    """Times of one column: an Arrow array, and whether some named no zone."""

    def __init__(self, array: pa.Array, *, naive: bool) -> None:
        """Keep both."""
        self.array = array
        self.naive = naive


def read_times(values: Sequence[Any], zone: str | None) -> Times:
    """Read ISO 8601 texts and numbers since 1970; what is neither is unknown."""
    try:
        return Times(pa.array(values, pa.string()).cast(_TYPE), naive=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        where = time_zone(zone) if zone else UTC
        found = [_read(value, where) for value in values]
        array = pa.array([ns for ns, _ in found], pa.int64()).cast(_TYPE)
        return Times(array, naive=any(naive for _, naive in found))


def zone_note(zone: str | None) -> Note:
    """Say how times without a zone were read."""
    if zone:
        message = f"times without a zone are read in the time zone {zone}, as asked"
    else:
        message = 'times without a zone are read as UTC: pass tz="Europe/Berlin" (or yours)'
    return Note(kind="timezone_assumed", message=message)


def _read(value: Any, where: Any) -> tuple[int | None, bool]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value), False
    if not isinstance(value, str):
        return None, False
    try:
        moment = datetime.fromisoformat(value.strip().replace(",", "."))
    except ValueError:
        return _of_proxy(value) or _from_text(value), False
    naive = moment.tzinfo is None
    return _ns(moment.replace(tzinfo=where) if naive else moment), naive


def _of_proxy(text: str) -> int | None:
    """Read nginx's ``$time_local``, as in Apache's common log format."""
    try:
        return _ns(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z"))
    except ValueError:
        return None


def _from_text(text: str) -> int | None:
    try:
        return _from_number(float(text))
    except ValueError:
        return None


def _from_number(value: float) -> int | None:
    for low, high, scale in _SCALES:
        if low <= value < high:
            # Microseconds are what a float of this size can hold.
            exact = isinstance(value, int)
            ns = round(value * scale) if exact else round(value * scale / 1000) * 1000
            return ns if ns < 1 << 63 else None
    return int(value) if isinstance(value, int) and 1e17 <= value < 1 << 63 else None  # noqa: PLR2004 - nanoseconds


def _ns(moment: datetime) -> int | None:
    try:
        passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        return None
    ns = (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000
    return ns if abs(ns) < 1 << 63 else None
