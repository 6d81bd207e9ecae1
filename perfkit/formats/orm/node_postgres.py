"""Queries that Node.js programs print as objects, and Prisma's ``prisma:query`` lines.

* ``executed query { text, duration, rows }``: the example of node-postgres' documentation
  ("project structure"), checked with pg 8 and Node.js 20.
* ``{ timestamp, query, params, duration, target }``: Prisma's query events, as its
  documentation shows them; ``prisma:query SELECT ...`` on standard output has no duration.
* ``{ method, bindings, __knexQueryUid, sql }``: knex with ``debug`` or a listener for
  ``query``, checked with knex 3; no duration.

Durations are milliseconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import SQL_WORD, LogLines, cut_before, marked_lines, plain_text
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.node_objects import BEGINS, BEGINS_RAW, number, objects, raw, text
from perfkit.formats.orm.statement_rows import durations, null_if_empty, parsed, queries, recognised
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_PRISMA = rf"^(?P<before>.*?)(?P<mark>\bprisma:query )\s*(?:{SQL_WORD}|$)"
#: Exactly where records begin: a place within an object would divide it.
_CUT = re.compile(
    rf"{BEGINS_RAW}|\bprisma:query (?=.*\n)[ \t\f]*(?:{SQL_WORD}|\r?\n)".encode(), re.MULTILINE
)
_UNTIMED = Note(
    kind="statements_without_duration",
    message="queries were printed without durations: print how long pool.query() took, or use "
    "Prisma's query events",
)
_MISSING = "print each query with its text and duration in milliseconds"


def recognises(head: bytes) -> Recognition:
    """Recognise objects that hold a statement with its duration or its parameters."""
    plain, _ = plain_text(head[: head.rfind(b"\n") + 1] or head)
    log = LogLines.of(plain)
    lines = log.matching(_PRISMA)
    (_, _, texts), _ = _objects(log, lines)
    found = len(texts) + len(lines)
    return recognised(found, plain, "begin queries that Node.js printed")


def parse(chunk: Chunk) -> Parsed:
    """Parse the objects and lines; all others are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    lines = log.matching(_PRISMA)
    (first, ends, texts), columns = _objects(log, lines)
    printed = Prefixes.read(log.groups(first, r"^(?P<before>[^{]*)")["before"], chunk.zone)
    stated = Prefixes.read(columns.pop("timestamp"), chunk.zone)
    ms = columns["duration_ms"]
    columns["started_at"] = pc.coalesce(stated.started(), printed.started(ms))
    rows = [queries(texts, first + 1, columns)]
    used = marked_lines(first, ends, log.count)
    mark = log.groups(lines, _PRISMA)
    stops = log.ends(lines, but=BEGINS)
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    before = Prefixes.read(mark["before"], chunk.zone)
    bodies = log.bodies(lines, skip.to_numpy(zero_copy_only=False), stops)
    rows.append(queries(bodies, lines + 1, {"started_at": before.started()}))
    used |= marked_lines(lines, stops, log.count)
    table = tables.concat(rows, "queries").sort_by("line")
    notes += [note for part in (printed, before) for note in part.notes(chunk.zone)][:1]
    notes += [_UNTIMED] * bool(table["duration_ms"].null_count)
    return parsed(log, {"queries": table}, used, notes=notes, missing=_MISSING)


def _objects(log: LogLines, others: Ints) -> tuple[tuple[Ints, Ints, pa.Array], dict[str, Any]]:
    """Return the objects that hold a statement: first lines, ends, statements; and columns."""
    first, ends = objects(log, others)
    bodies = log.bodies(first, np.zeros(len(first), np.int64), ends)
    texts = text(bodies, "text|query|sql")
    ms = durations(number(bodies, "duration|ms|elapsed"))
    parameters = raw(bodies, "bindings|params|values")
    sql = pc.match_substring_regex(texts, rf"^\s*{SQL_WORD}")
    known = pc.and_(pc.fill_null(sql, False), pc.or_(ms.is_valid(), parameters.is_valid()))  # noqa: FBT003 - the value to fill in
    keep = known.to_numpy(zero_copy_only=False)
    rows = number(bodies, "rows|rowCount|row_count").filter(known)
    stamp = null_if_empty(
        pc.extract_regex(bodies, r"\btimestamp: '?(?P<at>[0-9][0-9TZ:. -]+)").field("at")
    )
    columns = {
        "duration_ms": ms.filter(known),
        "parameters": parameters.filter(known),
        "rows_returned": durations(rows).cast(pa.int64(), safe=False),
        "timestamp": stamp.filter(known),
    }
    return (first[keep], ends[keep], texts.filter(known)), columns


FORMAT = Format(
    name="node-queries",
    title="queries printed by Node.js (node-postgres, Prisma, knex)",
    recognises=recognises,
    cut=cut_before(_CUT),
    parse=parse,
)
