"""Redis' slow log, exported with ``SLOWLOG GET`` (Valkey: ``COMMANDLOG GET n slow``).

Read are redis-cli's lists for people, its bare lines in a pipe, ``--json``, ``--csv``, and JSON
of client libraries. Durations are microseconds; the time is when the command had ended, in
whole seconds. ``COMMANDLOG GET n large-reply`` looks the same and is not meant: its numbers
are bytes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_id
from perfkit.formats.logs.mongodb_documents import documents
from perfkit.formats.logs.mongodb_queries import unported
from perfkit.formats.logs.redis_entry import Entries, Entry
from perfkit.formats.logs.redis_exports import (
    CSV,
    NESTED,
    OBJECT,
    csv_entries,
    is_object,
    json_entries,
)
from perfkit.formats.logs.redis_shape import CUT_ARGUMENT, CUT_ARGUMENTS, shape
from perfkit.formats.logs.redis_terminal import BARE, NUMBERED, bare_entries, numbered_entries
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FORMAT"]

_MISSING = "let Redis log more: CONFIG SET slowlog-log-slower-than 1000 (microseconds)"
#: The address of a command that a script called: it is part of the script's own entry.
_SCRIPT = "?:0"
#: Some 30 years: no command lasts longer.
_LONGEST_MICROS = 1e15
_LIMITS = {
    10: "10 entries are what SLOWLOG GET returns unasked: SLOWLOG GET -1 returns all",
    128: "128 entries are the default of slowlog-max-len: older ones are gone",
}
_ALWAYS = (
    Note(
        kind="threshold",
        message="Redis logs commands of slowlog-log-slower-than (10 ms unless set) and more, and "
        "keeps slowlog-max-len of them: totals miss the others",
    ),
    Note(
        kind="server_time_only",
        message="Redis measures the execution only: waiting for its turn and the network are "
        "not in its durations",
    ),
    Note(kind="coarse_times", message="the times of SLOWLOG are whole seconds"),
)
_CUT = Note(
    kind="truncated_statements",
    message="Redis keeps 32 arguments of a command and 128 bytes of each: longer ones are cut",
)
_NESTED = Note(
    kind="nested_commands",
    message="commands that scripts called are left out: their time is part of EVAL or FCALL",
)
_BREAK = re.compile(rb"\}\r?\n(?=\{)|\n(?= *[0-9]{1,9}\) 1\) \(integer\) [0-9]{1,18}\r?\n)")
_BARE = re.compile(BARE.pattern.replace(r"\n", r"\r?\n").encode())
_PLAIN = re.compile(r"[!#-&(-\[\]-~]+")


def recognises(head: bytes) -> Recognition:
    """Recognise one of the forms by its first entry."""
    text = head.replace(b"\r\n", b"\n").decode("utf-8", "replace")
    found = _reader(text)
    if found is None:
        return Recognition(confidence=0.0)
    confidence, reason, _ = found
    return Recognition(confidence=confidence, reason=reason)


def _reader(text: str) -> tuple[float, str, Callable[[str], Entries]] | None:
    if NUMBERED.search(text):
        return 0.97, "entries of SLOWLOG GET in redis-cli's lists", numbered_entries
    if NESTED.match(text):
        return 0.95, "entries of SLOWLOG GET as JSON", json_entries
    if CSV.match(text) and "\n" not in text.strip():
        return 0.93, "entries of SLOWLOG GET as CSV", csv_entries
    if BARE.match(text):
        return 0.9, "entries of SLOWLOG GET, one value a line", bare_entries
    if OBJECT.match(text) and is_object(next(documents(text), ("", None))[1]):
        return 0.93, "JSON objects with id, time, duration and command of SLOWLOG GET", json_entries
    return None


def cut(data: bytes) -> int:
    """Return where the last entry begins that has lines of its own."""
    if _BARE.match(data):  # an argument may look like anything
        return 0
    found = list(_BREAK.finditer(data, max(0, len(data) - (1 << 20))))
    return found[-1].end() if found else 0


def parse(chunk: Chunk) -> Parsed:
    """Parse whole entries; lines are physical ones, of JSON and CSV records."""
    data, notes = to_utf8(chunk.data)
    found = _reader((chunk.head or data).replace(b"\r\n", b"\n").decode("utf-8", "replace"))
    if found is None:
        lines = data.count(b"\n") + bool(data and not data.endswith(b"\n"))
        bad = BadLine.of(1, "it is no entry of SLOWLOG GET", data)
        return Parsed(lines=lines, rejected_lines=lines, rejected=(bad,) * bool(lines))
    entries = found[2](data.decode())
    own = [entry for entry in entries.found if entry.address != _SCRIPT]
    times = read_times([entry.at for entry in own], chunk.zone)
    notes += [zone_note(chunk.zone)] if times.naive else []
    rejected = [BadLine.of(bad.line, bad.reason, bad.text.encode()) for bad in entries.bad]
    rejected_lines = sum(bad.lines for bad in entries.bad)
    nested = _lines_of(entries, [e for e in entries.found if e.address == _SCRIPT])
    return Parsed(
        tables={"queries": _queries(own, times.array)} if own else {},
        rejected=kept(rejected),
        rejected_lines=rejected_lines,
        irrelevant=entries.irrelevant + nested,
        lines=entries.lines,
        notes=(*notes, *_notes(entries.found, whole=chunk.first and chunk.last)),
        missing=_MISSING,
    )


def _lines_of(entries: Entries, chosen: Sequence[Entry]) -> int:
    """Count the lines of some entries: each goes on to the next entry, or to what is bad."""
    begins = sorted([entry.line for entry in entries.found] + [bad.line for bad in entries.bad])
    used = entries.lines - entries.irrelevant
    if used == len(begins):
        return len(chosen)
    ends = dict(zip(begins, [*begins[1:], entries.lines + 1], strict=True))
    return sum(ends[entry.line] - entry.line for entry in chosen)


def _queries(entries: Sequence[Entry], at: pa.Array) -> pa.Table:
    columns = dict(zip(Entry._fields, zip(*entries, strict=True), strict=True))
    micros = np.array(columns["micros"], np.float64)
    shapes = pa.array(list(map(shape, columns["arguments"])), pa.string()).dictionary_encode()
    ids = pa.array([fingerprint_id(text) for text in shapes.dictionary.to_pylist()], pa.string())
    address = pa.array([text or None for text in columns["address"]], pa.string())
    known = np.where(micros < _LONGEST_MICROS, micros, 0.0)
    spent = pa.array((known * 1000).astype(np.int64), mask=micros >= _LONGEST_MICROS)
    started = pc.subtract(at.cast(pa.int64()), spent)
    return tables.from_columns(
        "queries",
        {
            "started_at": started.cast(pa.timestamp("ns", "UTC")),
            "duration_ms": pa.array(known / 1000, mask=micros >= _LONGEST_MICROS),
            "duration_kind": pa.repeat(pa.scalar("server"), len(entries)),
            "system": pa.repeat(pa.scalar("redis"), len(entries)),
            "statement": pa.array(list(map(_typed, columns["arguments"])), pa.string()),
            "fingerprint": shapes,
            "fingerprint_id": pa.DictionaryArray.from_arrays(shapes.indices, ids),
            "client": unported(address),
            "session_id": address,
            "application": pa.array([name or None for name in columns["name"]], pa.string()),
            "line": np.array(columns["line"], np.int64),
            "attributes": [b'{"id":%d}' % number for number in columns["number"]],
        },
    )


def _typed(arguments: Sequence[str]) -> str:
    """Return a command as it would be typed."""
    return " ".join(word if _PLAIN.fullmatch(word) else json.dumps(word) for word in arguments)


def _notes(entries: Sequence[Entry], *, whole: bool) -> list[Note]:
    if not entries:
        return []
    found = list(_ALWAYS)
    found += [_CUT] if any(_is_cut(entry.arguments) for entry in entries) else []
    found += [_NESTED] if any(entry.address == _SCRIPT for entry in entries) else []
    if whole and len(entries) in _LIMITS:
        found.append(Note(kind="row_limit", message=_LIMITS[len(entries)]))
    return found


def _is_cut(arguments: Sequence[Any]) -> bool:
    return any(CUT_ARGUMENT.search(word) or CUT_ARGUMENTS.fullmatch(word) for word in arguments)


FORMAT = Format(
    name="redis-slowlog",
    title="Redis or Valkey slow log (SLOWLOG GET)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
