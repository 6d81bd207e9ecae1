"""locust's ``_failures.csv`` and ``_exceptions.csv`` -> ``events`` of kind ``error``.

A failure is a request that failed, an exception one of the script; one row each per kind, with how
often it happened. Since 2.4x failures tell when they were first and last seen (UTC).

Checked: locust/stats.py (StatsCSV), files of 2.47.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from perfkit import tables
from perfkit.formats.lines import cut_csv
from perfkit.formats.load_tests.locust_csv import Row, columns, read
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.times import read_times, zone_note

__all__ = ["FORMAT"]

_FAILURES = {"type", "name", "error", "occurrences"}
_EXCEPTIONS = {"count", "message", "traceback", "nodes"}


def recognises(head: bytes) -> Recognition:
    """Recognise the columns of either."""
    names = {*columns(head)}
    sure = names >= _FAILURES or names == _EXCEPTIONS
    return Recognition(confidence=1.0 if sure else 0.0, reason="the columns of locust's errors")


def parse(chunk: Chunk) -> Parsed:
    """Parse rows, each a kind of error."""
    found = read(chunk)
    rows = found.rows
    at = read_times([row.get("first seen") for row in rows], chunk.zone)
    contents = {
        "at": at.array,
        "kind": pa.repeat("error", len(rows)),
        "message": pa.array([_message(row) for row in rows], pa.string()),
        "line": [row.line for row in rows],
        "attributes": pa.array([row.raw for row in rows], pa.binary()),
    }
    table = {"events": tables.from_columns("events", contents)} if rows else {}
    return replace(found.parsed((zone_note(chunk.zone),) * at.naive), tables=table)


def _message(row: Row) -> str:
    """Return what failed, how, and how often."""
    what = " ".join(part for part in (row.get("type"), row.get("name")) if part)
    how = row.get("error") or row.get("message") or "error"
    times = row.get("occurrences") or row.get("count") or "?"
    return f"{what}: {how} ({times} times)" if what else f"{how} ({times} times)"


FORMAT = Format(
    name="locust-errors",
    title="locust failures and exceptions (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
)
