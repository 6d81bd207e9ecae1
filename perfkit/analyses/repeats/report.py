"""Patterns and their requests as tables, and what limits the numbers in them."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.n_plus_one_pattern import Pattern
    from perfkit.analyses.repeats.find import Repeat

__all__ = ["caveats", "occurrences", "table"]

_TEXTS = ("fingerprint", "url", "parent", "route")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("repeats", pa.int64()),
        ("requests", pa.int64()),
        ("time_ms", pa.float64()),
        ("saves_ms", pa.float64()),
        ("saves_low_ms", pa.float64()),
        ("saves_high_ms", pa.float64()),
        ("calls", pa.int64()),
        ("least_repeats", pa.int64()),
        ("most_repeats", pa.int64()),
        ("total_ms", pa.float64()),
        ("time_share", pa.float64()),
        ("source_statement", pa.string()),
        ("kind", pa.string()),
        ("growth", pa.string()),
        ("statements", pa.int64()),
        ("also", pa.string()),
        ("weighted_requests", pa.float64()),
        ("request_share", pa.float64()),
        ("peer", pa.string()),
        ("fingerprint_id", pa.string()),
    ]
)
_OCCURRENCE = pa.schema(
    [
        *((name, pa.string()) for name in ("trace_id", "route", "fingerprint", "url", "peer")),
        ("repeats", pa.int64()),
        ("time_ms", pa.float64()),
        ("saves_ms", pa.float64()),
        ("session", pa.string()),
    ]
)


def table(chosen: Sequence[Pattern], grows: Sequence[str]) -> pa.Table:
    """Return one row per pattern, as :func:`perfkit.n_plus_one` describes them."""
    rows = [_row(pattern, grown) for pattern, grown in zip(chosen, grows, strict=True)]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(pattern: Pattern, grown: str) -> dict[str, Any]:
    target = pattern.target
    counts = [repeat.repeats for repeat in pattern.found]
    low, high = pattern.saves_range_ms
    return {
        "fingerprint": target.fingerprint,
        "url": target.url,
        "parent": pattern.typical.parent,
        "route": pattern.route,
        "repeats": pattern.repeats,
        "requests": pattern.requests,
        "time_ms": pattern.time_ms,
        "saves_ms": pattern.saves_ms,
        "saves_low_ms": None if math.isnan(low) else low,
        "saves_high_ms": None if math.isnan(high) else high,
        "calls": sum(counts),
        "least_repeats": min(counts),
        "most_repeats": max(counts),
        "total_ms": sum(sorted(repeat.time_ms for repeat in pattern.found)),
        "time_share": statistics.median(repeat.share for repeat in pattern.found),
        "source_statement": pattern.source,
        "kind": target.kind,
        "growth": grown or None,
        "statements": 1 + len(pattern.also),
        "also": "\n".join(other.text for other in pattern.also) or None,
        "weighted_requests": pattern.weight,
        "request_share": min(pattern.requests / pattern.served, 1.0) if pattern.served else None,
        "peer": target.peer,
        "fingerprint_id": target.fingerprint_id,
    }


def occurrences(found: Sequence[Repeat]) -> pa.Table:
    """Return one row per request and target that repeats, reported or not."""
    rows = [
        {
            "trace_id": repeat.trace_id,
            "route": repeat.route,
            "fingerprint": repeat.target.fingerprint,
            "url": repeat.target.url,
            "peer": repeat.target.peer,
            "repeats": repeat.repeats,
            "time_ms": repeat.time_ms,
            "saves_ms": repeat.saves_ms,
            "session": repeat.session,
        }
        for repeat in found
    ]
    return pa.Table.from_pylist(rows, schema=_OCCURRENCE)


def caveats(chosen: Sequence[Pattern]) -> list[str]:
    """Say where numbers are of few requests, or stand for more than were seen."""
    notes = []
    few = [pattern for pattern in chosen if math.isnan(pattern.saves_range_ms[0])]
    if few:
        notes.append(
            f"{len(few)} of {len(chosen)} patterns have fewer than six requests: their savings have"
            " no interval."
        )
    seen = sum(pattern.requests for pattern in chosen)
    meant = sum(pattern.weight for pattern in chosen)
    if meant > seen:
        notes.append(
            f"The data are sampled: the {seen:,} requests seen stand for about {meant:,.0f}; totals"
            " are scaled up, medians are of those seen."
        )
    return notes
