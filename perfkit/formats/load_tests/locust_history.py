"""locust's ``_stats_history.csv``: how the load went, every second -> ``metrics``.

``locust_users``, ``locust_requests_per_s``, ``locust_failures_per_s`` and the percentiles of the
last ten seconds (``locust_p50_ms``, ...) of the rows of all requests together. Rows of single
requests (``--csv-full-history``) are left out: ``metrics`` has no routes. Percentiles that are N/A,
or 0 because nothing was answered, have no row.

Checked: locust/stats.py (StatsCSVFileWriter), files of 2.47.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.formats.lines import cut_csv
from perfkit.formats.load_tests.locust_csv import Row, Rows, columns, read
from perfkit.formats.load_tests.summary_rows import integer, number
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.times import read_times

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMAT"]

_COLUMNS = {"timestamp", "user count", "type", "name", "requests/s", "failures/s"}
#: Column -> name of the metric and unit.
_METRICS = {
    "user count": ("locust_users", "users"),
    "requests/s": ("locust_requests_per_s", "1/s"),
    "failures/s": ("locust_failures_per_s", "1/s"),
    "50%": ("locust_p50_ms", "ms"),
    "90%": ("locust_p90_ms", "ms"),
    "95%": ("locust_p95_ms", "ms"),
    "99%": ("locust_p99_ms", "ms"),
}
_WHOLE = "Aggregated"


class _Reading(NamedTuple):
    line: int
    raw: bytes
    at: int
    name: str
    unit: str
    value: float


def recognises(head: bytes) -> Recognition:
    """Recognise the columns."""
    sure = {*columns(head)} >= _COLUMNS
    return Recognition(confidence=1.0 if sure else 0.0, reason="the columns of locust's history")


def parse(chunk: Chunk) -> Parsed:
    """Parse the rows of all requests together."""
    found = read(chunk)
    readings: list[_Reading] = []
    for row in found.rows:
        readings += _taken(found, row)
    return replace(found.parsed(), tables=_table(readings) if readings else {})


def _taken(found: Rows, row: Row) -> list[_Reading]:
    at = integer(row.get("timestamp"))
    if row.get("type") or row.get("name") != _WHOLE or at is None:
        found.leave_out(row)
        return []
    return list(_readings(row, at))


def _readings(row: Row, at: int) -> Iterator[_Reading]:
    for column, (name, unit) in _METRICS.items():
        value = number(row.get(column))
        if value is not None and not (unit == "ms" and value == 0):
            yield _Reading(row.line, row.raw, at, name, unit, value)


def _table(readings: list[_Reading]) -> dict[str, pa.Table]:
    line, raw, at, name, unit, value = zip(*readings, strict=True)
    contents = {
        "at": read_times(at, None).array,
        "name": list(name),
        "value": list(value),
        "unit": list(unit),
        "line": list(line),
        "attributes": pa.array(raw, pa.binary()),
    }
    return {"metrics": tables.from_columns("metrics", contents)}


FORMAT = Format(
    name="locust-history",
    title="locust history (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
)
