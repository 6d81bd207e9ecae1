import socket
import time

import pytest

from perfkit.probes.http_text import parse
from perfkit.probes.http_wire import Client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(*answers, seen=None):
    """Return a talk that answers one request after another, then waits for the end."""

    def talk(connection):
        for answer in answers:
            data = connection.recv(65536)
            if b"Content-Length: 4" in data and not data.endswith(b"body"):
                data += connection.recv(65536)
            if seen is not None:
                seen.append(data)
            connection.sendall(answer)
        connection.settimeout(0.1)
        connection.recv(1)

    return talk


@pytest.fixture
def client():
    """Return a function that makes a client for a URL and its request; all are closed."""
    made = []

    def make(text, timeout=5.0):
        (request,) = parse(text)
        made.append(Client(request, ("127.0.0.1", request.port), timeout))
        return made[-1], request

    yield make
    for one in made:
        one.close()


def test_an_exchange_is_timed_in_order(raw_server, client):
    with raw_server(answering(OK)) as url:
        wire, request = client(f"GET {url}/")
        answer = wire.exchange(request)
    assert (answer.status, answer.response_bytes, answer.error) == (200, 2, "")
    assert answer.new_conn
    times = [answer.intended, answer.connected, answer.sent, answer.first_byte, answer.done]
    assert times == sorted(times)
    assert times[0] > 0
    assert abs(answer.started - time.time()) < 60


def test_a_connection_is_kept_and_the_second_request_does_not_connect(raw_server, client):
    with raw_server(answering(OK, OK)) as url:
        wire, request = client(f"GET {url}/")
        first, second = wire.exchange(request), wire.exchange(request)
    assert (first.new_conn, second.new_conn) == (True, False)
    assert (second.connected, second.status) == (0, 200)
    assert second.first_byte >= second.sent > first.done


def test_a_kept_connection_that_the_server_closed_is_opened_anew_once(raw_server, client):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(OK)

    with raw_server(talk) as url:
        wire, request = client(f"GET {url}/")
        wire.exchange(request)
        time.sleep(0.05)
        again = wire.exchange(request)
    assert (again.status, again.error, again.new_conn) == (200, "", True)


def test_a_new_connection_that_is_closed_is_a_failure(raw_server, client):
    with raw_server(lambda connection: connection.recv(65536)) as url:
        wire, request = client(f"GET {url}/")
        answer = wire.exchange(request)
    assert (answer.error, answer.status, answer.first_byte) == ("closed early", 0, 0)
    assert answer.done >= answer.sent > 0


def test_connection_close_is_obeyed(raw_server, client):
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    with raw_server(answering(closing)) as url:
        wire, request = client(f"GET {url}/")
        assert [wire.exchange(request).new_conn for _ in range(2)] == [True, True]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "closed early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "closed early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "closed early"),
        (b"SSH-2.0-OpenSSH\r\n", "bad answer"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "bad answer"),
        (b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "bad answer"),
    ],
)
def test_answers_that_are_none_have_a_stable_name(raw_server, client, raw, error):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(raw)

    with raw_server(talk) as url:
        wire, request = client(f"GET {url}/")
        answer = wire.exchange(request)
    assert answer.error == error
    assert answer.done >= answer.sent


def test_nobody_listening_is_refused(client):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wire, request = client(f"GET http://127.0.0.1:{port}/")
    answer = wire.exchange(request)
    assert (answer.error, answer.new_conn, answer.sent) == ("refused", False, 0)


def test_the_deadline_holds_for_an_answer_that_drips(raw_server, client):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.03)

    with raw_server(talk) as url:
        wire, request = client(f"GET {url}/", timeout=0.2)
        began = time.monotonic()
        answer = wire.exchange(request)
        took = time.monotonic() - began
        wire.close()
    assert answer.error == "timeout"
    assert answer.first_byte > 0
    assert 0.15 < took < 1.5


def test_tls_against_a_server_without_it_is_named(raw_server, client):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_server(talk) as url:
        wire, request = client(f"GET {url.replace('http:', 'https:')}/")
        assert wire.exchange(request).error == "tls"


def test_the_first_byte_is_timed_when_it_arrives_not_when_the_answer_is_read(raw_server, client):
    def talk(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"ok")

    with raw_server(talk) as url:
        wire, request = client(f"GET {url}/")
        answer = wire.exchange(request)
    assert (answer.done - answer.first_byte) / 1e6 > 80
    assert (answer.first_byte - answer.sent) / 1e6 < 80


def test_the_request_on_the_wire_is_the_one_that_was_written(raw_server, client):
    seen = []
    with raw_server(answering(OK, seen=seen)) as url:
        wire, request = client(
            f"POST {url}/o?a=b\nHost: shop.example\nX-A: é\nContent-Length: 99\n"
            "Connection: upgrade\n\nbody"
        )
        wire.exchange(request)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /o?a=b HTTP/1.1"
    assert b"Host: shop.example" in lines
    assert "X-A: é".encode("latin-1") in lines
    assert [line for line in lines if b"ength" in line] == [b"Content-Length: 4"]
    assert b"User-Agent: perfkit" in lines
    assert not any(line.startswith(b"Connection") for line in lines)
    assert body == b"body"


@pytest.mark.parametrize(
    ("method", "length"), [("GET", []), ("DELETE", []), ("POST", [b"Content-Length: 0"])]
)
def test_an_empty_body_has_a_length_where_one_is_expected(raw_server, client, method, length):
    seen = []
    with raw_server(answering(OK, seen=seen)) as url:
        wire, request = client(f"{method} {url}/\nUser-Agent: me")
        wire.exchange(request)
    lines = seen[0].split(b"\r\n")
    assert [line for line in lines if b"ength" in line] == length
    assert [line for line in lines if b"User-Agent" in line] == [b"User-Agent: me"]


def test_server_timing_is_kept_and_cut(raw_server, client):
    timed = OK.replace(b"\r\n\r\n", b"\r\nServer-Timing: db;dur=5" + b"x" * 900 + b"\r\n\r\n")
    with raw_server(answering(timed)) as url:
        wire, request = client(f"GET {url}/")
        answer = wire.exchange(request)
    assert answer.server_timing.startswith("db;dur=5")
    assert len(answer.server_timing) == 500
