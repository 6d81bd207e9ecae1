"""What the lines of a chunk of MongoDB's log are, and the tables made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.formats.logs.mongodb_documents import number
from perfkit.formats.logs.mongodb_events import Event, events
from perfkit.formats.logs.mongodb_queries import Operation, queries
from perfkit.formats.logs.mongodb_writes import COMMANDS, divided
from perfkit.formats.model import BadLine, Chunk, Parsed, kept
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CUT", "THRESHOLD", "Found"]

_MILLIS = re.compile(r"[0-9]{1,13}")
_LATEST_MS = 10**13  # the year 2286
_MISSING = (
    "let MongoDB log more: db.setProfilingLevel(0, {slowms: 20}), "
    "or operationProfiling.slowOpThresholdMs in its configuration"
)
THRESHOLD = Note(
    kind="threshold",
    message="MongoDB logs operations slower than slowms (100 ms unless set), and of those the "
    "share slowOpSampleRate: totals miss the others",
)
CUT = Note(
    kind="truncated_statements",
    message="MongoDB cut commands that were too long for its log: "
    "their shapes may differ from those of the whole commands",
)
_TWICE = Note(
    kind="writes_logged_twice",
    message="commands that hold writes are left out where those writes are logged themselves",
)


@dataclass
class Found:
    """Lines by what they are; ``writes`` are rows of ``operations`` that may be there twice."""

    operations: list[Operation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    rejected: list[BadLine] = field(default_factory=list)
    writes: list[tuple[int, bool]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, one: Operation, *, single_write: bool) -> None:
        """Keep an operation; ``single_write``: it is one of the writes of a command."""
        if single_write or (one.verb in COMMANDS and not one.marked):
            self.writes.append((len(self.operations), single_write))
        self.operations.append(one)

    def parsed(self, chunk: Chunk, lines: int) -> Parsed:
        """Return the tables of a chunk of so many lines."""
        ended = read_times([_moment(one.ended) for one in self.operations], chunk.zone)
        table = queries(self.operations, ended.array)
        happened = read_times([_moment(one.at) for one in self.events], chunk.zone)
        parts = divided(table, self.writes, first=chunk.first)
        decided = {"queries": parts.queries, "events": events(self.events, happened.array)}
        notes = [*self.notes, *([THRESHOLD] if self.operations else [])]
        notes += [zone_note(chunk.zone)] if ended.naive or happened.naive else []
        notes += [_TWICE] if _fewer(parts.queries, parts.pending, table) else []
        used = len(self.operations) + len(self.events)
        return Parsed(
            tables={name: rows for name, rows in decided.items() if rows.num_rows},
            pending={"queries": parts.pending} if parts.pending.num_rows else {},
            carry=parts.carry,
            rejected=kept(self.rejected),
            rejected_lines=len(self.rejected),
            irrelevant=lines - used - len(self.rejected),
            lines=lines,
            notes=tuple(dict.fromkeys(notes)),
            missing=_MISSING,
        )


def _moment(value: Any) -> str | int | None:
    """Return a time as text or as milliseconds since 1970; None for what is neither."""
    if type(value) is str:
        return value
    if isinstance(value, dict):  # {"$date": {"$numberLong": "1795248000123"}}
        value = value.get("$numberLong")
        value = int(value) if isinstance(value, str) and _MILLIS.fullmatch(value) else None
    ms = number(value)
    return ms if ms is not None and ms < _LATEST_MS else None


def _fewer(decided: pa.Table, pending: pa.Table, before: pa.Table) -> bool:
    return bool(decided.num_rows + pending.num_rows < before.num_rows)
