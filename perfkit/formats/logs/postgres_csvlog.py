"""PostgreSQL's log as CSV (``log_destination = csvlog``), of versions 8.4 to 18.

The columns are those of PostgreSQL's documentation ("Using CSV-Format Log Output"); statements,
plans, events and joins are those of :mod:`perfkit.formats.logs.postgres_stderr`.
"""

from __future__ import annotations

import re

from perfkit.formats.logs.pg_begins import ROW, first_row
from perfkit.formats.logs.pg_csv import CERTAIN, last_start, read_csv, width_of
from perfkit.formats.logs.pg_parse import clean, mend, not_ours, parse_records
from perfkit.formats.model import Chunk, Format, Parsed, Recognition

__all__ = ["FORMAT"]

_BEGINS = re.compile(rb"(?<=\n)" + CERTAIN.pattern)
_TAIL = 1 << 16


def recognises(head: bytes) -> Recognition:
    """Recognise lines of 22 to 26 columns that begin with time, user, database and pid."""
    if not ROW.match(head) and len(ROW.findall(head)) < 2:  # noqa: PLR2004 - behind a damaged one
        return Recognition(confidence=0.0)
    width = width_of(head)
    if not width:
        return Recognition(confidence=0.5, reason="lines begin as those of a PostgreSQL csvlog")
    found = len(ROW.findall(head))
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
        return not_ours(chunk.data, "no line has the columns of a PostgreSQL csvlog")
    data, notes = clean(chunk.data)
    return parse_records(read_csv(data, width, chunk.zone), chunk, notes)


FORMAT = Format(
    name="postgres-csvlog",
    title="PostgreSQL log (csvlog)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    mend=mend,
    begins=first_row,
)
