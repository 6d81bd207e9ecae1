"""Lines of frameworks and their middleware as their sources and documentation show them."""

import pyarrow as pa
import pytest

from perfkit.formats.requests.apps.framework_lines import FRAMEWORK_LINES
from perfkit.formats.requests.apps.matching import matched
from perfkit.formats.requests.apps.told import told

NOON = "2026-11-21T10:00:00+00:00"
#: Line -> kind, client, method, path, status, bytes, ms, when it ended.
LINES = {
    "::1 - GET /x HTTP/1.1 200 5 - 1.5 ms": (
        "morgan short", "::1", "GET", "/x", 200, 5, 1.5, None),
    "info: GET /x 200 1.25 ms - -": ("morgan dev", None, "GET", "/x", 200, None, 1.25, None),
    "GET /x - - - - ms": ("morgan tiny", None, "GET", "/x", None, None, None, None),
    '[GIN] 2026/11/21 - 10:00:00 | 200 |      12.345µs |       ::1 | GET      "/ping"': (
        "gin", "::1", "GET", "/ping", 200, None, 0.012345, NOON),
    "[GIN] 2026/11/21 - 10:00:00 | 500 | 1m2.5s | 127.0.0.1 | POST     /ping": (
        "gin", "127.0.0.1", "POST", "/ping", 500, None, 62_500.0, NOON),
    '2026/11/21 10:00:00 [h/a-1] "GET http://h:3333/x?y HTTP/1.1" from [::1]:5 - 000 2B in 1s':
        ("chi", "::1", "GET", "/x?y", 0, 2, 1000.0, NOON),
    "10:00:00 | 200 |      1.5ms | 127.0.0.1 | GET | / | -": (
        "Fiber", "127.0.0.1", "GET", "/", 200, None, 1.5, None),
    "[I 261121 10:00:00 web:2348] 200 GET /x (127.0.0.1) 1.25ms": (
        "Tornado", "127.0.0.1", "GET", "/x", 200, None, 1.25, NOON),
    "2026-11-21 10:00:00 [INF] HTTP GET /x responded 200 in 12.5 ms": (
        "Serilog", None, "GET", "/x", 200, None, 12.5, NOON),
    "      Request finished HTTP/1.1 GET http://h:5000/a - 200 - text/html;+charset=utf-8 2.5ms": (
        "ASP.NET Core", None, "GET", "/a", 200, None, 2.5, None),
    "      Request finished HTTP/2 GET https://h/a?b=1 - - - 401 0 - 672.5ms": (
        "ASP.NET Core", None, "GET", "/a?b=1", 401, None, 672.5, None),
    "2026-11-21 10:00:00 [eventLoop-1] INFO  Application - 200 OK: GET - /x in 12ms": (
        "Ktor", None, "GET", "/x", 200, None, 12.0, NOON),
    '2026-11-21 10:00:00 INFO HTTP Request: GET https://u:p@api.x.com:8443/v?y=1 "HTTP/1.1 200 OK"':
        ("httpx", None, "GET", "/v?y=1", 200, None, None, NOON),
    'DEBUG:urllib3.connectionpool:https://api.x.com:443 "GET /v1 HTTP/1.1" 200 None': (
        "urllib3", None, "GET", "/v1", 200, None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_each_framework_is_read(line):
    kind, *wanted = LINES[line]
    assert [one.kind.name for one in matched(pa.array([line]))] == [kind]
    (row,) = told(pa.array([line]), None).tables["requests"].to_pylist()
    names = ("client", "method", "path", "status", "response_bytes", "duration_ms")
    assert [row[name] for name in names] == wanted[:-1]
    at = row["started_at"]
    if wanted[-1] is None:
        assert at is None
    else:
        begun = (row["duration_ms"] or 0) / 1000
        assert at.timestamp() + begun == pytest.approx(1795255200.0, abs=1e-3)


def test_every_kind_has_a_line_here():
    assert {kind for kind, *_ in LINES.values()} == {kind.name for kind in FRAMEWORK_LINES}


def test_what_clients_log_was_sent_to_a_peer_and_tells_no_password():
    lines = [line for line, (kind, *_) in LINES.items() if kind in {"httpx", "urllib3"}]
    rows = told(pa.array(lines), None).tables["requests"].to_pylist()
    assert [(row["kind"], row["peer"]) for row in rows] == [
        ("client", "api.x.com:8443"),
        ("client", "api.x.com"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "took 5 ms - 5", "GET /x 200", "the GET /x 200 1.2 ms - 5 bytes", "[GIN-debug] GET /ping",
        'he wrote "info: GET /x 200 1.25 ms - 5', "Application - 200 OK: GET - /x",
    ],
)  # fmt: skip
def test_lines_that_only_look_like_it_are_no_requests(line):
    assert matched(pa.array([line])) == []
