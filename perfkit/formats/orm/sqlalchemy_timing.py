"""Statements timed by the recipe in SQLAlchemy's FAQ ("How can I profile a SQLAlchemy ...").

Its hooks log ``Start Query: ...``, ``Query Complete!`` and ``Total Time: 0.002063`` (seconds,
measured around the cursor) to a logger that the recipe calls ``myapp.sqltime``.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import LogLines, cut_before, marked_lines, plain_text
from perfkit.formats.orm.log_prefixes import Prefixes, shapes
from perfkit.formats.orm.sqlalchemy_totals import mend, totals
from perfkit.formats.orm.statement_rows import durations, joined, parsed, queries, recognised

__all__ = ["FORMAT"]

_LINE = (
    r"^(?P<before>.*?)(?P<mark>\b(?:Start Query: |Query Complete!|Total Time: "
    r"(?P<seconds>[0-9]+\.[0-9]+)$))"
)
_START = re.compile(rb"\bStart Query: ")
_TOTAL = re.compile(rb"\bTotal Time: [0-9]+\.[0-9]+$", re.MULTILINE)
_MISSING = "log Start Query and Total Time, as in the recipe of SQLAlchemy's FAQ"


def recognises(head: bytes) -> Recognition:
    """Recognise a start with a total; surer than the echo that may stand between."""
    plain, _ = plain_text(head)
    pairs = min(len(_START.findall(plain)), len(_TOTAL.findall(plain)))
    found = recognised(pairs, plain, "begin statements timed by SQLAlchemy's recipe")
    return Recognition(confidence=0.99, reason=found.reason) if pairs else found


def parse(chunk: Chunk) -> Parsed:
    """Parse the statements; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    row = log.matching(_LINE)
    mark = log.groups(row, _LINE)
    starts = pc.equal(mark["mark"], "Start Query: ").to_numpy(zero_copy_only=False)
    threads = joined(Prefixes.read(mark["before"], None).sessions(), shapes(mark["before"]))
    found = totals(threads, starts, durations(mark["seconds"], 1000.0))
    first = row[starts]
    ends = log.ends(first)
    chosen = pa.array(np.flatnonzero(starts))
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"])).take(chosen)
    prefixes = Prefixes.read(mark["before"].take(chosen), chunk.zone)
    columns = {
        "duration_ms": found.ms,
        "started_at": prefixes.started(),
        "session_id": prefixes.sessions(),
        **prefixes.traces(),
    }
    bodies = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
    used = marked_lines(first, ends, log.count)
    used[row] = True
    notes += prefixes.notes(chunk.zone)
    rows = queries(bodies, first + 1, columns)
    waits = pa.array(found.is_open)
    whole = {"queries": rows.filter(pc.invert(waits))}
    done = parsed(log, whole, used, notes=notes, missing=_MISSING)
    pending = {"queries": rows.filter(waits)} if found.is_open.any() else {}
    return replace(done, pending=pending, carry=found.carry)


FORMAT = Format(
    name="sqlalchemy-timing",
    title="SQLAlchemy timing recipe",
    recognises=recognises,
    cut=cut_before(_START),
    parse=parse,
    mend=mend,
)
