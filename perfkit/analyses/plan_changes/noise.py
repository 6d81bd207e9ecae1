"""Which differences of single executions count: bands, not tests, since there is one of each."""

from __future__ import annotations

__all__ = [
    "BAND_MS",
    "BAND_SHARE",
    "COST_TIE",
    "MATTERS_SHARE",
    "factor",
    "rows_explain",
    "times_differ",
    "values_differ",
]

#: A time counts as changed only beyond both: an execution repeated at once on a quiet machine
#: stays within them, nodes of less than a millisecond are mostly the clock's own time.
BAND_SHARE, BAND_MS = 0.2, 1.0
#: The planner's own guesses are no better than this: cost differences below it are ties.
COST_TIE = 0.25
#: A node explains a difference from this share of the longer execution on.
MATTERS_SHARE = 0.1


def times_differ(a: float | None, b: float | None) -> bool:
    """Whether two times in ms differ by more than single executions do; unknown ones do not."""
    if a is None or b is None:
        return False
    return abs(b - a) >= BAND_MS and abs(b - a) >= BAND_SHARE * max(a, b)


def values_differ(a: float | None, b: float | None) -> bool:
    """Whether two estimated costs differ by more than a tie."""
    if a is None or b is None:
        return False
    return abs(b - a) > COST_TIE * max(abs(a), abs(b))


def factor(small: float | None, large: float | None) -> float | None:
    """Return ``large / small``, both at least 1; None where one is unknown."""
    if small is None or large is None:
        return None
    return max(large, 1.0) / max(small, 1.0)


def rows_explain(rows: float | None, times: float) -> bool:
    """Whether ``rows`` times as many rows explain ``times`` times the time, to a half."""
    return rows is not None and rows > 1 and rows >= times / 2
