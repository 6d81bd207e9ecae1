"""What the beginning of a slow query log says of the server that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Server", "server"]

_VERSION = re.compile(
    rb"^([^\n]*), Version: ([0-9]+)\.([0-9]+)\.([0-9]+)([^\n]*)started with:", re.MULTILINE
)
_MARIADB = re.compile(rb"^# Thread_id: [0-9]+  Schema: [^\n]*  QC_hit: ", re.MULTILINE)

#: From this MySQL release on ``SET timestamp`` is when a statement began (log_slow_extra's
#: release; sql/log.cc, File_query_log::write_slow), before it is when it was logged.
_MYSQL_STARTS = (8, 0, 14)
#: The same of MariaDB, by series (MDEV-11628, "slow_log reports incorrect start time").
_MARIADB_STARTS = {(10, 5): 24, (10, 6): 17, (10, 11): 7, (11, 0): 5, (11, 1): 4, (11, 2): 3}
_MARIADB_ALL = (11, 3)


@dataclass(frozen=True, kw_only=True)
class Server:
    """``starts`` says that ``SET timestamp`` is the start of a statement (None: nobody knows).

    ``short`` says that the log has no ``# User@Host`` lines (``--log-short-format``).
    """

    system: str
    starts: bool | None
    short: bool


@lru_cache(maxsize=16)
def server(head: bytes) -> Server:
    """Read the server's own header, else infer MariaDB by its ``QC_hit``."""
    found = _VERSION.search(head)
    short = b"# User@Host: " not in head
    if found is None:
        system = "mariadb" if _MARIADB.search(head) else "mysql"
        return Server(system=system, starts=None, short=short)
    major, minor, patch = (int(found[part][:6]) for part in (2, 3, 4))
    if b"MariaDB" in found[5] or found[1].endswith(b"mariadbd"):
        fixed = _MARIADB_STARTS.get((major, minor))
        starts = (major, minor) >= _MARIADB_ALL if fixed is None else patch >= fixed
        return Server(system="mariadb", starts=starts, short=short)
    return Server(system="mysql", starts=(major, minor, patch) >= _MYSQL_STARTS, short=short)
