"""Lines of MongoDB's structured log (4.4 and later), decoded once each.

Names are those of ``OpDebug::report`` and ``JSONFormatter`` in MongoDB's source: ``t s c id ctx
msg attr``, and beside ``attr`` the keys ``truncated`` and ``size`` where an attribute was longer
than ``maxLogSizeKB``.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from perfkit.formats.logs.mongodb_queries import GET_MORE, Operation, cleaned

__all__ = ["Line", "decode_line", "operation"]

_Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
#: Up to 31 years: more would not fit into a time.
_Millis = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Rest = Raw | UnsetType


class _Moment(msgspec.Struct):
    date: Any = msgspec.field(name="$date")


class Line(msgspec.Struct):
    """One line of the log."""

    t: _Moment
    s: str
    c: str
    ctx: str
    msg: str
    id: int = 0
    attr: Raw = Raw(b"{}")
    truncated: _Rest = UNSET


class _Attributes(msgspec.Struct, rename="camel"):
    """What is said of a slow operation; fields that are still set at the end are kept as JSON."""

    ns: str | UnsetType = UNSET
    command: _Rest = UNSET
    originating_command: _Rest = UNSET
    duration_millis: _Millis | UnsetType = UNSET
    docs_examined: _Count | UnsetType = UNSET
    nreturned: _Count | UnsetType = UNSET
    app_name: str | UnsetType = UNSET
    remote: str | UnsetType = UNSET
    err_name: str | UnsetType = UNSET
    err_msg: str | UnsetType = UNSET
    locks: _Rest = UNSET
    type: str | UnsetType = UNSET
    plan_summary: _Rest = UNSET
    keys_examined: _Rest = UNSET
    has_sort_stage: _Rest = UNSET
    used_disk: _Rest = UNSET
    from_multi_planner: _Rest = UNSET
    from_plan_cache: _Rest = UNSET
    replanned: _Rest = UNSET
    replan_reason: _Rest = UNSET
    cursorid: _Rest = UNSET
    cursor_exhausted: _Rest = UNSET
    n_shards: _Rest = UNSET
    n_matched: _Rest = UNSET
    n_modified: _Rest = UNSET
    n_upserted: _Rest = UNSET
    upsert: _Rest = UNSET
    ninserted: _Rest = UNSET
    ndeleted: _Rest = UNSET
    keys_inserted: _Rest = UNSET
    keys_deleted: _Rest = UNSET
    write_conflicts: _Rest = UNSET
    prepare_read_conflicts: _Rest = UNSET
    num_yields: _Rest = UNSET
    query_hash: _Rest = UNSET
    plan_cache_shape_hash: _Rest = UNSET
    query_shape_hash: _Rest = UNSET
    plan_cache_key: _Rest = UNSET
    query_framework: _Rest = UNSET
    err_code: _Rest = UNSET
    reslen: _Rest = UNSET
    flow_control: _Rest = UNSET
    wait_for_write_concern_duration_millis: _Rest = UNSET
    remote_op_wait_millis: _Rest = UNSET
    planning_time_micros: _Rest = UNSET
    cpu_nanos: _Rest = UNSET
    working_millis: _Rest = UNSET
    storage: _Rest = UNSET
    queues: _Rest = UNSET
    opid: _Rest = UNSET
    protocol: _Rest = UNSET


decode_line = msgspec.json.Decoder(Line).decode
_attributes = msgspec.json.Decoder(_Attributes).decode
_encode = msgspec.json.Encoder().encode
_lock_stats = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode
_WAITED = b'"timeAcquiringMicros"'


def operation(number: int, line: Line) -> Operation:
    """Return the operation that a line "Slow query" tells of.

    Raises:
        msgspec.DecodeError: its attributes are not those of an operation.
    """
    attr = _attributes(line.attr)
    if attr.duration_millis is UNSET:
        raise msgspec.ValidationError("no durationMillis")
    marked = "" if attr.originating_command is UNSET else GET_MORE
    namespace = attr.ns or ""
    if attr.locks and _WAITED not in bytes(attr.locks):
        attr.locks = UNSET
    command, verb, collection = cleaned(
        attr.originating_command or attr.command or b"{}", named=namespace.endswith((".$cmd", "."))
    )
    return Operation(
        number,
        line.t.date,
        attr.duration_millis,
        namespace,
        command,
        verb or attr.type or "",
        collection,
        marked,
        attr.docs_examined or (0 if attr.docs_examined == 0 else None),
        attr.nreturned or (0 if attr.nreturned == 0 else None),
        _lock_ms(attr.locks) if attr.locks else None,
        attr.app_name or None,
        attr.remote or None,
        line.ctx,
        None,
        _error(attr),
        _beyond(attr),
    )


def _error(attr: _Attributes) -> str | None:
    return ": ".join(part for part in (attr.err_name, attr.err_msg) if part) or None


def _lock_ms(locks: bytes) -> float | None:
    """Return how long an operation waited for locks; null where it is not said that it did."""
    try:
        waits = [stats.get("timeAcquiringMicros") for stats in _lock_stats(locks).values()]
    except msgspec.ValidationError:
        return None
    micros = [value for wait in waits if isinstance(wait, dict) for value in wait.values()]
    return sum(value for value in micros if isinstance(value, int | float)) / 1000


def _beyond(attr: _Attributes) -> bytes:
    """Return as JSON what has no column."""
    attr.ns = attr.command = attr.originating_command = attr.duration_millis = UNSET
    attr.docs_examined = attr.nreturned = attr.app_name = attr.remote = UNSET
    attr.err_name = attr.err_msg = UNSET
    return _encode(attr)
