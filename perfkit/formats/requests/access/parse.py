"""Parse a chunk of lines by a template: the one parser of all access logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.formats.lines import segments
from perfkit.formats.model import BadLine, Parsed, kept
from perfkit.formats.orm.log_lines import plain_text
from perfkit.formats.requests.access.columns import columns
from perfkit.formats.requests.access.divide import Divided, divided, divided_singly
from perfkit.formats.requests.access.fields import Fields
from perfkit.formats.requests.access.inferred import ERROR_LOG
from perfkit.formats.requests.access.words import Text
from perfkit.formats.requests.apps.told import joined
from perfkit.formats.requests.text_within import between
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.formats.model import Chunk
    from perfkit.formats.requests.access.template import Template
    from perfkit.recording import Note

    Adapt = Callable[[Fields, dict[str, Any]], dict[str, Any]]

__all__ = ["parse_template"]

#: What shares a stream with requests: error logs, gunicorn's too, and Python's tracebacks.
_BESIDE = re.compile(
    ERROR_LOG.pattern + rb"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[[A-Z]+\]"
    rb"|Traceback \(most recent|(?: {2}|\t)|[\w.]{1,200}(?:Error|Exception|Exit|Interrupt)\b"
)


def parse_template(
    template: Template,
    chunk: Chunk,
    *,
    adapt: Adapt | None = None,
    plainly: bool = True,
) -> Parsed:
    """Parse lines into ``requests``.

    Args:
        template: how they are laid out.
        chunk: the lines.
        adapt: (fields, columns of ``requests``) -> the columns, where a format knows more.
        plainly: False divides line by line, with the same result.
    """
    data, notes = _clean(chunk.data)
    text = Text.of(data)
    parts = [_Part.of(template, text, divided(template, text, plainly=plainly), chunk, adapt)]
    misfits = parts[0].misfits
    if template.otherwise and len(misfits):
        rest = divided_singly(template.otherwise, text, np.array(misfits))
        parts.append(_Part.of(template.otherwise, text, rest, chunk, adapt))
        misfits = parts[1].misfits
    notes += [note for part in parts for note in part.notes]
    said, told_by = between([(row + 1, text.line(row)) for row in misfits], chunk.zone)
    if told_by:  # gunicorn's workers, a deployment: events in the same stream
        notes += said.notes(chunk.zone)
        misfits = [row for row in misfits if row + 1 not in told_by]
    bad = [_misfit(template, text, row) for row in misfits if _is_request(template, text, row)]
    rows = _joined([part.rows for part in parts if part.rows.num_rows])
    return Parsed(
        tables=joined([rows, said.tables]) if told_by else rows,
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=len(misfits) - len(bad),
        lines=len(text),
        notes=tuple(dict.fromkeys(notes)),
    )


@dataclass(frozen=True)
class _Part:
    """What one template made of the lines: rows, and the lines that do not fit it."""

    rows: pa.Table
    misfits: list[int]
    notes: list[Note]

    @classmethod
    def of(
        cls, template: Template, text: Text, lines: Divided, chunk: Chunk, adapt: Adapt | None
    ) -> _Part:
        fields = Fields(template, text, lines, chunk.zone)
        found = columns(fields)
        fine = ~fields.broken
        rows = _table(adapt(fields, found) if adapt else found, fields)
        if not fine.all():
            rows = rows.filter(pa.array(fine))
        broken = lines.rows[fields.broken].tolist()
        notes = [*template.notes] * bool(rows.num_rows) + [zone_note(chunk.zone)] * fields.naive
        return cls(rows, sorted([*lines.misfits.tolist(), *broken]), notes)


def _clean(data: bytes) -> tuple[bytes, list[Note]]:
    """Return UTF-8 with LF line ends and without colours; most logs are that already."""
    if data.isascii() and b"\r" not in data and b"\x1b" not in data:
        return data, []
    return plain_text(data)


def _table(found: dict[str, Any], fields: Fields) -> pa.Table:
    rows, text = fields.lines.rows, fields.text
    raw = segments(text.data, text.start[rows], text.end[rows]).cast(pa.binary())
    return tables.from_columns(
        "requests", {**found, "line": pa.array(rows + 1), "attributes": raw}, rows=len(rows)
    )


def _joined(parts: list[pa.Table]) -> dict[str, pa.Table]:
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return {"requests": parts[0]} if parts else {}
    return {"requests": tables.concat(parts, "requests").unify_dictionaries().sort_by("line")}


def _is_request(template: Template, text: Text, row: int) -> bool:
    """Say whether a line that does not fit should have been a request."""
    line = text.line(row)
    return template.strict and bool(line.strip(b" \t\0")) and not _BESIDE.match(line)


def _misfit(template: Template, text: Text, row: int) -> BadLine:
    line = text.line(row)
    reason = f"it does not fit the log format: see {template.misfit(line)}"
    return BadLine.of(row + 1, reason, line)
