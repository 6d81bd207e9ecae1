"""What stands out among routes of which only counts and percentiles are known.

Where the requests themselves are at hand, :mod:`perfkit.analyses.alerts` judges them instead; a
streaming scan does not keep them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import statistics, units
from perfkit.analyses.failures import QUERY
from perfkit.results import Finding, Fix
from perfkit.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

__all__ = ["CHECKED", "findings"]

#: After about a second a user's train of thought breaks (Nielsen, Usability Engineering,
#: 1993, ch. 5); nobody needs a target of their own to call a p95 beyond it slow.
SLOW_MS = 1000.0
ERROR_RATE = 0.01
#: One failure among 80 requests is above 1 %, and says nothing.
FEWEST_ERRORS = 5
#: A lognormal latency with an ordinary spread (sigma 0.45) has p99 = 2.85 p50.
TAIL_RATIO = 3.0
#: What feels immediate needs no shorter tail (Nielsen: 100 ms).
TAIL_FROM_MS = 100.0

CHECKED = (
    f"a p95 above {units.format_ms(SLOW_MS)} (from {statistics.MINIMUM_COUNT[95]} requests on)",
    f"failures above {units.format_share(ERROR_RATE)} (from {FEWEST_ERRORS} failures on)",
    f"a p99 above {TAIL_RATIO:g} x p50 (from {statistics.MINIMUM_COUNT[99]} requests on)",
)


def findings(table: pa.Table) -> list[Finding]:
    """Return findings on rows of a baseline, in the order of its rows."""
    return [finding for row in table.to_pylist() if row["route"] for finding in _of_route(row)]


def _of_route(row: dict[str, Any]) -> Iterable[Finding]:
    if (row["errors"] or 0) >= FEWEST_ERRORS and row["error_rate"] > ERROR_RATE:
        yield _failing(row)
    if row["p95_ms"] > SLOW_MS and not math.isnan(row["p95_low_ms"]):
        yield _slow(row)
    elif _long_tail(row):
        yield _tail(row)


def _failing(row: dict[str, Any]) -> Finding:
    certain = wilson_interval(row["errors"], row["requests"])[0] > ERROR_RATE
    return _finding(
        "error-rate",
        row,
        f"{row['route']} fails in {units.format_share(row['error_rate'])} of its requests"
        f" ({row['errors']:,} of {row['requests']:,})",
        Fix(
            text="Look at the errors beside the failing requests before looking at latency: a"
            " failure is often fast, or as slow as a timeout.",
            snippet=f"{_of(row)}.requests.query({QUERY!r})",
            language="python",
        ),
        severity="critical" if certain else "warning",
        confidence="high" if certain else "medium",
    )


def _slow(row: dict[str, Any]) -> Finding:
    certain = row["p95_low_ms"] > SLOW_MS
    return _finding(
        "slow-route",
        row,
        f"{row['route']} takes {units.format_ms(row['p95_ms'])} or more in 5 % of its"
        f" {row['requests']:,} requests (p50 {units.format_ms(row['p50_ms'])})",
        Fix(
            text="See where its time goes: database, calls to others, waiting for a connection,"
            " or its own code.",
            snippet=f"perfkit.diagnose({_of(row)})",
            language="python",
        ),
        severity="warning",
        confidence="high" if certain else "medium",
    )


def _long_tail(row: dict[str, Any]) -> bool:
    if math.isnan(row["p99_low_ms"]) or row["p99_ms"] < TAIL_FROM_MS:
        return False
    return bool(row["p99_low_ms"] > TAIL_RATIO * row["p50_high_ms"])


def _tail(row: dict[str, Any]) -> Finding:
    return _finding(
        "long-tail",
        row,
        f"{row['route']}: p99 {units.format_ms(row['p99_ms'])} is"
        f" {row['p99_ms'] / row['p50_ms']:.1f} times its p50 {units.format_ms(row['p50_ms'])}",
        Fix(
            text="Compare its slowest requests with the rest: what do they have in common?",
            snippet=f"{_of(row)}.requests.nlargest(20, 'duration_ms')",
            language="python",
        ),
        severity="info",
        confidence="high",
    )


def _of(row: dict[str, Any]) -> str:
    return f"rec.where(route={row['route']!r})"


def _finding(
    rule: str, row: dict[str, Any], title: str, fix: Fix, *, severity: Any, confidence: Any
) -> Finding:
    names = ["requests", "error_rate", "p50_ms"]
    names += [f"{p}_ms" for p in ("p95", "p99") if not math.isnan(row[f"{p}_low_ms"])]
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        evidence=[{name: row[name] for name in [*names, "max_ms"]}],
        fix=fix,
        confidence=confidence,
        keys={"route": row["route"]},
    )
