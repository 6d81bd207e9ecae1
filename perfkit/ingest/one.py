"""One input, whatever it is, as a Recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from perfkit import archive
from perfkit.errors import EmptyInput, InputError
from perfkit.ingest.gather import Text, gather
from perfkit.ingest.mapped import Layout, read_mapped
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.recognise import recognise
from perfkit.recording import Note, Recording, Rejected, Source

if TYPE_CHECKING:
    from perfkit.formats.model import Format, Parsed
    from perfkit.ingest.found import Found
    from perfkit.ingest.progress import Progress

__all__ = ["Options", "is_archive", "read"]

_ALL = 1 << 62


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user said about all inputs of one call."""

    format: Format | None
    layout: Layout | None
    zone: str | None
    encoding: str | None


def is_archive(first: bytes, found: Found) -> bool:
    """Say whether an input that begins with ``first`` is a saved recording."""
    return found.path is not None and not found.member and archive.is_archive(first, found.path)


def read(found: Found, options: Options, progress: Progress) -> Recording:
    """Read one input as a Recording of one source.

    Raises:
        InputError: it cannot be read, is empty, or nothing in it can be used.
    """
    if is_archive(found.first_bytes(512), found):
        assert found.path is not None
        return archive.reopen(found.path)
    with found.opened() as stream:
        unpacked = Unpacked(stream, found.name)
        parsed, name, reason = _parsed(found, unpacked, options, progress)
    notes = list(parsed.notes)
    if unpacked.damage:
        message = f"{found.name}: {unpacked.damage}; what came before it was read"
        notes.append(Note(kind="truncated", message=message))
    if not parsed.used:
        raise _unused(found, parsed, name)
    return Recording(
        contents={kind: _from_source(table) for kind, table in parsed.tables.items()},
        inputs=(_source(found, unpacked, parsed, name, reason),),
        rejects=tuple(
            Rejected(source=0, line=bad.line, reason=bad.reason, text=bad.text)
            for bad in parsed.rejected
        ),
        quality=tuple(notes),
    )


def _parsed(
    found: Found, unpacked: Unpacked, options: Options, progress: Progress
) -> tuple[Parsed, str, str]:
    """Return what the input holds, its format's name, and why it is that format."""
    if options.layout is not None:
        data = _decoded(unpacked.read(_ALL), options.encoding, found)
        _require_content(data, found)
        return read_mapped(data, found.name, options.layout), "table", "as asked"
    text = Text(unpacked, options.encoding)
    _require_content(text.head, found)
    if options.format is not None:
        item, reason = options.format, "as asked"
    else:
        item, reason = recognise(text.head, found.name)
    parsed = gather(text, item, zone=options.zone, watch=lambda n: progress.say(found.name, n))
    return parsed, item.name, reason


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


def _require_content(data: bytes, found: Found) -> None:
    if not data.strip():
        raise EmptyInput(f"{found.name}: is empty", hint="check that it was written completely")


def _unused(found: Found, parsed: Parsed, name: str) -> InputError:
    if parsed.rejected:
        why = f"{parsed.rejected_lines:,} rejected, the first because {parsed.rejected[0].reason}"
    else:
        why = "nothing in it is a request, a statement or an event"
    return EmptyInput(
        f"{found.name}: none of its {parsed.lines:,} lines can be used as {name} ({why})",
        hint="check the file, or name another format with format=",
    )


def _from_source(table: pa.Table) -> pa.Table:
    index = table.schema.get_field_index("source")
    zeros = pa.repeat(pa.scalar(0, pa.int64()), table.num_rows)
    return table.set_column(index, table.schema.field(index), zeros)


def _source(found: Found, unpacked: Unpacked, parsed: Parsed, name: str, reason: str) -> Source:
    return Source(
        name=found.name,
        format=name,
        size_bytes=unpacked.size_bytes,
        lines=parsed.lines,
        used=parsed.used,
        irrelevant=parsed.irrelevant,
        rejected=parsed.rejected_lines,
        reason=reason,
    )
