"""What was read of one log, as a Recording of its sources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit import tables
from perfkit.errors import EmptyInput
from perfkit.ingest.gather import collected
from perfkit.recording import Note, Recording, Rejected, Source

if TYPE_CHECKING:
    from perfkit.formats.model import Parsed
    from perfkit.ingest.look import Input
    from perfkit.ingest.reading import Log
    from perfkit.keep import Keep

__all__ = ["recorded"]


def recorded(log: Log, keep: Keep, *, reduced: bool = False) -> Recording:
    """Return one Recording of all inputs of a log.

    Args:
        log: its inputs, read.
        keep: which rows are wanted.
        reduced: the rows were not kept, except for those that no piece could decide.

    Raises:
        EmptyInput: nothing in one of them can be used.
    """
    item = log.inputs[0].item
    wholes = collected([heap.parts for heap in log.heaps], item, keep, reduced=reduced)
    found = [
        _checked(one, _unwrapped(one, parsed, keep), keep)
        for one, parsed in zip(log.inputs, wholes, strict=True)
    ]
    names = [name for name in tables.TABLES if any(name in parsed.tables for parsed in found)]
    notes = [
        note for one, parsed in zip(log.inputs, found, strict=True) for note in _notes(one, parsed)
    ]
    dropped = sum(heap.dropped for heap in log.heaps)
    if keep:
        notes.append(Note(kind="filtered", message=_filtered(keep, dropped)))
    return Recording(
        contents={
            name: tables.concat([p.tables[name] for p in found if name in p.tables], name)
            for name in names
        },
        inputs=tuple(map(_source, log.inputs, found)),
        rejects=tuple(
            Rejected(
                source=place, line=bad.line, reason=bad.reason, text=bad.text, offset=bad.offset
            )
            for place, parsed in enumerate(found)
            for bad in parsed.rejected
        ),
        quality=tuple(dict.fromkeys(notes)),
    )


def _filtered(keep: Keep, dropped: int) -> str:
    timed = keep.since is not None or keep.until is not None
    # a format may pass over times that are not wanted, uncounted
    others = "all others" if timed else f"{dropped:,} others"
    return f"only rows with {keep} were kept: {others} were left out"


def _unwrapped(one: Input, parsed: Parsed, keep: Keep) -> Parsed:
    if one.wrapping is None:
        return parsed
    placed = one.wrapping.applied(parsed)
    wanted = {name: keep.rows(table, name) for name, table in placed.tables.items()}
    return replace(placed, tables=wanted)


def _checked(one: Input, parsed: Parsed, keep: Keep) -> Parsed:
    if parsed.used or (keep and parsed.rejected_lines < parsed.lines):
        return parsed  # a format may pass over what is not wanted
    if parsed.missing:
        why = parsed.missing
    elif parsed.rejected:
        why = f"{parsed.rejected_lines:,} rejected, the first because {parsed.rejected[0].reason}"
    else:
        why = "nothing in it is a request, a statement or an event"
    raise EmptyInput(
        f"{one.found.name}: none of its {parsed.lines:,} lines can be used as"
        f" {one.item.title} ({why})",
        hint="check the file, or name another format with format=",
    )


def _notes(one: Input, parsed: Parsed) -> list[Note]:
    notes = list(parsed.notes)
    damage = one.unpacked.damage if one.unpacked is not None else ""
    if damage:
        message = f"{one.found.name}: {damage}; what came before it was read"
        notes.append(Note(kind="truncated", message=message))
    if one.wrapping is not None and one.wrapping.skipped:
        message = f"streams were skipped: {'; '.join(one.wrapping.skipped[:5])}"
        notes.append(Note(kind="skipped", message=message))
    return notes


def _source(one: Input, parsed: Parsed) -> Source:
    return Source(
        name=one.found.name,
        format=one.item.name,
        size_bytes=_size(one),
        lines=parsed.lines,
        used=parsed.used,
        irrelevant=parsed.irrelevant,
        rejected=parsed.rejected_lines,
        reason=one.reason,
    )


def _size(one: Input) -> int:
    """Return the bytes of an input as it lies there; pieces of plain files pass nobody here."""
    if one.wrapping is not None and one.wrapping.size_bytes:
        return one.wrapping.size_bytes
    plain = one.text is None or one.text.path is not None
    if plain and one.found.size:
        return one.found.size
    return one.unpacked.size_bytes if one.unpacked is not None else 0
