"""Which inputs have an envelope, which have none, and envelopes in envelopes."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from perfkit.ingest.envelopes.opened import MAX_DEPTH, open_envelope, take_off
from perfkit.ingest.envelopes.registry import envelopes

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"


def _files():
    found = [p for p in (ROOT / "sample_data").rglob("*") if p.is_file()]
    return [*found, *(p for p in SHARED.rglob("*") if p.is_file())]


@pytest.mark.parametrize("path", _files(), ids=lambda path: "-".join(path.parts[-3:]))
def test_a_log_or_trace_without_an_envelope_has_none(path):
    raw = path.read_bytes()
    head = (gzip.decompress(raw) if path.suffix == ".gz" else raw)[: 1 << 16]
    assert take_off(head) is None


@pytest.mark.parametrize(
    "line",
    [
        {
            "event": "request",
            "timestamp": "2026-11-21T11:00:00Z",
            "duration_ms": 3,
            "level": "info",
        },
        {"@timestamp": "2026-11-21T11:00:00Z", "message": "request finished", "log.level": "info"},
        {"time": "2026-11-21T11:00:00Z", "message": "done", "stream": "orders", "log": "x"},
        {
            "timestamp": "2026-11-21 11:00:00.1 UTC",
            "pid": 1,
            "error_severity": "LOG",
            "message": "x",
        },
        {"t": {"$date": "2026-11-21T11:00:00Z"}, "s": "I", "c": "COMMAND", "msg": "Slow query"},
        {
            "severity": "INFO",
            "message": "x",
            "httpRequest": {},
            "timestamp": "2026-11-21T11:00:00Z",
        },
        {"labels": {"a": "b"}, "line": 12, "timestamp": "2026-11-21T11:00:00Z"},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]},
        {"data": [{"type": "order", "attributes": {"timestamp": "2026-11-21T11:00:00Z"}}]},
    ],
)
def test_json_of_applications_and_servers_is_no_envelope(line):
    assert take_off((json.dumps(line) + "\n").encode() * 60) is None


@pytest.mark.parametrize(
    "head",
    [b"", b"\n", b"\0" * 1000, b"\xff" * 1000, b"{" * 60_000, b"[" * 60_000, b'{"a":' * 9000],
)
def test_what_is_no_text_has_no_envelope(head):
    assert take_off(head) is None


def test_names_are_unique_and_modules_hold_one_each():
    names = [item.name for item in envelopes()]
    assert len(set(names)) == len(names)
    assert all(item.title for item in envelopes())


def test_envelopes_in_envelopes_are_found_one_by_one():
    line = b'{"event":"request","path":"/"}\n'
    syslog = b"Nov 21 11:00:00 host app[1]: " + line
    cri = b"2026-11-21T11:00:00.000000000Z stdout F " + syslog
    data = b"".join(
        json.dumps(
            {"log": cri.decode(), "stream": "stdout", "time": "2026-11-21T11:00:01Z"}
        ).encode()
        + b"\n"
        for _ in range(9)
    )
    names = []
    for _ in range(MAX_DEPTH):
        envelope = take_off(data)
        names.append(envelope.name)
        found = [
            piece
            for part in open_envelope(envelope, io.BytesIO(data).read)
            for piece in part.pieces
        ]
        data = b"".join(piece.data for piece in found)
    assert names == ["docker-json-file", "cri", "syslog"]
    assert data == line * 9
    assert take_off(data) is None


@pytest.mark.parametrize("name", [item.name for item in envelopes()])
def test_one_long_line_takes_time_in_proportion_to_its_length(take, name):
    import time

    def seconds(size):
        begun = time.process_time()
        for fill in (b"a", b" ", b"[", b'"', b"\x1b[0m", b"{"):
            data = fill * (size // len(fill))
            take_off(data[: 1 << 16])
            take(data, name)
        return time.process_time() - begun

    small = min(seconds(200_000) for _ in range(2))
    assert seconds(1_600_000) < 40 * small + 0.5
