"""Durations, sizes, counts and rates: read them, print them. Nothing else converts units.

Inside perfkit a duration is a float in milliseconds and a size is an int in bytes.
``kB``, ``MB``, ``GB`` and ``TB`` are powers of 1024, as PostgreSQL reads and prints them;
``KiB``, ``MiB``, ... say the same without doubt.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeVar, overload

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "format_bytes",
    "format_count",
    "format_ms",
    "format_share",
    "parse_bytes",
    "parse_duration_ms",
    "to_ms",
]

Values = TypeVar("Values")

_UNKNOWN = "n/a"

# Milliseconds are value * multiplier / divisor. Both are whole numbers, so that a
# conversion rounds once: 3 us are 3 / 1000 ms, not 3 * 0.001.
_NAMES: dict[tuple[int, int], str] = {
    (1, 1_000_000): "ns nsec nanosecond nanoseconds",
    (1, 1_000): "us µs μs usec microsecond microseconds",
    (1, 1): "ms msec millisecond milliseconds",
    (1_000, 1): "s sec secs second seconds",
    (60_000, 1): "m min mins minute minutes",
    (3_600_000, 1): "h hr hrs hour hours",
    (86_400_000, 1): "d day days",
}
_DURATIONS = {name: factors for factors, names in _NAMES.items() for name in names.split()}

_SIZES = {"": 1, "b": 1, "byte": 1, "bytes": 1} | {
    prefix + suffix: 1024**power
    for power, prefix in enumerate("kmgtp", start=1)
    for suffix in ("", "b", "ib")
}

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*([^\W\d_]*)\s*")
_DURATION_HINT = "write a number and a unit, such as 200ms, 1.5s, 30s, 2m, 17us or 1h"
_SIZE_HINT = "write a number and a unit, such as 64kB, 1.5MB or 10GiB"


def parse_duration_ms(text: str, *, unit: str | None = None) -> float:
    """Read a duration such as ``200ms``, ``1.5 s``, ``2m``, ``17us``, ``1h30m``; return ms.

    Args:
        text: one or several numbers, each with its unit (``ns us µs ms s m min h d``).
        unit: what a plain number means; without it a plain number is an error.

    Raises:
        UsageError: the text is no duration, or the unit is unknown.

    Example:
        >>> parse_duration_ms("1.5 s")
        1500.0
    """
    parts = _quantities(text)
    if unit is not None and len(parts) == 1 and not parts[0][1]:
        parts = [(parts[0][0], unit)]
    known = [(number, _DURATIONS.get(name.lower())) for number, name in parts]
    total = math.fsum(n * f[0] / f[1] for n, f in known if f is not None)
    if not parts or any(f is None for _, f in known) or not math.isfinite(total):
        raise UsageError(f"duration: {_shown(text)} is not a duration", hint=_DURATION_HINT)
    return total


def parse_bytes(text: str) -> int:
    """Read a size such as ``64 kB``, ``1.5MB``, ``10GiB`` or ``8192``; return bytes.

    Raises:
        UsageError: the text is no size, or it is negative.

    Example:
        >>> parse_bytes("64 kB")
        65536
    """
    parts = _quantities(text)
    factor = _SIZES.get(parts[0][1].lower()) if len(parts) == 1 else None
    size = parts[0][0] * factor if factor else -1.0
    if not 0 <= size < math.inf:
        raise UsageError(f"size: {_shown(text)} is not a size", hint=_SIZE_HINT)
    return round(size)


def _quantities(text: str) -> list[tuple[float, str]]:
    """Split ``1h 30m`` into numbers and units; empty unless the whole text is of that form."""
    parts = []
    position = 0
    while position < len(text):
        match = _QUANTITY.match(text, position)
        if match is None:
            return []
        parts.append((float(match[1]), match[2]))
        position = match.end()
    return parts


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")  # noqa: PLR2004 - one line


@overload
def to_ms(value: float, unit: str) -> float: ...
@overload
def to_ms(value: Values, unit: str) -> Values: ...
def to_ms(value: Any, unit: str) -> Any:
    """Convert durations in ``unit`` to milliseconds (float64).

    Args:
        value: a number, a NumPy array, a Series or a pyarrow (Chunked)Array; unknown stays unknown.
        unit: ``ns``, ``us``, ``ms``, ``s``, ``m``, ``h``, ``d`` or a longer name of one.

    Raises:
        UsageError: the unit is unknown.
    """
    try:
        multiplier, divisor = _DURATIONS[unit.strip().lower()]
    except KeyError:
        raise UsageError(
            f"unit: {_shown(unit)} is not a unit of time", hint="use one of ns, us, ms, s, m, h, d"
        ) from None
    if type(value).__module__.startswith("pyarrow"):
        return _arrow_to_ms(value, multiplier, divisor)
    return value * float(multiplier) / float(divisor)


def _arrow_to_ms(values: Any, multiplier: int, divisor: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pc.cast(values, pa.float64(), safe=False)  # int64 beyond 2**53 may round
    return pc.divide(pc.multiply(numbers, float(multiplier)), float(divisor))


def format_ms(ms: SupportsFloat | None) -> str:
    """Print a duration given in milliseconds with three significant digits.

    Example:
        >>> [format_ms(x) for x in (0.017, 2, 84, 1240, 185_000, None)]
        ['17 µs', '2.00 ms', '84 ms', '1.24 s', '3 min 5 s', 'n/a']
    """
    value = _float(ms)
    if value is None:
        return _UNKNOWN
    sign = "-" if value < 0 else ""
    size = _three_digits(abs(value))
    if size >= 60_000:  # noqa: PLR2004 - a minute
        return sign + _format_minutes(abs(value))
    return sign + _scaled(size, {1000: "s", 1: "ms", 1e-3: "µs", 1e-6: "ns"}, zero="ms")


def _format_minutes(ms: float) -> str:
    """Print a minute and more in two units: ``3 min 5 s``, ``2 h 0 min``, ``4 d 1 h``."""
    if math.isinf(ms):
        return "inf"
    steps = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
    for large, large_name, small, small_name in steps:
        smalls = round(ms / 1000 / small)
        if smalls * small >= large:
            whole, rest = divmod(smalls, large // small)
            return f"{whole:,} {large_name} {rest} {small_name}"
    return "1 min 0 s"  # 59.95 s and more, which three digits show as 60.0 s


def format_bytes(size: SupportsFloat | None) -> str:
    """Print a size in bytes: ``812 B``, ``64 kB``, ``1.50 MB`` (powers of 1024)."""
    value = _float(size)
    if value is None:
        return _UNKNOWN
    scales = {1024**power: f"{prefix}B" for power, prefix in reversed([*enumerate("kMGTP", 1)])}
    sign = "-" if value < 0 else ""
    if abs(value) < 1023.5:  # noqa: PLR2004 - bytes are whole; what rounds to 1024 is a kB
        return f"{sign}{round(abs(value))} B"
    return sign + _scaled(max(abs(value), 1024.0), scales, zero="B")


def format_count(count: SupportsFloat | None) -> str:
    """Print a whole number with thousands separators: ``1,234,567``."""
    value = _float(count)
    if value is None or math.isinf(value):
        return _UNKNOWN
    return f"{int(count) if isinstance(count, int) else round(value):,}"


def format_share(share: SupportsFloat | None) -> str:
    """Print a share (0 to 1) in per cent: ``12.3 %``; what would look like nothing: ``<0.1 %``."""
    value = _float(share)
    if value is None:
        return _UNKNOWN
    if 0 < value < 0.0005:  # noqa: PLR2004 - half of the last digit shown
        return "<0.1 %"
    return f"{value * 100 + 0.0:.1f} %"


def _float(value: SupportsFloat | None) -> float | None:
    """Return a float, or None for everything unknown: None, NaN, ``pandas.NA``, ``NaT``."""
    if value is None:
        return None
    try:
        number = float(value)
    except TypeError:  # pandas.NA refuses
        return None
    return None if math.isnan(number) else number


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def _digits(value: float) -> str:
    """Three significant digits; from 10 on a fraction of zero is left out (84, not 84.0)."""
    rounded = _three_digits(value)
    size = abs(rounded)
    if size >= 1000 or rounded == 0:  # noqa: PLR2004
        return f"{rounded:,.0f}"
    if size >= 10:  # noqa: PLR2004
        return f"{rounded:g}"
    return f"{rounded:.2f}" if size >= 1 else f"{rounded:.3g}"


def _scaled(value: float, scales: Mapping[float, str], *, zero: str) -> str:
    """Print ``value`` in the largest unit of ``scales`` (largest first) that it fills."""
    for scale, name in scales.items():
        # Compared after rounding: 999.6 us are 1.00 ms, never 1,000 us.
        if _three_digits(value / scale) >= 1:
            return f"{_digits(value / scale)} {name}"
    scale, name = list(scales.items())[-1]
    return f"{_digits(value / scale)} {name}" if value else f"0 {zero}"
