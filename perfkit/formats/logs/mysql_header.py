"""The comments before a statement in a slow query log, read as columns.

Who: ``# User@Host`` and ``# Thread_id``/``# Schema``. How long: ``# Query_time``, with what
``log_slow_extra`` of MySQL 8.0.14 adds to that line. What failed: ``Last_errno`` (Percona
Server), ``Errno`` (log_slow_extra), ``# Error`` (MariaDB's ``log_slow_verbosity=warnings``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import segments
from perfkit.formats.logs.mysql_lines import ERROR, RATE, Flags

if TYPE_CHECKING:
    from perfkit.formats.logs.mysql_lines import Records

__all__ = ["ALWAYS_LOGGED_MS", "accounts", "errors", "measures", "more", "picked", "weights", "who"]

_USER = (
    r"^(?:# User@Host: )?(?P<account>[^\[]*)\[(?P<login>.*)\] @ (?P<host>[^\[]*)"
    r"\[(?P<address>[^\]]*)\](?:\s+Id:\s*(?P<thread>[0-9]+))?"
)
_SESSION = (
    r"^# (?:Thread_id: (?P<thread>[0-9]+) *)?(?:Schema: (?P<schema>.*?))?"
    r"(?:(?:^|  )(?:QC_hit: .*|Last_errno: (?P<errno>[0-9]+)(?:  Killed: (?P<killed>[0-9]+))?.*))?$"
)
_SECONDS = r"[0-9]{1,20}(?:\.[0-9]{1,12})?"
_MEASURES = (
    rf"^# Query_time: (?P<query>{_SECONDS})\s+Lock_time: (?P<lock>{_SECONDS})"
    r"\s+Rows_sent: (?P<sent>[0-9]{1,18})\s+Rows_examined: (?P<examined>[0-9]{1,18})(?:\s|$)"
)
_EXTRA = r" Thread_id: (?P<thread>[0-9]+) Errno: (?P<errno>[0-9]+) Killed: (?P<killed>[0-9]+)"
_RATE = r"Log_slow_rate_limit: (?P<limit>[0-9]{1,9})"
#: Times beyond are a negative number printed without its sign (30 years).
_LONGEST_S = 1e9
#: Percona Server logs slower statements always (slow_query_log_always_write_time's default).
ALWAYS_LOGGED_MS = 10_000.0

#: What the commonest codes mean (share/messages_to_clients.txt).
_CODES = {
    "1040": "too many connections",
    "1053": "server shutdown",
    "1054": "unknown column",
    "1062": "duplicate entry",
    "1064": "syntax error",
    "1146": "no such table",
    "1205": "lock wait timeout",
    "1213": "deadlock",
    "1317": "query interrupted",
    "1969": "max_statement_time exceeded",
    "3024": "max_execution_time exceeded",
}


def picked(values: pa.Array, indices: pa.Array) -> pa.DictionaryArray:
    """Return ``values[indices]`` as a dictionary of distinct values."""
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(indices), encoded.dictionary)


def accounts(texts: pa.Array) -> dict[str, pa.Array]:
    """Return ``user``, ``client`` and ``thread`` of ``app[app] @ web1 [10.0.0.1]  Id: 5``.

    ``user`` is who logged in, ``client`` the address or else the host.
    """
    found = _groups(texts, _USER)
    return {
        "user": _first_of(found["login"], found["account"]),
        "client": _first_of(found["address"], found["host"]),
        "thread": _known(found["thread"]),
    }


def who(records: Records) -> dict[str, pa.Array]:
    """Return ``user``, ``client``, ``session_id``, ``database``, ``errno`` and ``killed``.

    ``database`` is what ``# Schema`` names: "" where there is none, null without that line.
    """
    users = records.lines(records.user).dictionary_encode()
    user = accounts(users.dictionary)
    sessions = records.lines(records.session).dictionary_encode()
    session = _groups(sessions.dictionary, _SESSION)
    named = picked(_known(session["thread"]), sessions.indices)
    thread = picked(user["thread"], users.indices)
    return {
        "user": picked(user["user"], users.indices),
        "client": picked(user["client"], users.indices),
        "session_id": _coalesced(named, thread),
        "database": picked(_schemas(sessions.dictionary, session["schema"]), sessions.indices),
        "errno": picked(_known(session["errno"]), sessions.indices),
        "killed": picked(_known(session["killed"]), sessions.indices),
    }


def measures(records: Records) -> dict[str, pa.Array]:
    """Return ``duration_ms``, ``lock_ms``, ``rows_returned``, ``rows_examined``; ``known``."""
    texts = records.lines(records.query)
    found = _groups(texts, _MEASURES)
    columns = {
        "known": found["query"].is_valid(),
        "duration_ms": _ms(found["query"]),
        "lock_ms": _ms(found["lock"]),
        "rows_returned": found["sent"].cast(pa.int64()),
        "rows_examined": found["examined"].cast(pa.int64()),
    }
    if pc.any(pc.match_substring(texts, " Errno: ")).as_py():
        columns |= {f"extra_{name}": text for name, text in _groups(texts, _EXTRA).items()}
    return columns


def errors(records: Records, found: dict[str, pa.Array]) -> pa.Array:
    """Return the error of each statement, null where there is none.

    ``found`` are the columns of :func:`who` and :func:`measures`.
    """
    errno, killed = found["errno"].cast(pa.string()), found["killed"].cast(pa.string())
    if "extra_errno" in found:
        errno = pc.coalesce(errno, found["extra_errno"])
        killed = pc.coalesce(killed, found["extra_killed"])
    codes = pc.coalesce(_codes(errno, ""), _codes(killed, "killed: "))
    lines, owners = records.of_kind(ERROR)
    if not len(lines):
        return codes
    owners, kept = np.unique(owners, return_index=True)
    texts = records.lines(lines[kept], without=len("# Error "))
    place = np.full(len(records.query), -1)
    place[owners] = np.arange(len(owners))
    return pc.coalesce(codes, texts.take(pa.array(place, mask=place < 0)))


def weights(records: Records, duration_ms: pa.Array) -> pa.Array | None:
    """Return how many executions each record stands for, or None when all were logged."""
    lines, owners = records.of_kind(RATE)
    if not len(lines):
        return None
    limit = _groups(records.lines(lines), _RATE)["limit"].cast(pa.float64())
    weight = np.full(len(records.query), np.nan)
    weight[owners] = limit.to_numpy(zero_copy_only=False)
    always = duration_ms.fill_null(0.0).to_numpy(zero_copy_only=False) >= ALWAYS_LOGGED_MS
    weight[always & ~np.isnan(weight)] = 1.0
    return pa.array(weight, mask=np.isnan(weight))


def more(records: Records) -> pa.Array:
    """Return the bytes of what the comments say beyond the columns, null when nothing."""
    begin = np.where(records.session >= 0, records.session, records.query)
    ids = _has_ids(records)
    end = np.where(records.stamp >= 0, records.stamp + ids, records.body)
    end = np.where((records.use >= 0) & ~ids, records.use, end)
    texts = segments(records.data, records.starts[begin], records.starts[end])
    usual = pc.and_(pc.less_equal(pc.count_substring(texts, ": "), 4), pc.invert(pa.array(ids)))
    return pc.if_else(usual, None, pc.ascii_rtrim_whitespace(texts)).cast(pa.binary())


def _has_ids(records: Records) -> Flags:
    """Say of which records the stamp is ``SET last_insert_id=...,insert_id=...,timestamp=...``."""
    fifth = np.frombuffer(records.data, np.uint8)[
        np.where(records.stamp >= 0, records.starts[records.stamp] + 4, 0)
    ]
    ids: Flags = (fifth != ord("t")) & (records.stamp >= 0)
    return ids


def _groups(texts: pa.Array, pattern: str) -> dict[str, pa.Array]:
    """Return the groups of ``pattern``, null where it does not match."""
    struct = pc.extract_regex(texts, pattern)
    names = [struct.type.field(place).name for place in range(struct.type.num_fields)]
    return dict(zip(names, struct.flatten(), strict=True))


def _known(text: pa.Array) -> pa.Array:
    """Return ``text`` with null for "", which is also what a group without a match has."""
    return pc.if_else(pc.equal(text, ""), None, text)


def _first_of(one: pa.Array, other: pa.Array) -> pa.Array:
    return pc.coalesce(_known(one), _known(pc.ascii_trim_whitespace(other)))


def _schemas(lines: pa.Array, names: pa.Array) -> pa.Array:
    return pc.if_else(pc.match_substring(lines, "Schema: "), names, None)


def _coalesced(one: pa.DictionaryArray, other: pa.DictionaryArray) -> pa.DictionaryArray:
    if other.null_count == len(other):
        return one
    if one.null_count == len(one):
        return other
    return pc.coalesce(one.cast(pa.string()), other.cast(pa.string())).dictionary_encode()


def _ms(seconds: pa.Array) -> pa.Array:
    values = seconds.cast(pa.float64())
    ms = pc.divide(pc.round(pc.multiply(values, 1e6)), 1000.0)  # whole microseconds
    return pc.if_else(pc.less(values, _LONGEST_S), ms, None)


def _codes(codes: pa.Array, prefix: str) -> pa.Array:
    encoded = codes.dictionary_encode()
    names = [
        None if int(code) == 0 else f"{prefix}{code} {_CODES.get(code, '')}".rstrip()
        for code in encoded.dictionary.to_pylist()
    ]
    return pa.array(names, pa.string()).take(encoded.indices)
