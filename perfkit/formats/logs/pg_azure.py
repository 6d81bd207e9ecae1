"""Diagnostic logs of Azure Database for PostgreSQL: lines of the text log within JSON.

``properties.message`` holds the log line with its prefix and severity, ``detail`` what a text
log writes behind it. Where a message has no severity, time, process id and severity beside
it stand for the prefix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.formats.logs.pg_json import Shape, decode
from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_notes import prefix_note
from perfkit.formats.logs.pg_prefix import SEVERITIES, infer, stated
from perfkit.formats.logs.pg_records import BESIDE, Records

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.model import Chunk
    from perfkit.recording import Note

__all__ = ["read_azure"]

_HEADED = re.compile(rf"[^\n]{{0,500}}?(?:{SEVERITIES}) ?:  ")


def read_azure(data: bytes, shape: Shape, chunk: Chunk) -> tuple[Records, Note]:
    """Read the records of ``data`` (valid UTF-8); the note says which prefix they have."""
    decoded = decode(data, shape)
    rows = decoded.rows
    good = np.flatnonzero((rows.bad == 0) & ~rows.blank)
    properties = [decoded.records[row] for row in good.tolist()]
    text = "".join(map(_line, properties)).encode()
    template = chunk.hints.get("prefix")
    head = "".join(map(_line, _sample(chunk.head, shape))).encode()
    prefix = stated(template, head) if template else infer(head)
    if prefix is None:
        prefix = stated("%m [%p] ", head)
    read = read_records(text, prefix, chunk.zone, last=False)
    count = len(rows.start)
    states = [record.sqlstate if record.sqlstate != "00000" else None for record in properties]
    records = Records(
        data=read.data,
        text=_spread(read.text, good, count, 0),
        end=_spread(read.end, good, count, 0),
        source=data,
        start=rows.start,
        stop=rows.stop,
        line=rows.line,
        lines=rows.lines,
        at=_spread(read.at, good, count, 0),
        key=_spread(read.key, good, count, -1),
        bad=np.maximum(rows.bad, _spread(read.bad, good, count, 0)),
        blank=rows.blank,
        owner=_owners(read, good, count),
        fields=read.fields,
        zones=read.zones,
        beside={name: _beside(properties, name, good, count) for name in BESIDE},
        states=_aligned(pa.array(states, pa.string()), good, count),
    )
    return records, prefix_note(prefix)


def _sample(head: bytes, shape: Shape) -> list[Any]:
    whole = head[: head.rfind(b"\n") + 1] or head
    return [record for record in decode(whole, shape).records if record is not None]


def _line(record: Any) -> str:
    """Return a record as one record of a text log."""
    message: str = record.message.strip()
    if not _HEADED.match(message):
        level = record.severity or "LOG"
        message = f"{record.log_time or ''} [{record.pid or 0}] {level}:  {message}"
    return message.replace("\r\n", "\n").replace("\n", "\n\t") + "\n"


def _owners(read: Records, good: Ints, count: int) -> Ints:
    known = good[np.maximum(read.owner, 0)] if len(good) else good
    return _spread(np.where(read.owner < 0, -1, known), good, count, -1)


def _beside(properties: list[Any], name: str, good: Ints, count: int) -> pa.Array:
    values = [getattr(record, name, None) or None for record in properties]
    return _aligned(pa.array(values, pa.string()), good, count)


def _aligned(column: pa.Array, good: Ints, count: int) -> pa.Array:
    place = _spread(np.arange(len(good)), good, count, -1)
    return column.take(pa.array(place, mask=place < 0))


def _spread(values: Ints, places: Ints, count: int, otherwise: int) -> Ints:
    spread = np.full(count, otherwise)
    spread[places] = values
    return spread
