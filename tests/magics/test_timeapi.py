"""``%%timeapi`` against a real server on the loopback device."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import PerfkitError, UsageError
from perfkit.magics.timeapi import is_request


class Echo(BaseHTTPRequestHandler):
    """Answers 200 and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    seen: list[tuple[str, str, str, bytes]]

    def log_message(self, *_):
        """Stay silent."""

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.seen.append((self.command, self.path, self.headers.get("X-Who", ""), body))
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815 - http.server's names


@pytest.fixture(scope="module")
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join(5)


@pytest.fixture(autouse=True)
def seen():
    Echo.seen = []
    return Echo.seen


def test_a_line_times_a_url_and_its_value_is_the_result(cell, server, seen):
    done = cell(f"%timeapi -n 7 --warmup 2 {server}/orders?id=1")
    assert done.error is None
    assert done.value.totals["requests"] == 7
    assert done.value.question in done.printed
    assert [one[:2] for one in seen] == [("GET", "/orders?id=1")] * 9


def test_a_cell_holds_a_whole_request_with_headers_and_body(cell, server, seen):
    done = cell(f'%%timeapi -n 2 --warmup 0\nPOST {server}/orders\nX-Who: me\n\n{{"a": 1}}')
    assert done.error is None
    assert seen == [("POST", "/orders", "me", b'{"a": 1}')] * 2


def test_a_name_in_braces_is_encoded_in_the_url_and_plain_in_the_rest(cell, shell, server, seen):
    shell.user_ns.update(base=server, user="a b/c&d", who="x y")
    cell("%%timeapi -n 1 --warmup 0\nGET {{base}}/u/{{user}}?q={{user}}\nX-Who: {{who}}")
    assert seen == [("GET", "/u/a%20b%2Fc%26d?q=a%20b%2Fc%26d", "x y", b"")]


def test_dash_p_wins_over_the_notebook(cell, shell, server, seen):
    shell.user_ns["user"] = 1
    cell(f"%timeapi -n 1 --warmup 0 -p user=2 GET {server}/u/{{{{user}}}}")
    assert seen[0][1] == "/u/2"


def test_a_semicolon_silences_the_display_and_is_no_part_of_the_url(cell, shell, server, seen):
    done = cell(f"%timeapi -n 1 --warmup 0 -o kept GET {server}/orders;")
    assert done.error is None
    assert (done.value, done.printed) == (None, "")
    assert shell.user_ns["kept"].totals["requests"] == 1
    assert seen[0][1] == "/orders"


def test_the_result_is_stored_under_the_name_asked_for(cell, shell, server):
    done = cell(f"%timeapi -n 1 --warmup 0 -o kept {server}/orders")
    assert shell.user_ns["kept"] is done.value


def test_failures_are_counted_not_raised(cell, server):
    done = cell(f"%timeapi -n 4 --warmup 0 {server}/missing")
    assert done.value.table.loc[0, "failures"] == 4


def test_python_code_runs_in_the_notebooks_namespace(cell, shell):
    shell.user_ns["calls"] = []
    done = cell("%%timeapi -n 5 --warmup 1 -o timed\ncalls.append(len(calls))\nlast = calls[-1]")
    assert shell.user_ns["calls"] == [0, 1, 2, 3, 4, 5]
    assert shell.user_ns["last"] == 5
    assert shell.user_ns["timed"] is done.value
    assert done.value.noun == "calls"


def test_what_the_code_raises_is_passed_on(cell):
    assert isinstance(cell("%%timeapi -n 3\n1 / 0").error, ZeroDivisionError)


def test_a_curl_command_is_a_request(cell, server, seen):
    cell(f"%%timeapi -n 1 --warmup 0\ncurl -H 'X-Who: curl' {server}/orders")
    assert seen == [("GET", "/orders", "curl", b"")]


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("%timeapi", UsageError, "nothing to time"),
        ("%%timeapi\n ; ", UsageError, "nothing to time"),
        ("%timeapi GET http://127.0.0.1:1/{{missing}}", UsageError, "no variable 'missing'"),
        ("%timeapi GET http://192.0.2.1/", PerfkitError, "192.0.2.1"),
        ("%timeapi -n 0 GET http://127.0.0.1:1/", UsageError, "n is not between"),
        ("%timeapi -n many GET http://127.0.0.1:1/", UsageError, "'many' is not a number"),
        ("%timeapi -n GET", UsageError, ""),
        ("%timeapi --timeout never GET http://127.0.0.1:1/", PerfkitError, "never"),
        ("%timeapi please time it", UsageError, "neither a request nor Python code"),
        ("%%timeapi\nawait thing()", UsageError, "timeapi_async"),
    ],
)
def test_mistakes_are_one_sentence_without_a_traceback(cell, source, kind, said):
    done = cell(source)
    assert isinstance(done.error, kind)
    assert said in done.printed
    assert "Traceback" not in done.printed


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("GET /a", True),
        ("get http://x", True),
        ("# a comment\n\n// another\nPOST http://x", True),
        ("https://x", True),
        ("curl http://x", True),
        ("GET", False),
        ("get_orders()", False),
        ("delete = 1", True),  # HTTP wins where both would do: 'DELETE =' is a request line
        ("curling()", False),
        ("x = 1\nGET http://x", False),
        ("", False),
        ("# GET http://x", False),
    ],
)
def test_a_request_is_told_from_code_by_its_first_line(text, request_):
    assert is_request(text) is request_


@given(st.text())
def test_a_comment_before_it_changes_nothing(text):
    assert is_request("# " + "".join(text.splitlines()) + "\nGET http://x")
