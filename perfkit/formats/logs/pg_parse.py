"""Records of a PostgreSQL log -> statements, plans and events: the same for every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import count_lines
from perfkit.formats.logs.pg_events import read_events
from perfkit.formats.logs.pg_items import FAILED, Items
from perfkit.formats.logs.pg_locks import join_locks
from perfkit.formats.logs.pg_notes import NOT_LOGGED, Threshold
from perfkit.formats.logs.pg_pending import mended, settled
from perfkit.formats.logs.pg_plans import unread_plans
from perfkit.formats.logs.pg_records import BAD, CUT_PLAN, Records
from perfkit.formats.logs.pg_statements import STEP, Statements, read_statements
from perfkit.formats.logs.pg_zones import zone_notes
from perfkit.formats.model import KEPT_PER_REASON, BadLine, Chunk, Parsed, kept
from perfkit.formats.text import to_utf8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.recording import Note

__all__ = ["Carry", "clean", "mend", "not_ours", "parse_records"]

_ERRORS = ("ERROR", "FATAL", "PANIC")
_LOGS = ("LOG", "WARNING")
#: Statements and joins reach so far beyond the window asked for.
_SLACK_NS = 600_000_000_000
#: A statement that took longer than the slack has at least so many digits before its point.
_LONG_DIGITS = 6

MISSING = f"{NOT_LOGGED}: no statement had a duration"


@dataclass(frozen=True, kw_only=True)
class Carry:
    """What ``mend`` must know of a chunk."""

    items: Items
    threshold: Threshold


def clean(data: bytes) -> tuple[bytes, list[Note]]:
    """Return ``data`` as UTF-8 with LF line ends; most logs are ASCII, which is quick to see."""
    return (data, []) if data.isascii() and b"\r" not in data else to_utf8(data)


def parse_records(records: Records, chunk: Chunk, notes: Sequence[Note]) -> Parsed:
    """Read the tables of one chunk; what it cannot decide is pending."""
    wanted = _wanted(records, chunk)
    logs = np.flatnonzero(records.has_severity(_LOGS) & wanted)
    errors = np.flatnonzero(records.has_severity(_ERRORS) & wanted)
    statements = read_statements(records, logs)
    records.bad[statements.broken] = CUT_PLAN
    told = np.zeros(len(records.key), np.bool_)
    told[statements.taken] = told[statements.broken] = True
    others = logs[~told[logs]]
    events, event_rows = read_events(records, others, errors)
    items = _items(records, statements, errors)
    queries = settled(statements.queries, items)
    threshold = Threshold.of(queries.queries)._replace(
        left_out=int((~wanted).sum()), unread=unread_plans(statements.plans)
    )
    waits = join_locks(events, whole=False)
    used = np.concatenate([statements.taken, event_rows])
    decided = {"queries": queries.queries, "events": waits.events, "plans": statements.plans}
    pending = {"queries": queries.pending, "events": waits.pending}
    return Parsed(
        tables={name: table for name, table in decided.items() if table.num_rows},
        pending={name: table for name, table in pending.items() if table.num_rows},
        carry=Carry(items=queries.carry, threshold=threshold),
        notes=(*notes, *zone_notes(records.zones, chunk.zone)),
        lines=int(records.lines.sum()),
        rejected=_rejected(records),
        rejected_lines=int(records.lines[records.bad > 0].sum()),
        irrelevant=_irrelevant_lines(records, used),
        missing=MISSING,
    )


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Join durations, plans and lock waits to what they belong to, across chunks."""
    found = {}
    carries = [part.carry for part in parts if part.carry is not None]
    if any("queries" in part.pending for part in parts):
        nothing = tables.empty("queries")
        found["queries"] = mended(
            [part.pending.get("queries", nothing) for part in parts if part.carry is not None],
            [carry.items for carry in carries],
        )
    if any("events" in part.pending for part in parts):
        pending = [part.pending["events"] for part in parts if "events" in part.pending]
        joined = tables.concat(pending, "events")
        found["events"] = join_locks(joined, whole=True).events
    if not carries:
        return Parsed()
    return Parsed(
        tables={name: table for name, table in found.items() if table.num_rows},
        notes=Threshold.notes([carry.threshold for carry in carries], found.get("queries")),
    )


def not_ours(data: bytes, reason: str) -> Parsed:
    """Reject every line of ``data``, whose log is none of this format."""
    lines = count_lines(data)
    first = data.split(b"\n", KEPT_PER_REASON)[: min(lines, KEPT_PER_REASON)]
    rejected = tuple(BadLine.of(line, reason, text) for line, text in enumerate(first, 1))
    return Parsed(lines=lines, rejected_lines=lines, rejected=rejected)


def _wanted(records: Records, chunk: Chunk) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which records may matter within the window of time that the user asked for.

    A record is written when its statement has ended: those that took very long are kept.
    """
    keep = chunk.keep
    low = None if keep.since is None else keep.since - _SLACK_NS
    high = None if keep.until is None else keep.until + _SLACK_NS
    wanted = records.within(low, high)
    late = np.flatnonzero(~wanted & records.within(low, None))
    late = late[records.begins(late, b"duration: ")]
    digits = records.bytes_at(records.text[late] + len("duration: "), _LONG_DIGITS)
    wanted[late[((digits >= ord("0")) & (digits <= ord("9"))).all(axis=1)]] = True
    return wanted


def _items(records: Records, statements: Statements, errors: Ints) -> Items:
    rows = np.flatnonzero(statements.role != STEP)
    record = np.concatenate([statements.record[rows], errors])
    order = np.argsort(record, kind="stable")
    count, nothing = len(rows), np.zeros(len(record), np.int64)
    phase = statements.queries["phase"].combine_chunks()
    execute = pc.equal(phase.cast(pa.string()), "execute").fill_null(fill_value=False)
    messages = pa.concat_arrays([pa.nulls(count, pa.string()), records.messages(errors)])
    return Items(
        session=records.session_category(record[order]),
        role=np.concatenate([statements.role[rows], np.full(len(errors), FAILED)])[order],
        row=np.concatenate([rows, np.full(len(errors), -1)])[order],
        execute=np.concatenate(
            [execute.to_numpy(zero_copy_only=False)[rows], np.zeros(len(errors), np.bool_)]
        )[order],
        text=nothing,
        also=nothing,
        many=nothing + 1,
        error=messages.take(pa.array(order)),
    )


def _rejected(records: Records) -> tuple[BadLine, ...]:
    return kept(
        BadLine.of(int(records.line[row]), BAD[records.bad[row]], records.record(row))
        for row in np.flatnonzero(records.bad).tolist()
    )


def _irrelevant_lines(records: Records, used: Ints) -> int:
    """Count the physical lines that are fine and in no table: a DETAIL counts with its LOG."""
    wanted = np.zeros(len(records.key), np.bool_)
    wanted[used] = True
    owned = records.owner >= 0
    is_used = wanted[np.where(owned, records.owner, 0)] & owned
    return int(records.lines[(records.bad == 0) & ~is_used].sum())
