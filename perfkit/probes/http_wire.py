"""One keep-alive HTTP/1.1 connection with a clock in it.

http.client parses the answers; the socket below it is wrapped, so that the first byte is
timed when it arrives, and so that a deadline holds for a whole answer however slowly it
drips.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfkit.probes.http_text import HttpRequest

__all__ = ["Answer", "Client"]

_CHUNK = 1 << 16
_LONGEST_FIELD = 500  # characters kept of Server-Timing
_WITHOUT_LENGTH = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"}
_OWN_FIELDS = {"host", "content-length", "transfer-encoding", "connection"}


@dataclass(kw_only=True)
class Answer:
    """One exchange. Times are ``perf_counter_ns``; 0 is "did not happen"."""

    intended: int
    started: float  # the wall clock, seconds since 1970
    connected: int = 0  # when a new connection was ready
    sent: int = 0
    first_byte: int = 0
    done: int = 0
    new_conn: bool = False
    status: int = 0
    response_bytes: int = 0
    server_timing: str = ""
    error: str = ""


class Client:
    """One connection to one address, opened when needed; not for several threads."""

    def __init__(self, request: HttpRequest, address: tuple[str, int], timeout: float) -> None:
        """Prepare for the scheme and host of ``request`` at a resolved ``address``."""
        self._host, self._port = request.host, request.port
        self._tls = ssl.create_default_context() if request.scheme == "https" else None
        self._address = address
        self._timeout = timeout
        self._connection: HTTPConnection | None = None
        self._wire: _Wire | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._wire = None

    def connect(self) -> None:
        """Open the connection.

        Raises:
            OSError: refused, timed out, or a TLS error (``ssl.SSLError``).
        """
        sock = socket.create_connection(self._address, timeout=self._timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise
        self._wire = _Wire(sock)
        self._connection = HTTPConnection(self._host, self._port)
        self._connection.sock = self._wire

    def exchange(self, request: HttpRequest) -> Answer:
        """Send a request and read the whole answer; what goes wrong is ``Answer.error``.

        A kept connection that the server closed meanwhile is opened anew, once: that is
        the server's right, and no failure.
        """
        answer = Answer(intended=time.perf_counter_ns(), started=time.time())
        kept = self._wire is not None
        self._attempt(request, answer)
        if kept and answer.error == "closed early" and not answer.first_byte:
            answer = Answer(intended=answer.intended, started=answer.started)
            self._attempt(request, answer)
        return answer

    def _attempt(self, request: HttpRequest, answer: Answer) -> None:
        try:
            if self._wire is None:
                self.connect()
                answer.new_conn, answer.connected = True, time.perf_counter_ns()
            self._talk(request, answer)
        except (OSError, HTTPException, ValueError) as error:
            answer.error = _kind(error)
        finally:
            answer.done = answer.done or time.perf_counter_ns()
            if not answer.status or answer.error:
                self.close()

    def _talk(self, request: HttpRequest, answer: Answer) -> None:
        connection, wire = self._connection, self._wire
        assert connection is not None
        assert wire is not None
        answer.sent = wire.restart(self._timeout)
        _send(connection, request)
        try:
            response = connection.getresponse()
            with response:
                while chunk := response.read(_CHUNK):
                    answer.response_bytes += len(chunk)
                if response.length:  # http.client does not mind a body that ends early
                    raise IncompleteRead(b"", response.length)
                answer.done = time.perf_counter_ns()
                answer.status = response.status
                answer.server_timing = (response.getheader("Server-Timing") or "")[:_LONGEST_FIELD]
        finally:
            answer.first_byte = wire.first_byte
        if wire.closing:
            self.close()


def _send(connection: HTTPConnection, request: HttpRequest) -> None:
    given = {name.lower() for name, _ in request.headers}
    connection.putrequest(
        request.method, request.target, skip_host="host" in given, skip_accept_encoding=True
    )
    for name, value in request.headers:
        if name.lower() not in _OWN_FIELDS - {"host"}:
            connection.putheader(name, value.encode("latin-1"))
    if request.body or request.method not in _WITHOUT_LENGTH:
        connection.putheader("Content-Length", str(len(request.body)))
    if "user-agent" not in given:
        connection.putheader("User-Agent", "perfkit")
    connection.endheaders(request.body or None)


def _kind(error: Exception) -> str:
    """Return a short, stable name for a failure; no text of the server's is in it."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    # http.client's RemoteDisconnected and IncompleteRead: the answer ended before its end.
    if isinstance(error, ConnectionError | IncompleteRead):
        return "closed early"
    return "bad answer" if isinstance(error, HTTPException | ValueError) else "network"


class _Wire:
    """The part of a socket that http.client uses, with a deadline and a clock."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.closing = False
        self.first_byte = 0
        self._deadline = 0.0
        self._readers = 0

    def restart(self, timeout: float) -> int:
        """Begin an exchange, and return the time."""
        self._deadline = time.monotonic() + timeout
        self.first_byte = 0
        return time.perf_counter_ns()

    def sendall(self, data: Any) -> None:
        self._wait_at_most()
        self.sock.sendall(data)

    def receive(self, buffer: Any) -> int:
        self._wait_at_most()
        count = self.sock.recv_into(buffer)
        if count and not self.first_byte:
            self.first_byte = time.perf_counter_ns()
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self), _CHUNK)

    def close(self) -> None:
        """Close once the last reader is through: http.client closes before it has read."""
        self.closing = True
        if self._readers <= 0:
            with suppress(OSError):
                self.sock.close()

    def leave(self) -> None:
        """Note that a reader is through."""
        self._readers -= 1
        if self.closing:
            self.close()

    def _wait_at_most(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)


class _Reader(io.RawIOBase):
    """The reading end of a wire."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive(buffer)

    def close(self) -> None:
        if not self.closed:
            self._wire.leave()
        super().close()
