"""Rows of ``load_tests`` as tools state them: what is not stated, or no number, is unknown.

``at`` is the time that the tool states: k6's summary when it was written, locust's when the first
request was sent.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import tables
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ROUNDED", "SummaryRow", "integer", "load_tests", "number"]

#: Counts beyond this are none.
_MOST = 1 << 62

ROUNDED = Note(
    kind="rounded_percentiles",
    message="locust rounds response times before it takes percentiles, below 100 ms to whole ms, "
    "above to two digits (147 ms to 150 ms): smaller differences between them mean nothing",
)


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """One row; ``name`` None is the whole test."""

    line: int
    tool: str
    name: str | None = None
    requests: int | None = None
    failures: int | None = None
    rate_per_s: float | None = None
    mean_ms: float | None = None
    p50_ms: float | None = None
    p90_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    corrected: bool | None = None
    at: int | None = None
    elapsed_ms: float | None = None
    concurrency: int | None = None
    attributes: bytes = b""


def load_tests(rows: Sequence[SummaryRow]) -> dict[str, pa.Table]:
    """Return the table of these rows, none of no rows."""
    if not rows:
        return {}
    plain = [asdict(row) for row in rows]
    columns: dict[str, Any] = {name: [row[name] for row in plain] for name in plain[0]}
    columns["at"] = pa.array(columns["at"], pa.int64())
    return {"load_tests": tables.from_columns("load_tests", columns)}


def number(value: object) -> float | None:
    """Return a finite number that is not negative, told as number or text; else None.

    Example:
        >>> number("1.5"), number("N/A"), number(-1), number(True)
        (1.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def integer(value: object) -> int | None:
    """Return a count, told as number or text; else None."""
    found = number(value)
    return int(found) if found is not None and found < _MOST and found.is_integer() else None
