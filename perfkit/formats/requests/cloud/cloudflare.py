"""Cloudflare's HTTP requests as Logpush and Logpull write them: JSON lines.

How long a request took is what passed from ``EdgeStartTimestamp`` to ``EdgeEndTimestamp``. Where
both are in whole seconds (Logpush's default) that tells nothing, and the time to the first byte
stands for it, which a note says. Timestamps are RFC 3339, or seconds, milliseconds or nanoseconds
since 1970. ``OriginResponseTime``, which ``OriginResponseDurationMs`` replaced, is nanoseconds.

Checked: "HTTP requests" and "Log output options" (developers.cloudflare.com/logs).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.orm.statement_rows import null_if_empty
from perfkit.formats.times import Times, read_times, zone_note
from perfkit.recording import Note

__all__ = ["FORMAT"]

_MARKS = (b'"EdgeStartTimestamp"', b'"EdgeResponseStatus"', b'"RayID"', b'"ClientRequestHost"')
_ENOUGH, _SAMPLE, _MOST = 2, 100, 0.5
_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
_FIRST_BYTE = Note(
    kind="first_byte",
    message="Cloudflare's timestamps are in whole seconds: durations are the times to the first"
    " byte (EdgeTimeToFirstByteMs): set timestamp_format=rfc3339ns (or unixnano) in the job, so"
    " that they are the whole requests",
)


class _Request(msgspec.Struct, gc=False, rename="pascal"):
    edge_start_timestamp: int | str | None = None
    edge_end_timestamp: int | str | None = None
    client_request_method: str | None = None
    client_request_path: str | None = None
    client_request_host: str | None = None
    edge_response_status: _Count | None = None
    edge_response_bytes: _Count | None = None
    cache_cache_status: str | None = None
    origin_response_status: int | None = None
    origin_response_time: int | None = None
    origin_response_duration_ms: float | None = None
    edge_time_to_first_byte_ms: float | None = None
    client_request_uri: str | None = msgspec.field(name="ClientRequestURI", default=None)
    client_ip: str | None = msgspec.field(name="ClientIP", default=None)
    ray_id: str | None = msgspec.field(name="RayID", default=None)


_decode = msgspec.json.Decoder(_Request).decode


class _Row(NamedTuple):
    line: int
    raw: bytes
    request: _Request


def recognises(head: bytes) -> Recognition:
    """Recognise JSON lines with keys that only Cloudflare has."""
    lines = [line for line in head.split(b"\n", _SAMPLE)[:_SAMPLE] if line.strip()]
    fits = [line for line in lines if _is_ours(line)]
    sure = bool(lines) and len(fits) >= _MOST * len(lines)
    return Recognition(confidence=0.97 if sure else 0.0, reason="requests of Cloudflare")


def _is_ours(line: bytes) -> bool:
    return line.lstrip()[:1] == b"{" and sum(mark in line for mark in _MARKS) >= _ENOUGH


def parse(chunk: Chunk) -> Parsed:
    """Parse JSON lines, each a request."""
    count = count_lines(chunk.data)
    rows: list[_Row] = []
    bad: list[BadLine] = []
    irrelevant = 0
    for number, line in enumerate(chunk.data.split(b"\n")[:count], start=1):
        try:
            request = _decode(line) if line.strip() else _Request()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            bad.append(BadLine.of(number, "it is no request of Cloudflare, or cut off", line))
            continue
        if _is_request(request):
            rows.append(_Row(number, line, request))
        else:
            irrelevant += 1
    table, notes = _table(rows, chunk.zone) if rows else (None, [])
    return Parsed(
        tables={} if table is None else {"requests": table},
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=irrelevant,
        lines=count,
        notes=tuple(notes),
    )


def _is_request(one: _Request) -> bool:
    """Say whether a line tells of a request: other datasets have the same timestamps."""
    where = one.client_request_uri or one.client_request_path or one.client_request_host
    return where is not None or one.edge_response_status is not None


def _table(rows: list[_Row], zone: str | None) -> tuple[pa.Table, list[Note]]:
    requests = [row.request for row in rows]
    start = read_times([one.edge_start_timestamp for one in requests], zone)
    end = read_times([one.edge_end_timestamp for one in requests], zone)
    ms, first_byte = _durations(requests, start, end)
    columns = {
        "started_at": start.array,
        "duration_ms": ms,
        "upstream_ms": pa.array(map(_upstream, requests), pa.float64()),
        "method": _texts(one.client_request_method for one in requests),
        "path": _texts(one.client_request_uri or one.client_request_path for one in requests),
        "status": pa.array((one.edge_response_status for one in requests), pa.int64()),
        "service": _texts(one.client_request_host for one in requests),
        "client": _texts(one.client_ip for one in requests),
        "response_bytes": pa.array((one.edge_response_bytes for one in requests), pa.int64()),
        "request_id": _texts(one.ray_id for one in requests),
        "cache_status": pc.utf8_lower(_texts(one.cache_cache_status for one in requests)),
        "line": pa.array([row.line for row in rows], pa.int64()),
        "attributes": pa.array([row.raw for row in rows], pa.binary()),
    }
    notes = [_FIRST_BYTE] * first_byte + [zone_note(zone)] * (start.naive or end.naive)
    return tables.from_columns("requests", columns), notes


def _durations(requests: list[_Request], start: Times, end: Times) -> tuple[pa.Array, bool]:
    """Return how long requests took, and whether for some that is the time to the first byte."""
    begins, ends = start.array.cast(pa.int64()), end.array.cast(pa.int64())
    passed = pc.divide(pc.subtract(ends, begins).cast(pa.float64()), 1e6)
    coarse = pc.and_(_is_whole(begins), _is_whole(ends))
    fine = pc.and_(pc.invert(coarse), pc.greater_equal(passed, 0.0))
    whole = pc.if_else(fine, passed, pa.scalar(None, pa.float64()))
    first = pa.array((_known(one.edge_time_to_first_byte_ms) for one in requests), pa.float64())
    stands_in = pc.and_(pc.is_null(whole), pc.is_valid(first))
    return pc.coalesce(whole, first), bool(pc.any(stands_in).as_py())


def _is_whole(ns: pa.Array) -> pa.Array:
    values = ns.fill_null(0).to_numpy()
    return pa.array(values % 1_000_000_000 == np.int64(0))


def _upstream(one: _Request) -> float | None:
    """Return what the origin took; 0 where none was asked is unknown."""
    if (ms := _known(one.origin_response_duration_ms)) is None:
        ms = None if (ns := _known(one.origin_response_time)) is None else ns / 1e6
    return None if not ms and not one.origin_response_status else ms


def _known(value: float | None) -> float | None:
    return value if value is not None and value >= 0 else None


def _texts(values: Any) -> pa.Array:
    return null_if_empty(pa.array(values, pa.string()))


FORMAT = Format(
    name="cloudflare",
    title="Cloudflare HTTP requests (Logpush)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
