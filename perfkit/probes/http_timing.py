"""Send requests one after the other and time each: a sequential closed loop.

One keep-alive connection per host. The next request goes out when the answer to the one
before is complete, so the figures are those of one user who never thinks.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa

from perfkit.errors import NotConnected, TargetRefused, UsageError
from perfkit.probes.http_wire import Answer, Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.probes.http_text import HttpRequest

__all__ = ["SAMPLES", "measure"]

#: One row per request that was sent; durations from the moment it was sent, connect apart.
SAMPLES = pa.schema(
    [
        ("request", pa.int64()),
        ("name", pa.string()),
        ("started_at", pa.timestamp("ns", "UTC")),
        ("duration_ms", pa.float64()),
        ("first_byte_ms", pa.float64()),
        ("connect_ms", pa.float64()),
        ("new_conn", pa.bool_()),
        ("status", pa.int64()),
        ("response_bytes", pa.int64()),
        ("server_ms", pa.float64()),
        ("server_timing", pa.string()),
        ("error", pa.string()),
        ("intended_ms", pa.float64()),
    ]
)

#: So many requests in a row without an answer, and the measurement ends.
GIVE_UP = 5
#: A status from here on is a failure.
_ERROR_STATUS = 400
_DURATION = re.compile(r";\s*dur\s*=\s*\"?([0-9]+(?:\.[0-9]+)?)")
_REASONS = {
    "refused": "refused the connection",
    "timeout": "did not answer in time",
    "certificate": "has no certificate that this machine trusts",
    "tls": "does not answer with TLS",
    "closed early": "closed the connection before its answer was complete",
    "bad answer": "answers with something that is not HTTP",
    "network": "cannot be reached",
}


def measure(
    requests: Sequence[HttpRequest], *, n: int, warmup: int, timeout: float, allow_remote: bool
) -> pa.Table:
    """Send every request ``warmup`` + ``n`` times, in turns, and return the table of samples.

    Answers to warm-up requests are dropped. The measurement ends early after
    :data:`GIVE_UP` requests in a row without an answer.

    Raises:
        TargetRefused: the target is not this machine and ``allow_remote`` is not set.
        NotConnected: no connection, or no answer to the very first request.
    """
    addresses = {one: _address(one, allow_remote=allow_remote) for one in requests}
    with ExitStack() as stack:
        clients: dict[tuple[str, str, int], Client] = {}
        for one in requests:
            place = (one.scheme, one.host, one.port)
            if place not in clients:
                clients[place] = Client(one, addresses[one], timeout)
                stack.callback(clients[place].close)
        turns = [(one, clients[one.scheme, one.host, one.port]) for one in requests]
        _warm_up(turns, warmup)
        return _table(_rounds(turns, n, answered=warmup > 0))


def _warm_up(turns: Sequence[tuple[HttpRequest, Client]], rounds: int) -> None:
    for _ in range(rounds):
        for request, client in turns:
            _must_answer(request, client.exchange(request))


def _rounds(
    turns: Sequence[tuple[HttpRequest, Client]], n: int, *, answered: bool
) -> list[tuple[str, Answer]]:
    answers: list[tuple[str, Answer]] = []
    silent = 0
    for _ in range(n):
        for request, client in turns:
            answer = client.exchange(request)
            if not (answers or answered):
                _must_answer(request, answer)
            answers.append((request.name, answer))
            silent = 0 if answer.status else silent + 1
            if silent >= GIVE_UP:
                return answers
    return answers


def _must_answer(request: HttpRequest, answer: Answer) -> None:
    """Raise if a first request got no answer: then there is nothing to measure."""
    if answer.status:
        return
    raise NotConnected(
        f"{request.host}:{request.port} {_REASONS[answer.error]}",
        hint="check that the server runs and that scheme and port are right",
    )


def _address(request: HttpRequest, *, allow_remote: bool) -> tuple[str, int]:
    """Return the address to connect to; one that is not this machine's must be allowed."""
    try:
        found = socket.getaddrinfo(request.host, request.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotConnected(
            f"{request.host}: the name cannot be resolved", hint="check the host in the URL"
        ) from None
    except OverflowError:
        raise UsageError("request: the port is not a port", hint="1 to 65535") from None
    hosts = [str(entry[4][0]) for entry in found]
    if not allow_remote and not all(map(_is_loopback, hosts)):
        raise TargetRefused(
            f"{request.host} is not this machine, and timing it puts load on it",
            hint="pass allow_remote=True if you may",
        )
    return _preferred(hosts), request.port


def _preferred(hosts: Sequence[str]) -> str:
    """Return an IPv4 address if there is one: servers in development often listen there only."""
    return next((host for host in hosts if ":" not in host), hosts[0])


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.split("%", 1)[0]).is_loopback


def _table(answers: Sequence[tuple[str, Answer]]) -> pa.Table:
    zero = answers[0][1].intended if answers else 0
    rows = [_row(number, name, one, zero) for number, (name, one) in enumerate(answers)]
    return pa.Table.from_pylist(rows, schema=SAMPLES)


def _row(number: int, name: str, answer: Answer, zero: int) -> dict[str, object]:
    whole = answer.status > 0
    failed = answer.error or (f"HTTP {answer.status}" if answer.status >= _ERROR_STATUS else None)
    return {
        "request": number,
        "name": name,
        "started_at": int(answer.started * 1e9),
        "duration_ms": _ms(answer.sent, answer.done) if whole else None,
        "first_byte_ms": _ms(answer.sent, answer.first_byte) if answer.first_byte else None,
        "connect_ms": _ms(answer.intended, answer.connected) if answer.connected else None,
        "new_conn": answer.new_conn,
        "status": answer.status or None,
        "response_bytes": answer.response_bytes if whole else None,
        "server_ms": _server_ms(answer.server_timing),
        "server_timing": answer.server_timing or None,
        "error": failed,
        "intended_ms": _ms(zero, answer.intended),
    }


def _ms(start: int, end: int) -> float:
    return (end - start) / 1e6


def _server_ms(field: str) -> float | None:
    """Return the longest duration that a ``Server-Timing`` header names (W3C): its total."""
    return max(map(float, _DURATION.findall(field)), default=None)
