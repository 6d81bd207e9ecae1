"""Lines of servers as their sources and documentation show them."""

import pyarrow as pa
import pytest

from perfkit.formats.requests.apps.matching import matched
from perfkit.formats.requests.apps.server_lines import SERVER_LINES
from perfkit.formats.requests.apps.told import told

#: Line -> kind, client, method, path, status, bytes, ms, when it began.
LINES = {
    'INFO:uvicorn.access:127.0.0.1:5000 - "GET /x HTTP/1.1" 200': (
        "uvicorn", "127.0.0.1", "GET", "/x", 200, None, None, None),
    'INFO:     fe80::1%eth0:5000 - "GET /x HTTP/2" 404 Not Found': (
        "uvicorn", "fe80::1%eth0", "GET", "/x", 404, None, None, None),
    'INFO:      - "GET /x HTTP/1.1" 200 OK': (
        "uvicorn", None, "GET", "/x", 200, None, None, None),
    '[2026-11-21 10:00:00 +0100] [12] [INFO] [::1]:5000 - - [21/Nov/2026:10:00:00 +0100] '
    '"GET /x 2" 200 - "-" "say "hi""': (
        "hypercorn", "::1", "GET", "/x", 200, None, None, "2026-11-21T09:00:00+00:00"),
    '127.0.0.1:54134 - - [21/Nov/2026:20:46:14] "GET /a?b=2" 200 5': (
        "daphne", "127.0.0.1", "GET", "/a?b=2", 200, 5, None, "2026-11-21T20:46:14+00:00"),
    'INFO 2026-11-21 10:00:00,123 basehttp 12 139 "GET /admin/ HTTP/1.1" 302 0': (
        "Django", None, "GET", "/admin/", 302, 0, None, "2026-11-21T10:00:00.123000+00:00"),
    "HTTP GET /x 200 [0.02, 127.0.0.1:5000]": (
        "Django with Channels", "127.0.0.1", "GET", "/x", 200, None, 20.0, None),
    "[pid: 19|app: 0|req: 2/19] 10.0.0.4 () {68 vars in 1889 bytes} [Thu Oct  6 20:17:08 2022] "
    "GET /a?b => generated 7 bytes in 430 msecs (HTTP/1.1 302) 9 headers in 922 bytes (1 switches "
    "on core 0)": (
        "uWSGI", "10.0.0.4", "GET", "/a?b", 302, 7, 430.0, "2022-10-06T20:17:08+00:00"),
    'INFO:aiohttp.access:127.0.0.1 [21/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 150 "-" "c"':
        ("aiohttp", "127.0.0.1", "GET", "/x", 200, 150, None, "2026-11-21T10:00:00+00:00"),
    '127.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /a\\"b HTTP/1.1" 200 5 "-" "say \\"hi\\""': (
        "gunicorn", "127.0.0.1", "GET", '/a"b', 200, 5, None, "2026-11-21T10:00:00+00:00"),
    '[2026-11-21T10:00:00Z INFO  actix_web::middleware::logger] 127.0.0.1 "GET /x HTTP/1.1" 200 5 '
    '"-" "curl" 0.500000': (
        "actix-web", "127.0.0.1", "GET", "/x", 200, 5, 500.0, "2026-11-21T09:59:59.500000+00:00"),
    "[Sat Nov 21 10:00:00 2026] [::1]:5000 [200]: GET /x": (
        "PHP", "::1", "GET", "/x", 200, None, None, "2026-11-21T10:00:00+00:00"),
    '[21/Nov/2026 10:00:00] "GET /x HTTP/1.1" 200 123': (
        "Werkzeug or Django", None, "GET", "/x", 200, 123, None, "2026-11-21T10:00:00+00:00"),
    'INFO:werkzeug:127.0.0.1 - - [21/Nov/2026 10:00:00] "GET /x HTTP/1.1" 200 -': (
        "Werkzeug or Django", "127.0.0.1", "GET", "/x", 200, None, None,
        "2026-11-21T10:00:00+00:00"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_each_server_is_read(line):
    kind, *wanted = LINES[line]
    assert [one.kind.name for one in matched(pa.array([line]))] == [kind]
    (row,) = told(pa.array([line]), None).tables["requests"].to_pylist()
    names = ("client", "method", "path", "status", "response_bytes", "duration_ms")
    assert [row[name] for name in names] == wanted[:-1]
    at = row["started_at"]
    assert (at.isoformat() if at is not None else None) == wanted[-1]
    assert row["attributes"] == line.encode()


def test_every_kind_has_a_line_here():
    assert {kind for kind, *_ in LINES.values()} == {kind.name for kind in SERVER_LINES}


def test_what_php_could_not_serve_has_its_error():
    line = "[Sat Nov 21 10:00:00 2026] 127.0.0.1:5 [404]: GET /x - No such file or directory"
    (row,) = told(pa.array([line]), None).tables["requests"].to_pylist()
    assert (row["path"], row["error"]) == ("/x", "No such file or directory")


@pytest.mark.parametrize("line", ['127.0.0.1:5 - - [21/Nov/2026:20:46:14] "WSCONNECT /ws" - -', ""])
def test_websockets_and_nothing_are_no_requests(line):
    assert matched(pa.array([line])) == []
