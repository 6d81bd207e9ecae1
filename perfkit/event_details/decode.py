"""What an event of a PostgreSQL log says beyond the columns of ``events``.

Decoded on demand from ``attributes``, the record as it was logged by PostgreSQL 9.4 to 18.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.event_details.maintenance import checkpoint_values, vacuum_values
from perfkit.event_details.sections import sections

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["details", "process_id"]

#: Of a record so many bytes are decoded; names stand in the first :data:`_NAMES` characters.
_LONGEST, _NAMES = 200_000, 2000
_SECTIONS = ("statement", "detail", "hint", "context")

_WAIT = re.compile(
    r"process (?P<pid>\d{1,10}) (?P<outcome>still waiting for|acquired|failed to acquire"
    r"|avoided deadlock for|detected deadlock while waiting for|could not obtain) (?P<mode>\w+) on"
    r" (?P<target>.*?)(?: by rearranging queue order)?(?: after (?P<ms>[\d.]+) ms.*)?$",
    re.DOTALL,
)
_HOLDERS = re.compile(r"Process(?:es)? holding the lock: ([\d, ]*?)[.,] Wait queue: ([\d, ]*)")
_EDGE = re.compile(
    r"Process (\d{1,10}) waits for (\w+) on ([^\n;]{0,300})"
    r"; blocked by process (\d{1,10})\.(?:\n|$)"
)
_CAUSES = (
    ("statement timeout", "statement_timeout"),
    ("lock timeout", "lock_timeout"),
    ("idle-in-transaction timeout", "idle_in_transaction_session_timeout"),
    ("transaction timeout", "transaction_timeout"),
    ("idle-session timeout", "idle_session_timeout"),
    ("conflict with recovery", "recovery_conflict"),
    ("user request", "user_request"),
    ("autovacuum task", "autovacuum"),
    ("authentication due to timeout", "authentication_timeout"),
)


def details(kind: str, attributes: bytes | None) -> dict[str, Any]:
    """Return the values of one event as a dict; what the record does not say is None.

    Every dict has statement, detail, hint and context. Beyond them:

    * lock_wait, lock_failed: outcome, mode, target, pid, holders, queue, waited_ms
    * deadlock: processes, each with pid, waits_for_mode, target, blocked_by, statement
    * temp_file: path, bytes
    * checkpoint: restartpoint, buffers, slru_buffers, wal_added, wal_removed, wal_recycled,
      write_ms, sync_ms, total_ms, sync_files, longest_ms, average_ms, distance_bytes,
      estimate_bytes; checkpoint_starting: restartpoint, cause (list of words);
      checkpoint_frequent: seconds
    * autovacuum, autoanalyze: table, aggressive, to_prevent_wraparound, index_scans,
      pages_removed, pages_remain, tuples_removed, tuples_remain, tuples_dead (not yet
      removable), buffer_hits, buffer_reads, buffer_dirtied, wal_records, wal_bytes,
      cpu_user_ms, cpu_system_ms, elapsed_ms
    * connection, disconnection: user, database, application, host, port, replication, ssl
    * cancelled: cause (statement_timeout, user_request, recovery_conflict, ...)
    * configuration: parameter, value
    * every other kind: severity, message

    Example:
        >>> record = b'LOG:  temporary file: path "base/1.0", size 80'
        >>> details("temp_file", record)["bytes"]
        80
    """
    parts = sections(attributes and attributes[:_LONGEST])
    found: dict[str, Any] = {name: parts.get(name) for name in _SECTIONS}
    found |= _READERS.get(kind, _other)(parts.get("message", ""), parts)
    return found


def process_id(session_id: str | None) -> int | None:
    """Return the process of a session: of ``7`` or, of ``%c``, ``65f1a2b3.7``.

    Example:
        >>> process_id("65f1a2b3.1f"), process_id("31")
        (31, 31)
    """
    if not session_id:
        return None
    _, dot, last = session_id.rpartition(".")
    try:
        return int(last, 16 if dot else 10)
    except ValueError:
        return None


def _other(message: str, parts: dict[str, str]) -> dict[str, Any]:
    return {"severity": parts.get("severity"), "message": message}


def _lock(message: str, parts: dict[str, str]) -> dict[str, Any]:
    found = _WAIT.search(message)
    values: dict[str, Any] = found.groupdict() if found else dict.fromkeys(_WAIT.groupindex)
    around = _HOLDERS.search(parts.get("detail", ""))
    return {
        "outcome": values["outcome"],
        "mode": values["mode"],
        "target": values["target"],
        "pid": _int(values["pid"]),
        "holders": _pids(around[1]) if around else [],
        "queue": _pids(around[2]) if around else [],
        "waited_ms": _float(values["ms"]),
    }


def _deadlock(_: str, parts: dict[str, str]) -> dict[str, Any]:
    detail = parts.get("detail", "")
    edges = list(_EDGE.finditer(detail))
    texts = _statements(detail[edges[-1].end() :], [edge[1] for edge in edges]) if edges else {}
    return {
        "processes": [
            {
                "pid": int(edge[1]),
                "waits_for_mode": edge[2],
                "target": edge[3],
                "blocked_by": int(edge[4]),
                "statement": texts.get(edge[1]),
            }
            for edge in edges
        ]
    }


def _statements(text: str, pids: list[str]) -> dict[str, str]:
    """Return the statements, which may have several lines; they come in the order of ``pids``."""
    found, text = {}, f"\n{text}"
    for pid, following in zip(pids, [*pids[1:], ""], strict=True):
        _, begun, rest = text.partition(f"\nProcess {pid}: ")
        end = rest.find(f"\nProcess {following}: ") if following else -1
        if begun:
            found[pid] = (rest if end < 0 else rest[:end]).strip()
            text = "" if end < 0 else rest[end:]
    return found


def _temp_file(message: str, _: dict[str, str]) -> dict[str, Any]:
    found = re.search(r'path "(.*)", size (\d{1,18})', message[:_NAMES])
    return {"path": found[1] if found else None, "bytes": _int(found[2]) if found else None}


def _starting(message: str, _: dict[str, str]) -> dict[str, Any]:
    return {
        "restartpoint": message.startswith("restartpoint"),
        "cause": message.partition(":")[2].split(),
    }


def _frequent(message: str, _: dict[str, str]) -> dict[str, Any]:
    found = re.search(r"\((\d{1,18}) seconds? apart", message)
    return {"seconds": int(found[1]) if found else None}


def _checkpoint(message: str, _: dict[str, str]) -> dict[str, Any]:
    return checkpoint_values(message)


def _vacuum(message: str, _: dict[str, str]) -> dict[str, Any]:
    return vacuum_values(message)


_WHO = re.compile(
    r"(?P<replication>replication )?(?:connection authorized:|disconnection: session time: \S+)"
    r" user=(?P<user>.*?)(?: database=(?P<database>.*?))?"
    r"(?: application_name=(?P<application>.*?))?"
    r"(?: host=(?P<host>\S*))?(?: port=(?P<port>\d{1,5}))?(?: (?P<ssl>(?:SSL|GSS).*))?$"
)


def _session(message: str, _: dict[str, str]) -> dict[str, Any]:
    found = _WHO.search(message[:_NAMES])
    values: dict[str, Any] = found.groupdict() if found else dict.fromkeys(_WHO.groupindex)
    return values | {"replication": bool(values["replication"]), "port": _int(values["port"])}


def _cancelled(message: str, parts: dict[str, str]) -> dict[str, Any]:
    cause = next((name for text, name in _CAUSES if text in message), None)
    return {"cause": cause} | _other(message, parts)


def _configuration(message: str, _: dict[str, str]) -> dict[str, Any]:
    found = re.search(r'^parameter "(.*?)" (?:changed to "(.*)")?', message, re.DOTALL)
    return {
        "message": message,
        "parameter": found[1] if found else None,
        "value": found[2] if found else None,
    }


def _pids(text: str) -> list[int]:
    return [int(pid) for pid in re.findall(r"\d{1,10}", text)]


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _float(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


_READERS: dict[str, Callable[[str, dict[str, str]], dict[str, Any]]] = {
    "lock_wait": _lock,
    "lock_failed": _lock,
    "deadlock": _deadlock,
    "temp_file": _temp_file,
    "checkpoint_starting": _starting,
    "checkpoint": _checkpoint,
    "checkpoint_frequent": _frequent,
    "autovacuum": _vacuum,
    "autoanalyze": _vacuum,
    "connection": _session,
    "disconnection": _session,
    "cancelled": _cancelled,
    "configuration": _configuration,
}
