"""Durations of request logs: the unit by the key, by the text, else by magnitude, and noted."""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.errors import UsageError
from perfkit.formats.requests.shapes import flat
from perfkit.recording import Note
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["inferred_units", "to_ms", "unit_notes", "units_of", "upstream_ms"]

#: Divided, because a product such as 12300000 * 1e-6 misses the nearest number.
_IN_A_MS = {"s": 1e-3, "ms": 1.0, "us": 1e3, "ns": 1e6}
_DECIMAL = re.compile(r"\s*[0-9]{1,15}\.[0-9]{1,15}\s*")
_SEVERAL = re.compile(r"[,:]")
_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
#: Medians: below 1 no web request takes milliseconds, above 100,000 none takes that many, and
#: above 1,000,000 it rather takes milliseconds than seconds.
_BELOW_S, _ABOVE_US, _ABOVE_NS = 1.0, 1e5, 1e6


@lru_cache(maxsize=16)
def inferred_units(head: bytes) -> Mapping[str, str]:
    """Return the unit of every duration key in ``head`` that does not name one itself."""
    return units_of(map(_decoded, head.split(b"\n")))


def units_of(lines: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the unit, by magnitude, of every duration key that neither names nor documents one."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for line in lines:
        shape, found = flat(line)
        for place in shape.durations:
            if not place.unit:
                values[place.key] += _number(found[place.number])
    return {key: _by_magnitude(found) for key, found in values.items() if found}


def to_ms(value: Any, unit: str) -> float | None:
    """Return milliseconds; what is no duration (negative, NaN, some text) is unknown."""
    if isinstance(value, str):
        return _from_text(value, unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        ms = value * 1000.0 if unit == "s" else value / _IN_A_MS[unit]
    except OverflowError:
        return None
    return ms if math.isfinite(ms) and ms >= 0 else None


def upstream_ms(value: Any, unit: str) -> float | None:
    """Return what several servers, tried in turn, took together: ``0.1, 0.2 : -`` as nginx says."""
    if not isinstance(value, str):
        return to_ms(value, unit)
    parts = [to_ms(part, unit) for part in _SEVERAL.split(value)]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def unit_notes(units: Mapping[str, str]) -> list[Note]:
    """Say which units were inferred."""
    return [
        Note(
            kind="unit_inferred",
            message=f"{key!r} names no unit; by its magnitude it was read as {_WORDS[unit]}",
        )
        for key, unit in units.items()
    ]


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> list[float]:
    """Return a number, also one written as text (as nginx does), in a list; else none."""
    if isinstance(value, str):
        return [float(value)] if _DECIMAL.fullmatch(value) else []
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _by_magnitude(values: list[float]) -> str:
    median = statistics.median_low(values)
    if median < _BELOW_S and any(isinstance(value, float) for value in values):
        return "s"
    if median >= _ABOVE_NS:
        return "ns"
    return "us" if median >= _ABOVE_US else "ms"


def _from_text(text: str, unit: str) -> float | None:
    try:
        ms = parse_duration_ms(text, unit=unit)
    except UsageError:
        return None
    return ms if math.isfinite(ms) and ms >= 0 else None
