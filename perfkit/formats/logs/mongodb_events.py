"""Lines of MongoDB's structured log that are no operations -> rows of ``events``.

Message ids are MongoDB's own (``LOGV2(22943, "Connection accepted", ...)``); they are stable
from 4.4 on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pyarrow as pa

from perfkit import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.logs.mongodb_records import Line

__all__ = ["Event", "event", "events"]

_CONNECTION, _ENDED = 22943, 22944
_KINDS = {
    _CONNECTION: "connection",
    _ENDED: "disconnection",
    20249: "error",  # Authentication failed
    5286307: "error",  # Failed to authenticate
    20499: "slow_server_status",
    21215: "replication",  # Member is in new state
    21358: "replication",  # Replica set state transition
    21450: "replication",  # Election succeeded, assuming primary role
    51802: "transaction",  # a slow transaction: its statements are logged one by one
}
_STORAGE_ENGINE = 22430  # "WiredTiger message"
#: "Checkpoint has been running for 35 seconds and wrote ...", "Checkpoint ran for 61 seconds ..."
_CHECKPOINT = re.compile(
    r"[Cc]heckpoint (?:has been running|ran|took) (?:for )?([0-9]{1,9}) seconds"
)
_LONGEST = 10**12


class _About(msgspec.Struct, rename="camel"):
    """What a line may say of its event."""

    old_state: Any = None
    new_state: Any = None
    host_and_port: Any = None
    term: Any = None
    remote: Any = None
    error: Any = None
    reason: Any = None
    connection_id: Any = None
    duration_millis: Any = None
    message: Any = None


_about = msgspec.json.Decoder(_About).decode


class Event(NamedTuple):
    """One line that is worth a row."""

    line: int
    at: Any
    kind: str
    duration_ms: float | None
    message: str
    session_id: str | None
    attributes: bytes


def event(number: int, line: Line, raw: bytes) -> Event | None:
    """Return the event that a line tells of, or None when it tells of nothing of interest."""
    kind = _KINDS.get(line.id, "")
    if not kind and line.s in {"E", "F"}:
        kind = "error"
    elif not kind and line.c == "ELECTION":
        kind = "replication"
    if not kind and line.id != _STORAGE_ENGINE:
        return None
    about = _said(line.attr)
    if not kind:
        return _checkpoint(number, line, raw, about.message)
    session = f"conn{about.connection_id}" if line.id == _CONNECTION else line.ctx
    ms = about.duration_millis
    known = ms if type(ms) is int and 0 <= ms < _LONGEST else None
    message = _message(line.msg, about)
    return Event(number, line.t.date, kind, known, message, session or None, raw)


def _said(raw: Any) -> _About:
    try:
        return _about(raw)
    except (msgspec.DecodeError, RecursionError):
        return _About()


def _checkpoint(number: int, line: Line, raw: bytes, text: Any) -> Event | None:
    if isinstance(text, dict):  # 6.0 and later: WiredTiger's own JSON
        text = text.get("msg")
    found = _CHECKPOINT.search(text) if isinstance(text, str) else None
    if found is None:
        return None
    ms = float(found[1]) * 1000
    return Event(number, line.t.date, "checkpoint", ms, found[0], line.ctx or None, raw)


def _message(text: str, about: _About) -> str:
    """Return the message with what it is about: a state, an error, an address."""
    if about.new_state is about.error is None:
        return f"{text} from {about.remote}" if about.remote else text
    pairs = (
        ("from", about.old_state),
        ("to", about.new_state),
        ("of", about.host_and_port),
        ("error", about.error),
        ("reason", about.reason),
    )
    said = [f"{name} {value}" for name, value in pairs if isinstance(value, str | int)]
    return f"{text}: {', '.join(said)}" if said else text


def events(found: Sequence[Event], at: pa.Array) -> pa.Table:
    """Return the events as a table; ``at`` are their times."""
    if not found:
        return tables.empty("events")
    columns = dict(zip(Event._fields, zip(*found, strict=True), strict=True))
    return tables.from_columns(
        "events",
        {
            "at": at,
            "kind": pa.array(columns["kind"], pa.string()),
            "duration_ms": pa.array(columns["duration_ms"], pa.float64()),
            "message": pa.array(columns["message"], pa.string()),
            "session_id": pa.array(columns["session_id"], pa.string()),
            "attributes": pa.array(columns["attributes"], pa.binary()),
            "line": pa.array(columns["line"], pa.int64()),
        },
    )
