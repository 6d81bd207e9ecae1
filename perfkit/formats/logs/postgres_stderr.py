"""PostgreSQL's log as text (``log_destination = stderr``), with any usual ``log_line_prefix``.

``queries.started_at`` is the time of the log line, which is written when a statement has
ended, less its duration. Statements, plans and events are cut out of the log in bulk; see
``pg_records`` (lines), ``pg_statements``, ``pg_plans``, ``pg_events`` and ``pg_joins``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, count_lines
from perfkit.formats.logs.pg_events import read_events
from perfkit.formats.logs.pg_joins import FAILED, Sequence, join_locks, join_statements
from perfkit.formats.logs.pg_prefix import Prefix, infer
from perfkit.formats.logs.pg_records import BAD, Records, read_records
from perfkit.formats.logs.pg_statements import STEP, Statements, read_statements
from perfkit.formats.logs.pg_zones import zone_notes
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, concatenate, kept
from perfkit.formats.text import to_utf8
from perfkit.recording import Note
from perfkit.units import format_ms

if TYPE_CHECKING:
    from collections.abc import Sequence as Many

__all__ = ["FORMAT"]

_MESSAGE = re.compile(
    rb"^(?!\t)[^\n]{0,500}?(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]|DETAIL|HINT"
    rb"|STATEMENT|CONTEXT|QUERY|LOCATION):  \S",
    re.MULTILINE,
)
_RECORD = re.compile(
    rb"\n(?!\t)[^\n]{0,500}?(?:(LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5])"
    rb"|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE):  "
)
_TAIL = 1 << 16
#: From so many statements on, a shortest duration above this tells of a threshold.
_THRESHOLD_ROWS, _THRESHOLD_MS = 20, 5.0
_BROKEN = "its plan is cut off"


def recognises(head: bytes) -> Recognition:
    """Recognise lines with a severity and two blanks, such as ``LOG:  duration: 1.2 ms``."""
    found = len(_MESSAGE.findall(head))
    plain = sum(1 for line in head.splitlines() if line.strip() and line[:1] != b"\t")
    share = found / plain if plain else 0.0
    prefix = infer(head) if found else None
    if prefix is None or share < 0.2:  # noqa: PLR2004 - other programs share a captured stderr
        return Recognition(confidence=0.0)
    timed = "" if prefix.time_width else ", without times"
    return Recognition(
        confidence=(0.97 if prefix.time_width else 0.75) * min(1.0, 0.6 + share),
        reason=f"{found:,} lines with a PostgreSQL severity{timed}",
    )


def cut(data: bytes) -> int:
    """Return where the last message begins: a DETAIL is never cut from its LOG."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = [m.start() + 1 for m in _RECORD.finditer(data, base) if m[1]]
        if found or not base:
            return found[-1] if found else 0
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse whole records; what joins across records is left to :func:`combine`."""
    prefix = infer(chunk.head)
    if prefix is None:
        return _not_ours(chunk.data)
    data, notes = to_utf8(chunk.data)
    records = read_records(data, prefix, chunk.zone, last=chunk.last)
    severity = records.severity()
    logs = _rows(pc.equal(severity, "LOG"))
    errors = _rows(pc.is_in(severity, pa.array(["ERROR", "FATAL", "PANIC"])))
    statements = read_statements(records, logs)
    records.bad[statements.broken] = len(BAD)
    others = np.setdiff1d(logs, np.concatenate([statements.taken, statements.broken]))
    events, event_rows = read_events(records, others, errors)
    used = np.concatenate([statements.taken, event_rows])
    notes += [_prefix_note(prefix), *zone_notes(records.zones, chunk.zone)]
    return Parsed(
        tables={"queries": statements.queries, "events": events, "plans": statements.plans},
        notes=tuple(notes),
        carry=_sequence(records, statements, errors),
        lines=int(records.lines.sum()),
        rejected=_rejected(records),
        rejected_lines=int(records.lines[records.bad > 0].sum()),
        irrelevant=_irrelevant_lines(records, used),
    )


def combine(parts: Many[Parsed]) -> Parsed:
    """Join durations, plans and lock waits to what they belong to, across chunks."""
    whole = concatenate(parts)
    sequences, base = [], 0
    for part in parts:
        if part.carry is not None:
            row = np.where(part.carry.row < 0, -1, part.carry.row + base)
            sequences.append(part.carry._replace(row=row))
            base += part.tables["queries"].num_rows
    if not sequences:
        return whole
    queries = join_statements(whole.tables["queries"], sequences)
    events = join_locks(whole.tables["events"])
    contents = {**whole.tables, "queries": queries, "events": events}
    return Parsed(
        tables={name: table for name, table in contents.items() if table.num_rows},
        rejected=whole.rejected,
        rejected_lines=whole.rejected_lines,
        irrelevant=whole.irrelevant,
        lines=whole.lines,
        notes=(*whole.notes, *_query_notes(queries)),
    )


def _rows(chosen: pa.Array) -> Ints:
    return np.flatnonzero(chosen.fill_null(False).to_numpy(zero_copy_only=False))  # noqa: FBT003 - the value to fill in


def _not_ours(data: bytes) -> Parsed:
    lines = count_lines(data)
    reason = "no line has a PostgreSQL severity"
    return Parsed(
        lines=lines, rejected_lines=lines, rejected=(BadLine.of(1, reason, data),) * bool(lines)
    )


def _sequence(records: Records, statements: Statements, errors: Ints) -> Sequence:
    rows = np.flatnonzero(statements.role != STEP)
    record = np.concatenate([statements.record[rows], errors])
    role = np.concatenate([statements.role[rows], np.full(len(errors), FAILED)])
    row = np.concatenate([rows, np.full(len(errors), -1)])
    order = np.argsort(record, kind="stable")
    return Sequence(records.session(record[order]), role[order], row[order])


def _rejected(records: Records) -> tuple[BadLine, ...]:
    reasons = (*BAD, _BROKEN)
    return kept(
        BadLine.of(
            int(records.line[row]),
            reasons[records.bad[row]],
            records.data[records.start[row] : records.end[row]],
        )
        for row in np.flatnonzero(records.bad).tolist()
    )


def _irrelevant_lines(records: Records, used: Ints) -> int:
    """Count the physical lines that are fine and in no table: a DETAIL counts with its LOG."""
    wanted = np.zeros(len(records.key), np.bool_)
    wanted[used] = True
    owned = records.owner >= 0
    is_used = wanted[np.where(owned, records.owner, 0)] & owned
    return int(records.lines[(records.bad == 0) & ~is_used].sum())


def _prefix_note(prefix: Prefix) -> Note:
    message = f"log_line_prefix was inferred as {prefix.template!r}"
    if prefix.missing:
        message += f"; without {', '.join(prefix.missing)} some questions cannot be answered"
    return Note(kind="prefix_inferred", message=message)


def _query_notes(queries: pa.Table) -> list[Note]:
    notes = []
    text, ms = queries["statement"].is_valid(), queries["duration_ms"]
    bare = pc.sum(pc.and_(pc.invert(text), queries["phase"].is_null())).as_py() or 0
    if bare:
        message = f"{bare:,} durations have no statement: set log_min_duration_statement"
        notes.append(Note(kind="durations_without_statement", message=message))
    untimed = pc.sum(pc.and_(text, pc.is_null(ms))).as_py() or 0
    if untimed:
        message = f"{untimed:,} statements were logged without a duration (log_statement)"
        notes.append(Note(kind="statements_without_duration", message=message))
    return notes + _threshold(queries.filter(text)["duration_ms"].drop_null())


def _threshold(ms: pa.ChunkedArray) -> list[Note]:
    shortest = pc.min(ms).as_py() if len(ms) >= _THRESHOLD_ROWS else None
    if shortest is None or shortest < _THRESHOLD_MS:
        return []
    message = f"no statement shorter than {format_ms(shortest)} was logged: a threshold is set"
    return [Note(kind="threshold", message=f"{message}, and totals miss what is below it")]


FORMAT = Format(
    name="postgres-stderr",
    title="PostgreSQL log (stderr)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
