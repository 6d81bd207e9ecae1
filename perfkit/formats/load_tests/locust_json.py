"""locust's ``--json`` and ``--json-file``: an array with one object per request and method.

``response_times`` counts rounded times in ms: percentiles are taken from it by locust's own rule,
so that they are those of ``_stats.csv``. A row of all requests together is not in it.

Checked: locust/stats.py (StatsEntry.serialize, calculate_response_time_percentile), output of 2.47.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from perfkit.formats.load_tests.locust_csv import CLOSED
from perfkit.formats.load_tests.summary_rows import ROUNDED, SummaryRow, load_tests, number
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept

__all__ = ["FORMAT"]

_ENTRY = re.compile(rb"\A\s*\[\s*\{")
_KEYS = re.compile(rb'"(num_requests|num_failures|total_response_time|response_times)"\s*:')
_ALL_KEYS = 4
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class _Entry(msgspec.Struct, gc=False):
    name: str
    num_requests: _Count
    method: str | None = None
    num_failures: _Count = 0
    num_none_requests: _Count = 0
    total_response_time: float | None = None
    max_response_time: float | None = None
    start_time: float | None = None
    last_request_timestamp: float | None = None
    response_times: dict[float, _Count] = {}


_entry = msgspec.json.Decoder(_Entry, strict=False).decode


def recognises(head: bytes) -> Recognition:
    """Recognise an array of objects with locust's counters."""
    sure = _ENTRY.match(head) is not None and len({*_KEYS.findall(head)}) == _ALL_KEYS
    return Recognition(confidence=0.97 if sure else 0.0, reason="locust's statistics as JSON")


def cut(data: bytes) -> int:  # noqa: ARG001 - a document cannot be divided (``Format.cut``)
    """Return 0: a document is read as a whole."""
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse entries, each a record."""
    if not chunk.data.strip():
        return Parsed()
    try:
        raws = _ARRAY.decode(chunk.data.decode("utf-8", "replace").encode())
    except (msgspec.DecodeError, RecursionError):
        bad = BadLine.of(1, "it is no JSON array, or cut off", chunk.data)
        return Parsed(rejected=(bad,), rejected_lines=1, lines=1)
    entries: list[tuple[int, bytes, _Entry]] = []
    rejected: list[BadLine] = []
    for line, raw in enumerate(map(bytes, raws), start=1):
        try:
            entries.append((line, raw, _entry(raw)))
        except (msgspec.DecodeError, RecursionError):
            rejected.append(BadLine.of(line, "it is no entry of locust's statistics", raw))
    seconds = _seconds([entry for _, _, entry in entries])
    rows = [_row(line, raw, entry, seconds) for line, raw, entry in entries]
    return Parsed(
        tables=load_tests(rows),
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        lines=len(raws),
        notes=(CLOSED, ROUNDED) if rows else (),
    )


def _seconds(entries: list[_Entry]) -> float | None:
    """Return how long the test ran: from the first request sent to the last answered."""
    starts = [known for entry in entries if (known := number(entry.start_time))]
    ends = [known for entry in entries if (known := number(entry.last_request_timestamp))]
    passed = max(ends) - min(starts) if starts and ends else 0.0
    return passed if passed > 0 else None


def _row(line: int, raw: bytes, entry: _Entry, seconds: float | None) -> SummaryRow:
    timed = entry.num_requests - entry.num_none_requests
    requests = entry.num_requests
    total = number(entry.total_response_time)
    return SummaryRow(
        line=line,
        tool="locust",
        name=f"{entry.method} {entry.name}" if entry.method else entry.name,
        requests=requests,
        failures=entry.num_failures,
        rate_per_s=requests / seconds if seconds else None,
        mean_ms=total / timed if total is not None and timed > 0 else None,
        p50_ms=_percentile(entry, 0.5),
        p90_ms=_percentile(entry, 0.9),
        p95_ms=_percentile(entry, 0.95),
        p99_ms=_percentile(entry, 0.99),
        max_ms=number(entry.max_response_time) if timed > 0 else None,
        corrected=False,
        at=_ns(entry.start_time),
        elapsed_ms=seconds * 1000 if seconds else None,
        attributes=raw,
    )


def _percentile(entry: _Entry, share: float) -> float | None:
    """Return the largest time that is not above so many requests (locust's rule)."""
    below = int(entry.num_requests * share)
    above = 0
    for ms in sorted(entry.response_times, reverse=True):
        above += entry.response_times[ms]
        if entry.num_requests - above <= below:
            return number(ms)
    return None


def _ns(seconds: float | None) -> int | None:
    """Return seconds since 1970 as ns; microseconds are what a float of this size can hold."""
    known = number(seconds)
    return round(known * 1e6) * 1000 if known and known < 9e9 else None  # noqa: PLR2004 - 2255


FORMAT = Format(
    name="locust-json",
    title="locust statistics (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
