"""What a format is, what it is given, and what it returns.

A format never opens a file: it sees a :class:`Chunk` of bytes that begins and ends at a
record, and returns :class:`Parsed`. Both travel between processes. Whatever holds for a
whole file (the log line prefix, how ids are written, a unit) is read from ``Chunk.head``,
so that every chunk of a file decides alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from perfkit.recording import Note

__all__ = ["HEAD_BYTES", "BadLine", "Chunk", "Format", "Parsed", "Recognition", "concatenate"]

#: How much of an input a format sees to recognise it and to infer what holds throughout.
HEAD_BYTES = 64 * 1024

#: Of the rejected lines so many per reason are kept with their text; all are counted.
KEPT_PER_REASON = 1000

#: A rejected line is kept up to this many characters.
KEPT_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """How sure a format is (0 to 1) that an input is its own, and why (part of a sentence)."""

    confidence: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Whole records of one input; ``zone`` is the user's time zone for times that name none."""

    data: bytes
    head: bytes = b""
    first: bool = True
    last: bool = True
    zone: str | None = None

    @classmethod
    def whole(cls, data: bytes, zone: str | None = None) -> Chunk:
        """Return one chunk that is a whole input."""
        return cls(data=data, head=data[:HEAD_BYTES], zone=zone)


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """One line (from 1, relative to the chunk) that could not be used."""

    line: int
    reason: str
    text: str

    @classmethod
    def of(cls, line: int, reason: str, raw: bytes) -> BadLine:
        """Keep the beginning of ``raw`` as text, whatever its bytes are."""
        text = raw[:KEPT_CHARACTERS].decode("utf-8", "replace").rstrip("\r\n")
        return cls(line=line, reason=reason, text=text)


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What one chunk (or, combined, one input) holds.

    ``lines`` = used + ``irrelevant`` + ``rejected_lines``; documents count records instead.
    ``rejected`` keeps the first :data:`KEPT_PER_REASON` lines per reason.
    ``carry`` is whatever the format's ``combine`` needs to mend what crosses chunks.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    notes: tuple[Note, ...] = ()
    carry: Any = None

    @property
    def used(self) -> int:
        """Lines that ended up in a table."""
        return self.lines - self.irrelevant - self.rejected_lines

    def shifted(self, lines: int) -> Parsed:
        """Return the same with ``lines`` added to every line number."""
        if not lines:
            return self
        return replace(
            self,
            tables={name: _shift(table, lines) for name, table in self.tables.items()},
            rejected=tuple(replace(bad, line=bad.line + lines) for bad in self.rejected),
        )


@dataclass(frozen=True, kw_only=True)
class Format:
    """One input format: a module holds it as its constant ``FORMAT``.

    Attributes:
        name: what ``format=`` takes.
        title: the name for people.
        recognises: the first 64 KiB -> how sure, and why; never by file name.
        cut: bytes -> where the last record in them begins, that is, where they may be
            divided; 0 when they may not.
        parse: one chunk -> tables; a pure function, importable by name.
        combine: mends what crosses chunks, given their results in order.
    """

    name: str
    title: str
    recognises: Callable[[bytes], Recognition]
    cut: Callable[[bytes], int]
    parse: Callable[[Chunk], Parsed]
    combine: Callable[[Sequence[Parsed]], Parsed] | None = None


def concatenate(parts: Sequence[Parsed]) -> Parsed:
    """Put the results of one input's chunks behind each other (``carry`` is left out)."""
    names = [name for name in tables.TABLES if any(name in part.tables for part in parts)]
    return Parsed(
        tables={
            name: tables.concat([p.tables[name] for p in parts if name in p.tables], name)
            for name in names
        },
        rejected=kept(bad for part in parts for bad in part.rejected),
        rejected_lines=sum(part.rejected_lines for part in parts),
        irrelevant=sum(part.irrelevant for part in parts),
        lines=sum(part.lines for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def kept(rejected: Iterable[BadLine]) -> tuple[BadLine, ...]:
    """Return the first :data:`KEPT_PER_REASON` lines per reason."""
    seen: Counter[str] = Counter()
    result = []
    for bad in rejected:
        seen[bad.reason] += 1
        if seen[bad.reason] <= KEPT_PER_REASON:
            result.append(bad)
    return tuple(result)


def _shift(table: pa.Table, lines: int) -> pa.Table:
    index = table.schema.get_field_index("line")
    return table.set_column(index, table.schema.field(index), pc.add(table["line"], lines))
