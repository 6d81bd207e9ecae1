"""PostgreSQL's log as JSON: ``log_destination = jsonlog``, CloudNativePG, Azure exports.

Statements, plans, events and joins are those of :mod:`perfkit.formats.logs.postgres_stderr`.
"""

from __future__ import annotations

from perfkit.formats.lines import cut_at_line
from perfkit.formats.logs.pg_azure import read_azure
from perfkit.formats.logs.pg_begins import first_object
from perfkit.formats.logs.pg_json import read_json, shape_of
from perfkit.formats.logs.pg_parse import clean, mend, not_ours, parse_records
from perfkit.formats.model import Chunk, Format, Parsed, Recognition

__all__ = ["FORMAT"]

_SHARE = 0.2


def recognises(head: bytes) -> Recognition:
    """Recognise JSON objects with the keys of a PostgreSQL log, perhaps behind half of one."""
    if not head.lstrip().startswith(b"{"):
        head = head[head.find(b"\n") + 1 :]
    if not head.lstrip().startswith(b"{"):
        return Recognition(confidence=0.0)
    shape, found, lines = shape_of(head)
    if shape is None or found < _SHARE * lines:
        return Recognition(confidence=0.0)
    return Recognition(
        confidence=0.99, reason=f"{found:,} records of a PostgreSQL log as {shape.name} writes it"
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse whole lines; what other chunks decide is pending."""
    shape, _, _ = shape_of(chunk.head)
    if shape is None:
        return not_ours(chunk.data, "no line is a JSON object of a PostgreSQL log")
    data, notes = clean(chunk.data)
    if shape.name == "Azure":
        records, note = read_azure(data, shape, chunk)
        notes.append(note)
    else:
        records = read_json(data, shape, chunk.zone)
    return parse_records(records, chunk, notes)


FORMAT = Format(
    name="postgres-jsonlog",
    title="PostgreSQL log (jsonlog)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    mend=mend,
    begins=first_object,
)
