"""Which server this is, and whether it demonstrably runs on this machine."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Server", "identify"]

_FACTS = """
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int as number,
           pg_catalog.pg_is_in_recovery() as standby,
           current_database() as database,
           pg_catalog.pg_backend_pid() as pid,
           coalesce(current_setting('perfkit.lab', true), '') = 'on' as lab
"""
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_NAMES = {"postgres", "postmaster"}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL server as a session sees it.

    ``number`` is server_version_num (180006); ``local`` is proven, not guessed; ``lab`` means
    perfkit's own throw-away server (its setting ``perfkit.lab`` is on).
    """

    version: str
    number: int
    standby: bool
    database: str
    local: bool
    lab: bool

    @property
    def title(self) -> str:
        """Version, role and database, for the first line of a result."""
        role = "standby" if self.standby else "primary"
        return f"PostgreSQL {self.version.split()[0]}, {role}, database {self.database}"


def identify(connection: Connection) -> Server:
    """Ask the server who it is, and the kernel where it runs."""
    row = connection.exec_driver_sql(_FACTS).one()._mapping  # noqa: SLF001 - SQLAlchemy's public name
    facts = {key: row[key] for key in ("version", "number", "standby", "database", "lab")}
    local = _runs_here(connection.connection.driver_connection, row["pid"])
    return Server(**facts, local=local)


def _runs_here(driver: Any, backend_pid: int) -> bool:
    """Whether process ``backend_pid`` of this machine is the other end of the connection.

    A socket may be forwarded to another machine, and a number may by chance be that of
    another PostgreSQL here. So the kernel must name the backend's parent as the peer of a
    Unix socket, or the backend must bear our own TCP port in its title.
    """
    try:
        name = Path(f"/proc/{backend_pid}/comm").read_text(encoding="utf-8").strip()
        descriptor = os.dup(driver.fileno())
    except (AttributeError, OSError, TypeError, ValueError):
        return False
    if name not in _NAMES:
        os.close(descriptor)
        return False
    with contextlib.suppress(OSError, ValueError), socket.socket(fileno=descriptor) as end:
        if end.family == getattr(socket, "AF_UNIX", None):
            return _peer(end) == _parent(backend_pid)
        return _title_names(backend_pid, end.getsockname())
    return False


def _peer(end: socket.socket) -> int:
    """Return the process that listens at the other end of a Unix socket."""
    peer = getattr(socket, "SO_PEERCRED", None)
    if peer is None:
        return -1
    packed = end.getsockopt(socket.SOL_SOCKET, peer, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(packed)[0])


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^PPid:\s*(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else -2


def _title_names(pid: int, address: tuple[Any, ...]) -> bool:
    """Whether the backend's title holds our end: ``postgres: user db 127.0.0.1(54321) idle``."""
    title = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    return f" {address[0]}({address[1]}) " in f"{title} "
