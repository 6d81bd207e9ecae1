"""Times that envelopes write, as nanoseconds since 1970; NO_TIME for what is none."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.ingest.envelopes.model import NO_TIME, Ints

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["from_any", "from_iso", "from_month", "from_number", "from_values", "parsed"]

_TYPE = pa.timestamp("ns", "UTC")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_AT = {
    name.encode(): int(np.datetime64(f"1972-{number:02}", "ns").astype(np.int64))
    for number, name in enumerate(_MONTHS, 1)
}
_DAYS = {name.encode(): monthrange(1972, number)[1] for number, name in enumerate(_MONTHS, 1)}
_WIDTH = 15
_SECOND = 1_000_000_000
_KIBANA = "%b %d, %Y @ %H:%M:%S.%f"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Seconds, milliseconds, microseconds since 1970, told by magnitude.
_SCALES = ((1e8, 1e11, _SECOND), (1e11, 1e14, 1_000_000), (1e14, 1e17, 1_000))


def from_iso(texts: pa.Array) -> Ints:
    """Read ISO 8601 times with a zone (binary or text array)."""
    if pa.types.is_large_binary(texts.type):
        texts = _as_text(texts)
    try:
        return _numbers(texts.cast(_TYPE))
    except pa.ArrowInvalid:
        return from_values(texts.to_pylist())[0]


def from_month(texts: pa.Array) -> Ints:
    """Read times such as ``Nov  1 11:00:00`` (binary array) as times of the year 1972."""
    found = texts.dictionary_encode()
    distinct = [
        text if len(text) == _WIDTH else b"?" * _WIDTH for text in found.dictionary.to_pylist()
    ]
    times = _of_month(np.frombuffer(b"".join(distinct), np.uint8).reshape(-1, _WIDTH))
    return np.asarray(times[found.indices.to_numpy()])


def _of_month(window: np.ndarray[Any, np.dtype[np.uint8]]) -> Ints:
    digits = window.astype(np.int64) - ord("0")
    digits[:, 4] = np.where(window[:, 4] == ord(" "), 0, digits[:, 4])
    day, hour, minute, second = (10 * digits[:, k] + digits[:, k + 1] for k in (4, 7, 10, 13))
    numbers = digits[:, [4, 5, 7, 8, 10, 11, 13, 14]]
    valid = ((numbers >= 0) & (numbers <= 9)).all(axis=1)  # noqa: PLR2004 - digits
    month, days = np.full(len(window), NO_TIME), np.zeros(len(window), np.int64)
    for name, start in _MONTH_AT.items():
        named = (window[:, :3] == np.frombuffer(name, np.uint8)).all(axis=1)
        month[named], days[named] = start, _DAYS[name]
    valid &= (window[:, [3, 6, 9, 12]] == np.frombuffer(b"  ::", np.uint8)).all(axis=1)
    valid &= (day > 0) & (day <= days)
    valid &= (hour < 24) & (minute < 60) & (second <= 60)  # noqa: PLR2004 - 60: a leap second
    passed = (((day - 1) * 24 + hour) * 60 + minute) * 60 + second
    return np.where(valid, month + passed * _SECOND, NO_TIME)


def from_number(values: Ints, scale: int) -> Ints:
    """Read whole numbers, each of which is ``scale`` nanoseconds."""
    limit = ((1 << 63) - 1) // scale
    inside = (values >= -limit) & (values <= limit)
    return np.where(inside, np.where(inside, values, 0) * scale, NO_TIME)


def from_any(values: Sequence[Any]) -> tuple[Ints, bool]:
    """Read times as :func:`from_values` does, in bulk where all of them are alike."""
    if values and all(type(value) is int and abs(value) < 1 << 63 for value in values):
        return _scaled(np.array(values, np.int64)), False
    texts = pa.array([value if isinstance(value, str) else "" for value in values], pa.string())
    digits = isinstance(values[0], str) and values[0].isdecimal() if values else False
    try:
        if digits:
            return _scaled(texts.cast(pa.int64()).to_numpy()), False
        return _numbers(texts.cast(_TYPE)), False
    except pa.ArrowInvalid:
        return from_values(values)


def _scaled(values: Ints) -> Ints:
    found = np.where(values >= int(_SCALES[-1][1]), values, NO_TIME)
    for low, high, scale in _SCALES:
        inside = (values >= low) & (values < high)
        found = np.where(inside, from_number(np.where(inside, values, 0), scale), found)
    return found


def from_values(values: Sequence[Any]) -> tuple[Ints, bool]:
    """Read times of any kind, numbers or texts; also say whether any of them named no zone."""
    known: dict[Any, tuple[int, bool]] = {}
    for value in values:
        if isinstance(value, str | int | float) and value not in known:
            known[value] = parsed(value)
    nothing = (NO_TIME, False)
    found = [known.get(v, nothing) if isinstance(v, str | int | float) else nothing for v in values]
    times = np.fromiter((ns for ns, _ in found), np.int64, len(found))
    return times, any(naive for _, naive in known.values())


def parsed(value: str | float) -> tuple[int, bool]:
    """Read one time: ISO 8601, Kibana's, or a number since 1970; and whether it names no zone."""
    if not isinstance(value, str):
        return _from_number(value), False
    text = value.strip().removesuffix(" UTC").removesuffix(" GMT")
    utc = text != value.strip()
    try:
        return _from_number(int(text) if text.isdecimal() else float(text)), False
    except (ValueError, OverflowError):
        pass
    moment = _iso(text) or _kibana(text)
    if moment is None:
        return NO_TIME, False
    naive = moment.tzinfo is None and not utc
    found = _ns(moment.replace(tzinfo=moment.tzinfo or UTC)) + _below_us(text)
    return (found, naive) if abs(found) < 1 << 63 else (NO_TIME, False)


def _from_number(value: float) -> int:
    for low, high, scale in _SCALES:
        if low <= value < high:
            found = value * scale if isinstance(value, int) else round(value * 1e6) * scale // 10**6
            return found if found < 1 << 63 else NO_TIME
    return int(value) if 1e17 <= value < 1 << 63 else NO_TIME  # noqa: PLR2004 - nanoseconds


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace(",", ".") if text[:4].isdecimal() else text)
    except ValueError:
        return None


def _kibana(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _KIBANA)  # noqa: DTZ007 - Kibana names no zone
    except ValueError:
        return None


def _below_us(text: str) -> int:
    """Return the nanoseconds that a datetime cannot hold."""
    digits = text.partition(".")[2][:9]
    return int(digits[6:]) if digits.isdecimal() and len(digits) == 9 else 0  # noqa: PLR2004 - nanoseconds


def _ns(moment: datetime) -> int:
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * _SECOND + passed.microseconds * 1000


def _as_text(raw: pa.Array) -> pa.Array:
    """Read bytes as text; a row that is no UTF-8 becomes null."""
    try:
        return raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = (value.decode("utf-8", "replace") for value in raw.to_pylist())
        return pa.array(texts, pa.large_string())


def _numbers(times: pa.Array) -> Ints:
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NO_TIME).to_numpy())
