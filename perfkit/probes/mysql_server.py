"""Which MariaDB or MySQL server this is, and whether it demonstrably runs on this machine."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.plans.mysql.sql import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["MySQLServer", "identify"]

_FACTS = """
    select version() as version, @@version_comment as comment, @@read_only as read_only,
           @@sql_mode as sql_mode, coalesce(database(), '') as in_database
"""
_VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)")
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_NAMES = {"mariadbd", "mysqld"}


@dataclass(frozen=True, kw_only=True)
class MySQLServer:
    """A MariaDB or MySQL server as a session sees it.

    ``number`` is 101119 for 10.11.19; ``standby`` means that it takes no writes
    (``read_only``), as replicas usually are set; ``local`` is proven, not guessed.
    """

    version: str
    number: int
    standby: bool
    database: str
    local: bool
    mariadb: bool
    lab: bool = False
    dialect: Dialect = field(default_factory=Dialect)

    @property
    def title(self) -> str:
        """Version, role and database, for the first line of a result."""
        kind = "MariaDB" if self.mariadb else "MySQL"
        role = "read-only" if self.standby else "primary"
        database = f", database {self.database}" if self.database else ""
        return f"{kind} {self.version}, {role}{database}"


def identify(connection: Connection) -> MySQLServer:
    """Ask the server who it is, and the kernel where it runs."""
    row = connection.exec_driver_sql(_FACTS).one()._mapping  # noqa: SLF001 - SQLAlchemy's public name
    version, mode = str(row["version"]), str(row["sql_mode"]).upper()
    found = _VERSION.match(version)
    parts = [int(part) for part in found.groups()] if found else [0, 0, 0]
    number = parts[0] * 10000 + parts[1] * 100 + parts[2]
    mariadb = "mariadb" in f"{version} {row['comment']}".lower()
    return MySQLServer(
        version=".".join(str(part) for part in parts),
        number=number,
        standby=str(row["read_only"]).upper() not in {"0", "OFF", "NONE", ""},
        database=str(row["in_database"]),
        local=_runs_here(connection.connection.driver_connection),
        mariadb=mariadb,
        dialect=Dialect(
            ansi_quotes="ANSI_QUOTES" in mode,
            backslash="NO_BACKSLASH_ESCAPES" not in mode,
            mariadb=mariadb,
            number=number,
        ),
    )


def _runs_here(driver: Any) -> bool:
    """Whether the kernel names a MariaDB or MySQL process as the peer of a Unix socket.

    Behind a forwarded socket it names the process that forwards. Over TCP nothing is proven.
    """
    peer = getattr(socket, "SO_PEERCRED", None)
    unix = getattr(socket, "AF_UNIX", None)
    descriptor = _descriptor(driver)
    if peer is None or unix is None or descriptor is None:
        return False
    with contextlib.suppress(OSError, ValueError):
        with socket.socket(fileno=os.dup(descriptor)) as end:
            if end.family != unix:
                return False
            packed = end.getsockopt(socket.SOL_SOCKET, peer, _CREDENTIALS.size)
        pid = int(_CREDENTIALS.unpack(packed)[0])
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() in _NAMES
    return False


def _descriptor(driver: Any) -> int | None:
    """Return the file descriptor of PyMySQL's or MySQL Connector's connection."""
    inner = getattr(driver, "_socket", None)
    for holder in (getattr(driver, "_sock", None), getattr(inner, "sock", None), inner, driver):
        if holder is not None and hasattr(holder, "fileno"):
            with contextlib.suppress(OSError, TypeError, ValueError):
                return int(holder.fileno())
    return None
