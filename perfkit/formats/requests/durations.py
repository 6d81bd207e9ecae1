"""Durations of request logs: the unit by the key, by the text, else by magnitude, and noted."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.errors import UsageError
from perfkit.formats.requests.keys import flattened, role
from perfkit.recording import Note
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["inferred_units", "to_ms", "unit_notes"]

_PER_MS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
#: Medians: below 1 no web request takes milliseconds, above 100,000 none takes that many.
_BELOW_S, _ABOVE_US, _ABOVE_NS = 1.0, 1e5, 1e8


@lru_cache(maxsize=16)
def inferred_units(head: bytes) -> Mapping[str, str]:
    """Return the unit of every duration key in ``head`` that does not name one itself."""
    values = defaultdict(list)
    for line in head.split(b"\n"):
        for key, value in flattened(_decoded(line)):
            meaning = role(key)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if meaning and meaning.name == "duration" and not meaning.unit and is_number:
                values[key].append(value)
    return {key: _by_magnitude(found) for key, found in values.items()}


def to_ms(value: Any, unit: str) -> float | None:
    """Return milliseconds; what is no duration (negative, NaN, some text) is unknown."""
    if isinstance(value, str):
        return _from_text(value, unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        ms = value * _PER_MS[unit]
    except OverflowError:
        return None
    return ms if math.isfinite(ms) and ms >= 0 else None


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
