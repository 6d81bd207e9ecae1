"""locust's ``_stats.csv``: one row per request and method, the last one of all together.

Times are ms. ``Aggregated`` (before 1.0 ``Total``) is the whole test: its ``name`` is unknown, so
that it is not added to the rest. ``Requests/s`` is the count by the time from the start to the last
response of the test, which gives ``elapsed_ms``.

Checked: locust/stats.py (StatsCSV, total_rps, calculate_response_time_percentile), files of 2.47.
"""

from __future__ import annotations

from dataclasses import replace

from perfkit.formats.lines import cut_csv
from perfkit.formats.load_tests.locust_csv import CLOSED, Row, columns, read
from perfkit.formats.load_tests.summary_rows import (
    ROUNDED,
    SummaryRow,
    integer,
    load_tests,
    number,
)
from perfkit.formats.model import Chunk, Format, Parsed, Recognition

__all__ = ["FORMAT"]

_COLUMNS = {"type", "name", "request count", "failure count", "requests/s"}
_WHOLE = {"Aggregated", "Total"}
_NO_METHOD = {None, "None"}


def recognises(head: bytes) -> Recognition:
    """Recognise the columns."""
    names = {*columns(head)}
    sure = names >= _COLUMNS and "timestamp" not in names
    return Recognition(confidence=1.0 if sure else 0.0, reason="the columns of locust's statistics")


def parse(chunk: Chunk) -> Parsed:
    """Parse rows, each a summary."""
    found = read(chunk)
    rows = [_summary(row) for row in found.rows]
    notes = (CLOSED, ROUNDED) if rows else ()
    return replace(found.parsed(notes), tables=load_tests(rows))


def _summary(row: Row) -> SummaryRow:
    requests, rate = integer(row.get("request count")), number(row.get("requests/s"))
    median = number(row.get("50%"))
    measured = bool(requests)
    return SummaryRow(
        line=row.line,
        tool="locust",
        name=_name(row),
        requests=requests,
        failures=integer(row.get("failure count")),
        rate_per_s=rate,
        mean_ms=number(row.get("average response time")) if measured else None,
        p50_ms=median or (number(row.get("median response time")) if measured else None),
        p90_ms=number(row.get("90%")),
        p95_ms=number(row.get("95%")),
        p99_ms=number(row.get("99%")),
        max_ms=number(row.get("max response time")) if measured else None,
        corrected=False,
        elapsed_ms=1000 * requests / rate if requests and rate else None,
        attributes=row.raw,
    )


def _name(row: Row) -> str | None:
    method, name = row.get("type"), row.get("name")
    if name in _WHOLE and method in {*_NO_METHOD, name}:
        return None
    return " ".join(part for part in (method, name) if part) or None


FORMAT = Format(
    name="locust-stats",
    title="locust statistics (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
)
