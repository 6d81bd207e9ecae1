"""A shift in words: in per cent, from three times on in times."""

from __future__ import annotations

import math

__all__ = ["percent", "shift_in_words"]

_TIMES = 3.0


def percent(log: float) -> float:
    """Return a difference of natural logarithms in per cent.

    Example:
        >>> round(percent(0.0953), 1)
        10.0
    """
    return math.expm1(log) * 100


def shift_in_words(value: float, low: float, high: float) -> str:
    """Say a shift and its 95 % interval, all in natural logarithms.

    Example:
        >>> shift_in_words(0.0953, 0.049, 0.14)
        '10 % slower (95 % interval 5 to 15 %)'
    """
    if value >= math.log(_TIMES):
        value, low, high = map(math.exp, (value, low, high))
        return f"{_times(value)} times as slow (95 % interval {_times(low)} to {_times(high)})"
    sign = 1 if value >= 0 else -1
    value, low, high = (sign * percent(log) for log in (value, low, high))
    low, high = sorted((low, high))
    word = "slower" if sign > 0 else "faster"
    return f"{value:.0f} % {word} (95 % interval {low:.0f} to {high:.0f} %)"


def _times(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}"  # noqa: PLR2004 - two digits
