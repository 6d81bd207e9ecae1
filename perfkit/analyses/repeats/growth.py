"""Does N grow with the rows of a list?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.analyses.n_plus_one_pattern import Pattern
    from perfkit.analyses.repeats.find import Repeat

__all__ = ["ROWS", "growth", "rows_told"]

#: What instrumentations call the number of rows that a statement returned: OpenTelemetry,
#: Datadog, older OpenTelemetry instrumentations.
ROWS = ("db.response.returned_rows", "meta.db.row_count", "metrics.db.row_count", "db.row_count")
_ROWS = (*ROWS, "metrics.db.response.returned_rows", "meta.db.response.returned_rows")
#: N follows the rows if it does so in most of the requests, give or take a tenth.
_MOSTLY, _TOLERANCE = 0.8, 0.1
_CONFIRMED = 3


def growth(pattern: Pattern, rows_of: Callable[[Sequence[Repeat]], Sequence[float | None]]) -> str:
    """Return ``rows`` (N is the rows of the statement before), ``varies``, ``constant`` or "".

    ``rows_of`` tells how many rows the statement before each repeat returned. Of fewer than
    three requests that agree, nothing is said.
    """
    told = rows_of(pattern.found[:200])
    pairs = [(r.repeats, n) for r, n in zip(pattern.found, told, strict=False) if n is not None]
    follow = sum(abs(n - rows) <= max(1.0, _TOLERANCE * rows) for n, rows in pairs)
    if len(pairs) >= _CONFIRMED and follow >= _MOSTLY * len(pairs) and pattern.varies:
        return "rows"
    if pattern.varies:
        return "varies"
    return "constant" if pattern.requests >= _CONFIRMED else ""


def rows_told(told: dict[str, Any]) -> float | None:
    """Return the number of rows that a span's attributes tell."""
    for name in _ROWS:
        try:
            return float(told[name])
        except (KeyError, TypeError, ValueError):
            continue
    return None
