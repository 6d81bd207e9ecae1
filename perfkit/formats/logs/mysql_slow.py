"""The slow query log of MySQL, MariaDB and Percona Server, as a file.

One row of ``queries`` per record, in the order of the log, which is written when statements
have ended. What the comments say beyond the columns (``# Full_scan``, ``# explain`` ...) is in
``attributes``, as it was written. Commands without a statement (``# administrator command:
Ping``) count as statements of that text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.lines import segments
from perfkit.formats.logs.mysql_header import errors, measures, more, weights, who
from perfkit.formats.logs.mysql_lines import find_records
from perfkit.formats.logs.mysql_notes import sampling_notes, threshold_notes
from perfkit.formats.logs.mysql_rejects import rejects, without_cut_header
from perfkit.formats.logs.mysql_server import server
from perfkit.formats.logs.mysql_state import Held, databases, holds
from perfkit.formats.logs.mysql_times import started_at
from perfkit.formats.model import Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8

if TYPE_CHECKING:
    from perfkit.formats.logs.mysql_lines import Records
    from perfkit.recording import Note

__all__ = ["FORMAT"]

_QUERY_TIME = re.compile(
    rb"^# Query_time: [0-9.]+ +Lock_time: [0-9.]+ +Rows_sent: [0-9]+", re.MULTILINE
)
_RECORD = re.compile(rb"^# (?:Time|User@Host): ", re.MULTILINE)
_COMMENT = "# administrator command: "
_TAIL = 1 << 16
_MISSING = "set slow_query_log=ON and, to log every statement, long_query_time=0"


def recognises(head: bytes) -> Recognition:
    """Recognise ``# Query_time: ...  Lock_time: ...`` lines with what comes before them."""
    found = len(_QUERY_TIME.findall(head))
    if not found:
        return Recognition(confidence=0.0)
    sure = 0.98 if _RECORD.search(head) else 0.9
    return Recognition(confidence=sure, reason=f"{found:,} records with a Query_time")


def begins(head: bytes) -> int:
    """Return where the first record, or the lines of a server that opens the log, begin."""
    records = find_records(head, short=b"# User@Host: " not in head)
    found = [*records.first[:1].tolist(), *records.openings[:1].tolist()]
    return int(records.starts[min(found)]) if found else 0


def cut(data: bytes) -> int:
    """Return where the last record begins."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        short = not base and b"# User@Host: " not in data
        records = find_records(data[base:], short=short)
        if len(records.first) and (records.first[-1] or not base):
            return base + int(records.starts[records.first[-1]])
        if not base:
            return 0
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse whole records."""
    data, notes = to_utf8(chunk.data)
    records = find_records(data, short=server(chunk.head).short)
    records = without_cut_header(records) if chunk.last else records
    statements = _statements(records)
    columns, more_notes = _read(records, chunk)
    found = rejects(records, columns.pop("known"), statements, last=chunk.last)
    rows = tables.from_columns("queries", columns | _texts(statements))
    good = pa.array(found.good)
    return Parsed(
        tables={"queries": rows if len(good) == rows.num_rows else rows.take(good)},
        rejected=kept(found.bad),
        rejected_lines=found.lines,
        irrelevant=found.irrelevant,
        lines=len(records.kinds),
        notes=(*notes, *more_notes, *threshold_notes(chunk.head)),
        missing=_MISSING,
    )


def _read(records: Records, chunk: Chunk) -> tuple[dict[str, Any], list[Note]]:
    """Return the columns that headers tell, and which numbers are ``known``."""
    info, held = server(chunk.head), chunk.before or Held()
    read = who(records) | measures(records)
    started, notes = started_at(records, info, read["duration_ms"], chunk.zone, held.time)
    weight = weights(records, read["duration_ms"])
    if weight is not None:
        notes += sampling_notes(set(pc.unique(weight.drop_null()).to_pylist()))
    names = ("duration_ms", "lock_ms", "rows_returned", "rows_examined", "known")
    return {name: read[name] for name in (*names, "user", "client", "session_id")} | {
        "started_at": started,
        "system": _constant(info.system, len(started)),
        "duration_kind": _constant("server", len(started)),
        "database": _databases(records, read["database"], held),
        "weight": pa.nulls(len(started), pa.float64()) if weight is None else weight,
        "error": errors(records, read),
        "line": records.first + 1,
        "attributes": more(records),
    }, notes


def _statements(records: Records) -> pa.Array:
    begin, end = records.starts[records.body], records.starts[records.bound]
    texts = pc.ascii_trim(segments(records.data, begin, end), characters=" \t\r\n;")
    if _COMMENT.encode() not in records.data:
        return texts
    return pc.replace_substring_regex(texts, rf"^# ({_COMMENT[2:]})", r"\1")


def _texts(statements: pa.Array) -> dict[str, Any]:
    statement = statements.dictionary_encode()
    fingerprint, identifier = fingerprint_many(statement, dialect="mysql")
    return {
        "statement": statement,
        "fingerprint": fingerprint,
        "fingerprint_id": identifier,
    }


def _databases(records: Records, named: pa.DictionaryArray, held: Held) -> pa.Array:
    """Return the database by ``# Schema``, else by the last ``use``."""
    plain = named.cast(pa.string())
    known = pc.if_else(pc.equal(plain, ""), None, plain)
    if named.null_count == 0:
        return known.dictionary_encode()
    used = databases(records, held.use).cast(pa.string())
    return pc.if_else(plain.is_null(), used, known).dictionary_encode()


def _constant(value: str, count: int) -> pa.DictionaryArray:
    indices = pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(indices, pa.array([value]))


FORMAT = Format(
    name="mysql-slow",
    title="MySQL and MariaDB slow query log",
    recognises=recognises,
    cut=cut,
    parse=parse,
    holds=holds,
    begins=begins,
)
