"""Request logs of well-known programs, as their documentation shows them."""

import io
import json

import pytest

from perfkit.ingest.load import load

NANOSECONDS = 12_300_000
LINES = {
    "traefik": {"StartUTC": "2026-11-21T09:18:11.5Z", "RequestMethod": "GET", "RequestPath": "/a/7",
                "DownstreamStatus": 200, "Duration": NANOSECONDS},
    "echo": {"time": "2026-11-21T09:18:11.5123Z", "method": "GET", "uri": "/a/7", "status": 200,
             "latency": NANOSECONDS, "latency_human": "12.3ms"},
    "nginx": {"time_iso8601": "2026-11-21T09:18:11+00:00", "request": "GET /a/7 HTTP/1.1",
              "status": "200", "request_time": "0.0123"},
    "nginx, local time": {"time_local": "21/Nov/2026:10:18:11 +0100", "request_method": "GET",
                          "request_uri": "/a/7", "status": "200", "request_time": "0.0123"},
    "envoy": {"start_time": "2026-11-21T09:18:11.5Z", "method": "GET", "path": "/a/7",
              "response_code": 200, "duration_ms": 12.3},
    "ecs": {"@timestamp": "2026-11-21T09:18:11.5Z", "http.request.method": "GET",
            "url.path": "/a/7", "http.response.status_code": 200, "event.duration": NANOSECONDS},
    "own": {"ts": 1795252691.5, "verb": "GET", "uri": "/a/7", "code": 200, "took": 0.0123},
}  # fmt: skip


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_method_path_status_time_and_duration_are_read(line):
    rec = load(io.BytesIO((json.dumps(line) + "\n").encode() * 30))
    row = rec.arrow("requests").slice(0, 1).to_pylist()[0]
    assert (row["method"], row["path"], row["status"]) == ("GET", "/a/7", 200)
    assert row["duration_ms"] == pytest.approx(12.3, abs=1e-9)
    assert f"{row['started_at']:%H:%M}" == "09:18"


def test_a_blocked_loop_has_the_time_of_whatever_key_the_logger_uses():
    line = {"ts": 1795252691.5, "event": "blocked_loop", "duration_ms": 150.0, "stack": "a:b:1"}
    events = load(io.BytesIO(json.dumps(line).encode() + b"\n")).arrow("events")
    assert events["at"].to_pylist()[0].timestamp() == 1795252691.5
