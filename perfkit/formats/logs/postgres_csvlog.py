"""PostgreSQL's log as CSV (``log_destination = csvlog``), of versions 8.4 to 18.

The columns are those of PostgreSQL's documentation ("Using CSV-Format Log Output"); statements,
plans, events and joins are those of :mod:`perfkit.formats.logs.postgres_stderr`.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines
from perfkit.formats.logs.pg_csv import CERTAIN, last_start, read_csv, width_of
from perfkit.formats.logs.pg_parse import clean, mend, parse_records
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition

__all__ = ["FORMAT"]

_LINE = re.compile(
    rb'^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15} [^,"\n]{1,10},(?:"(?:[^"\n]|"")*")?,'
    rb'(?:"(?:[^"\n]|"")*")?,[0-9]+,(?:"[^"\n]*")?,[0-9a-f]+\.[0-9a-f]+,[0-9]+,',
    re.MULTILINE,
)
_BEGINS = re.compile(rb"(?<=\n)" + CERTAIN.pattern)
_TAIL = 1 << 16


def recognises(head: bytes) -> Recognition:
    """Recognise lines of 22 to 26 columns that begin with time, user, database and pid."""
    if not _LINE.match(head) and len(_LINE.findall(head)) < 2:  # noqa: PLR2004 - behind a damaged one
        return Recognition(confidence=0.0)
    width = width_of(head)
    if not width:
        return Recognition(confidence=0.5, reason="lines begin as those of a PostgreSQL csvlog")
    found = len(_LINE.findall(head))
    return Recognition(
        confidence=0.99, reason=f"{found:,} lines of a PostgreSQL csvlog with {width} columns"
    )


def cut(data: bytes) -> int:
    """Return where the last record begins, never within quotes."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = [m.start() for m in _BEGINS.finditer(data, base)]
        if found:
            return found[-1]
        if not base:
            return last_start(data)
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse whole records; what other chunks decide is pending."""
    width = width_of(chunk.head)
    if not width:
        return _not_ours(chunk.data)
    data, notes = clean(chunk.data)
    return parse_records(read_csv(data, width, chunk.zone), chunk, notes)


def _not_ours(data: bytes) -> Parsed:
    lines = count_lines(data)
    reason = "no line has the columns of a PostgreSQL csvlog"
    return Parsed(
        lines=lines, rejected_lines=lines, rejected=(BadLine.of(1, reason, data),) * bool(lines)
    )


FORMAT = Format(
    name="postgres-csvlog",
    title="PostgreSQL log (csvlog)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    mend=mend,
)
