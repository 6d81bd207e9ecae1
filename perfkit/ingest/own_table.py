"""A table of the user's own (``load(..., table="requests")``) as a Recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.errors import EmptyInput, InputError
from perfkit.ingest.mapped import Layout, read_mapped
from perfkit.ingest.packed import Unpacked
from perfkit.recording import Note, Recording, Rejected, Source
from perfkit.tables import with_column

if TYPE_CHECKING:
    from perfkit.ingest.found import Found
    from perfkit.keep import Keep

__all__ = ["read_table"]

_ALL = 1 << 62


def read_table(found: Found, layout: Layout, encoding: str | None, keep: Keep) -> Recording:
    """Read one input as the table that the user described.

    Raises:
        InputError: it cannot be read, or is empty.
        UsageError, MissingColumn: the description does not fit.
    """
    with found.opened() as stream:
        unpacked = Unpacked(stream, found.name)
        data = _decoded(unpacked.read(_ALL), encoding, found)
    if not data.strip():
        raise EmptyInput(f"{found.name}: is empty", hint="check that it was written completely")
    parsed = read_mapped(data, found.name, layout)
    if not parsed.used:
        raise EmptyInput(
            f"{found.name}: none of its {parsed.lines:,} rows can be used",
            hint="check the file and columns=",
        )
    notes = list(parsed.notes)
    if unpacked.damage:
        message = f"{found.name}: {unpacked.damage}; what came before it was read"
        notes.append(Note(kind="truncated", message=message))
    return Recording(
        contents={
            name: keep.rows(with_column(table, "source", np.zeros(len(table), np.int64)), name)
            for name, table in parsed.tables.items()
        },
        inputs=(
            Source(
                name=found.name,
                format="table",
                size_bytes=unpacked.size_bytes,
                lines=parsed.lines,
                used=parsed.used,
                irrelevant=parsed.irrelevant,
                rejected=parsed.rejected_lines,
                reason="as asked",
            ),
        ),
        rejects=tuple(
            Rejected(source=0, line=bad.line, reason=bad.reason, text=bad.text)
            for bad in parsed.rejected
        ),
        quality=tuple(notes),
    )


def _decoded(data: bytes, encoding: str | None, found: Found) -> bytes:
    """Return a table of the user's in UTF-8."""
    if encoding is None:
        return data
    try:
        return data.decode(encoding).encode()
    except (LookupError, UnicodeError):
        raise InputError(
            f"{found.name}: is not text in {encoding!r}", hint='such as encoding="latin-1"'
        ) from None
