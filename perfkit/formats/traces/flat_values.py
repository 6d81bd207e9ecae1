"""The values of flat span rows: exports write numbers as numbers or as text, ids in any case."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit.errors import UsageError
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Instants",
    "Unclear",
    "identifier",
    "instants",
    "is_true",
    "nanoseconds",
    "number",
    "parent",
    "trace_identifier",
]

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?")
_HEX = re.compile(r"[0-9a-fA-F]+")
_LETTER = re.compile(r"[a-fA-F]")
_WHOLE = (16, 32)
_NOBODY = re.compile(r"0+")
#: What int64 nanoseconds hold, with room for sums.
_LARGEST = float(1 << 62)
_NS = {"ms": 1e6, "s": 1e9}

_UNREAD = Note(
    kind="times_unknown",
    message="some times are neither ISO 8601 nor numbers since 1970: when those rows were is "
    "unknown. Export them in UTC, as the query returns them",
)


class Unclear(ValueError):
    """A number that can be read in two ways; the text says how."""


def number(value: Any) -> float | None:
    """Return a number; None: it is none, or not finite.

    Raises:
        Unclear: it has a comma, which divides thousands in one country and decimals in another.
    """
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            if _NUMBER.fullmatch(value.replace(",", "")):
                raise Unclear("a number with a comma may be thousands or decimals")
            return None
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGEST and math.isfinite(value) else None


def nanoseconds(value: Any, unit: str) -> int | None:
    """Return a duration that is in ``unit``, or says its own (``12 ms``); None: unknown.

    Raises:
        Unclear: the number has a comma.
    """
    found = number(value)
    if found is None:
        return _said(value) if isinstance(value, str) and value.strip() else None
    ns = found * _NS[unit]
    return round(ns) if 0 <= ns < _LARGEST else None


def _said(text: str) -> int | None:
    try:
        ns = parse_duration_ms(text) * 1e6
    except (UsageError, OverflowError):
        return None
    return round(ns) if 0 <= ns < _LARGEST else None


def identifier(value: Any) -> str | None:
    """Return an id; hexadecimal ones in lower case with their leading zeros.

    Ids of digits alone stay as they are, unless they have 16 or 32: they may be decimal. So do
    UUIDs and others.
    """
    if type(value) is int and 0 <= value < 1 << 128:
        value = str(value)
    plain: str = value.strip() if isinstance(value, str) else ""
    if len(plain) > _WHOLE[1] or not _HEX.fullmatch(plain):
        return plain or None
    if not _LETTER.search(plain) and len(plain) not in _WHOLE:
        return plain
    return plain.lower().rjust(_WHOLE[0] if len(plain) <= _WHOLE[0] else _WHOLE[1], "0")


def trace_identifier(value: Any) -> str | None:
    """Return a trace's id: as :func:`identifier`, hexadecimal ones with 32 digits."""
    found = identifier(value)
    short = found is not None and len(found) == _WHOLE[0] and _HEX.fullmatch(found)
    return found.rjust(_WHOLE[1], "0") if found and short else found


def parent(value: Any) -> str | None:
    """Return the id of a parent; zeros are none."""
    found = identifier(value)
    return None if found is None or _NOBODY.fullmatch(found) else found


def is_true(value: Any) -> bool:
    """Say whether a value is true, or says so."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


class Instants(NamedTuple):
    """Times in nanoseconds since 1970 (None: unknown), and what to say about them."""

    ns: list[int | None]
    notes: list[Note]


def instants(values: Sequence[Any], zone: str | None) -> Instants:
    """Read times: numbers are seconds, milliseconds, ... by their magnitude; texts ISO 8601."""
    plain = [value.strip() or None if isinstance(value, str) else value for value in values]
    times = read_times(plain, zone)
    found: list[int | None] = times.array.cast(pa.int64()).to_pylist()
    unread = any(ns is None and value for ns, value in zip(found, plain, strict=True))
    return Instants(found, [*[zone_note(zone)] * times.naive, *[_UNREAD] * unread])
