"""Requests are timed against real servers on this machine, honest and hostile ones."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from perfkit.errors import NotConnected, TargetRefused
from perfkit.probes import http_timing
from perfkit.probes.http_text import parse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Handler(BaseHTTPRequestHandler):
    """Waits as long as the path says, in ms; ``/status/500`` answers so."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer: no delayed acknowledgement between its parts
    seen: ClassVar[list] = []

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        type(self).seen.append(dict(self.headers))
        _, kind, number = self.path.split("/")
        delay = float(number) / 1e3 if kind == "sleep" else 0
        time.sleep(delay)
        self.send_response(int(number) if kind == "status" else 200)
        self.send_header("Content-Length", "1000")
        self.send_header(
            "Server-Timing", f'db;dur={delay * 500:.3f}, app;desc="x";dur={delay * 1e3:.3f}'
        )
        self.end_headers()
        self.wfile.write(b"x" * 1000)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    Handler.seen = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join(5)


def measure(text, *, n=5, warmup=1, timeout=5.0, allow_remote=False):
    return http_timing.measure(
        parse(text), n=n, warmup=warmup, timeout=timeout, allow_remote=allow_remote
    )


def after(answer, *, until=b"\r\n\r\n"):
    """A conversation: read a request, send ``answer``, close."""

    def talk(connection):
        data = b""
        while until not in data:
            data += connection.recv(65536)
        connection.sendall(answer)

    return talk


def column(samples, name):
    return samples[name].to_pylist()


def test_latency_is_the_servers_known_delay(server):
    samples = measure(f"GET {server}/sleep/20", n=10)
    durations = sorted(column(samples, "duration_ms"))
    assert durations[0] >= 20
    assert durations[5] < 40
    assert all(
        20 <= first <= whole
        for first, whole in zip(
            column(samples, "first_byte_ms"), column(samples, "duration_ms"), strict=True
        )
    )
    assert column(samples, "server_ms") == [20.0] * 10
    assert column(samples, "status") == [200] * 10
    assert column(samples, "response_bytes") == [1000] * 10


def test_one_connection_is_kept_and_warm_up_is_dropped(server):
    samples = measure(f"GET {server}/sleep/0", n=5, warmup=2)
    assert column(samples, "new_conn") == [False] * 5
    assert len(Handler.seen) == 7


def test_requests_are_sent_in_turns(server):
    samples = measure(f"GET {server}/sleep/1\n###\nGET {server}/sleep/2", n=3, warmup=0)
    assert column(samples, "name") == ["GET /sleep/1", "GET /sleep/2"] * 3
    assert column(samples, "new_conn") == [True] + [False] * 5
    starts = column(samples, "intended_ms")
    assert all(one < two for one, two in itertools.pairwise(starts))


def test_headers_and_body_arrive(server):
    samples = measure(f"POST {server}/x\nX-Token: abc\n\n{{'a': 'ü'}}", n=1)
    assert column(samples, "response_bytes") == [len("{'a': 'ü'}".encode())]


def test_an_error_status_is_a_failure_with_its_time(server):
    samples = measure(f"GET {server}/status/503", n=3)
    assert column(samples, "error") == ["HTTP 503"] * 3
    assert None not in column(samples, "duration_ms")


def test_an_answer_without_a_length_ends_with_the_connection(raw_server):
    with raw_server(after(b"HTTP/1.1 200 OK\r\n\r\nabc")) as url:
        samples = measure(f"GET {url}/", n=3)
    assert column(samples, "response_bytes") == [3, 3, 3]
    assert column(samples, "error") == [None] * 3
    assert column(samples, "new_conn") == [True] * 3


def test_a_chunked_answer_is_read_whole(raw_server):
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with raw_server(after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)) as url:
        assert column(measure(f"GET {url}/", n=2), "response_bytes") == [5, 5]


def test_a_kept_connection_that_the_server_closed_is_opened_anew(raw_server):
    with raw_server(after(OK)) as url:  # promises to keep the connection, and closes it
        samples = measure(f"GET {url}/", n=4)
    assert column(samples, "error") == [None] * 4
    assert column(samples, "new_conn") == [True] * 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "closed early"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "closed early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "closed early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", "closed early"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "bad answer"),
        (b"\x00\xff" * 500, "bad answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", "bad answer"),
    ],
)
def test_a_broken_answer_is_a_failure_of_its_kind(raw_server, answer, kind):
    answers = itertools.chain([OK], itertools.repeat(answer))

    def talk(connection):
        after(next(answers))(connection)

    with raw_server(talk) as url:
        samples = measure(f"GET {url}/", n=20, warmup=1)
    assert set(column(samples, "error")) == {kind}


def test_many_requests_without_an_answer_end_the_measurement(raw_server):
    answers = itertools.chain([OK], itertools.repeat(b""))

    def talk(connection):
        after(next(answers))(connection)

    with raw_server(talk) as url:
        samples = measure(f"GET {url}/", n=1000, warmup=0)
    assert samples.num_rows == 1 + http_timing.GIVE_UP


def test_an_answer_that_drips_is_held_to_one_deadline(raw_server):
    over = threading.Event()

    def talk(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            if over.wait(0.05):
                return
            connection.sendall(b"x")

    with raw_server(talk) as url:
        began = time.monotonic()
        with pytest.raises(NotConnected, match="did not answer in time"):
            measure(f"GET {url}/", timeout=0.3)
        over.set()
    assert time.monotonic() - began < 2


def test_a_refused_connection_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotConnected, match=f"127.0.0.1:{port} refused the connection"):
        measure(f"GET http://127.0.0.1:{port}/?token=s3cret")


def test_an_unknown_name_is_one_sentence():
    with pytest.raises(NotConnected, match="cannot be resolved"):
        measure("GET http://nowhere.invalid/")


@pytest.mark.parametrize("host", ["8.8.8.8", "[2001:db8::1]", "0.0.0.0", "169.254.169.254"])
def test_another_machine_is_refused_unless_allowed(host):
    with pytest.raises(TargetRefused, match="allow_remote"):
        measure(f"GET http://{host}/")


def test_a_server_without_tls_is_told_from_one_with_a_strange_certificate(server, tmp_path):
    with pytest.raises(NotConnected, match="does not answer with TLS"):
        measure(f"GET {server.replace('http', 'https')}/sleep/0")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost"
        f" -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
        timeout=30,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.handle_error = lambda *_: None  # the client hangs up during the handshake
    running.socket = context.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    try:
        with pytest.raises(NotConnected, match="no certificate that this machine trusts"):
            measure(f"GET https://localhost:{running.server_port}/sleep/0")
    finally:
        running.shutdown()
        running.server_close()
        thread.join(5)
