r"""The slow query log as the table ``mysql.slow_log`` (``log_output=TABLE``), exported.

Columns in any order and case: start_time, user_host, query_time, lock_time, rows_sent,
rows_examined, db, last_insert_id, insert_id, server_id, sql_text, thread_id, and of MariaDB
rows_affected. The file ``slow_log.CSV`` of the server itself, which has no header, is read too.
MySQL's ``start_time`` is when the statement was logged (sql/log.cc,
Log_to_csv_event_handler::log_slow), MariaDB's when it began (since MDEV-11628).
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.logs.mysql_exports import Export, columns_of, read_export
from perfkit.formats.logs.mysql_header import accounts
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

__all__ = ["FORMAT"]

_COLUMNS = (
    *("start_time", "user_host", "query_time", "lock_time", "rows_sent", "rows_examined"),
    *("db", "last_insert_id", "insert_id", "server_id", "sql_text", "thread_id", "rows_affected"),
)
_NEEDED = frozenset({"start_time", "query_time", "sql_text"})
_TIME = rb'"?[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}"?'
_BARE = re.compile(
    rb"\s*"
    + _TIME
    + rb'[,;\t|]"?[^"\n]{0,300}\] @ [^"\n]{0,300}"?[,;\t|]"?[0-9]{2,3}(?::[0-9]{2}){2}'
)
_ROW = re.compile(rb"\n(?=" + _TIME + rb'[,;\t|]"?[^"\n]{0,300}\] @ )')
_CLOCK = r"^(?P<h>[0-9]{1,3}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2}(?:\.[0-9]{1,9})?)$"
_TAIL = 1 << 16
_MISSING = "set slow_query_log=ON and, to log every statement, long_query_time=0"
_STARTS = Note(
    kind="start_assumed",
    message="start_time is read as the start of statements; MariaDB before 2024 stored the end",
)


def recognises(head: bytes) -> Recognition:
    """Recognise the columns of mysql.slow_log, or its rows without a header."""
    if _BARE.match(head):
        return Recognition(confidence=0.95, reason="rows of mysql.slow_log")
    found = set(columns_of(head))
    if not found >= _NEEDED:
        return Recognition(confidence=0.0)
    return Recognition(confidence=0.95, reason="the columns of mysql.slow_log")


def cut(data: bytes) -> int:
    """Return where the last row begins, if rows begin with their time."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = [match.end() for match in _ROW.finditer(data, base)]
        if found or not base:
            return found[-1] if found else 0
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse rows of the table."""
    data, notes = to_utf8(chunk.data)
    found, mariadb = _export(data, chunk)
    times = read_times(found.text("start_time").to_pylist(), chunk.zone)
    known = pc.and_(times.array.is_valid(), found.text("sql_text").is_valid())
    good = pa.array(np.flatnonzero(known.to_numpy(zero_copy_only=False)))
    bad = np.flatnonzero(~known.to_numpy(zero_copy_only=False))
    found = found.without(bad, "its time or its statement is missing")
    if len(found.line):
        notes += [*([_STARTS] * mariadb), *([zone_note(chunk.zone)] * times.naive)]
    return Parsed(
        tables={"queries": _queries(found, times.array.take(good), mariadb=mariadb)},
        rejected=found.rejected,
        rejected_lines=found.rejected_lines,
        irrelevant=found.irrelevant,
        lines=found.lines,
        notes=tuple(notes),
        missing=_MISSING,
    )


def _export(data: bytes, chunk: Chunk) -> tuple[Export, bool]:
    """Return the rows, and whether they are MariaDB's."""
    begins = [match.end() for match in _ROW.finditer(data)]
    if _BARE.match(chunk.head) is None:
        found = read_export(data, chunk.head, first=chunk.first, begins=begins)
        return found, "rows_affected" in columns_of(chunk.head)
    found = read_export(data, chunk.head, _COLUMNS, first=chunk.first, begins=begins)
    if len(found.line):
        return found, True
    without = read_export(data, chunk.head, _COLUMNS[:-1], first=chunk.first, begins=begins)
    return without, False


def _queries(found: Export, times: pa.Array, *, mariadb: bool) -> pa.Table:
    duration = _clock_ms(found.text("query_time"))
    lasted = pc.multiply(pc.fill_null(duration, 0.0), 1e6).cast(pa.int64(), safe=False)
    began = times if mariadb else pc.subtract(times, lasted.cast(pa.duration("ns")))
    statement = pc.ascii_trim(found.text("sql_text"), characters=" \t\r\n;")
    fingerprint, identifier = fingerprint_many(statement, dialect="mysql")
    who = accounts(found.text("user_host"))
    constant = {"system": "mariadb" if mariadb else "mysql", "duration_kind": "server"}
    return tables.from_columns(
        "queries",
        {name: pa.repeat(pa.scalar(value), len(times)) for name, value in constant.items()}
        | {
            "started_at": began,
            "duration_ms": duration,
            "statement": statement,
            "fingerprint": fingerprint,
            "fingerprint_id": identifier,
            "database": found.text("db"),
            "user": who["user"],
            "client": who["client"],
            "session_id": found.text("thread_id"),
            "rows_returned": found.whole("rows_sent"),
            "rows_examined": found.whole("rows_examined"),
            "lock_ms": _clock_ms(found.text("lock_time")),
            "line": found.line,
        },
    )


def _clock_ms(texts: pa.Array) -> pa.Array:
    """Return the milliseconds of ``00:00:02.000243``; what is no time is null."""
    found = pc.extract_regex(pc.ascii_trim_whitespace(texts), _CLOCK)
    hours, minutes, seconds = (part.cast(pa.float64()) for part in found.flatten())
    whole = pc.add(pc.multiply(hours, 3600.0), pc.multiply(minutes, 60.0))
    micros = pc.round(pc.multiply(pc.add(whole, seconds), 1e6))
    return pc.divide(micros, 1000.0)


FORMAT = Format(
    name="mysql-slow-table",
    title="MySQL and MariaDB slow query log (table mysql.slow_log)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
