"""What a format is, what it is given, and what it returns.

A format never opens a file: it sees a :class:`Chunk` of bytes that begins and ends at a
record, and returns :class:`Parsed`. Both travel between processes. Whatever holds for a
whole file (the log line prefix, how ids are written, a unit) is read from ``Chunk.head``,
so that every chunk of a file decides alike. What an earlier line set and later lines rely
on (MySQL's ``use shop;``) is in ``Chunk.before``, found by ``Format.holds``.

What a chunk cannot decide alone (a plan whose statement is in the next chunk) it leaves out of
``Parsed.tables`` and puts into ``Parsed.pending``; ``Format.mend`` is given the pending rows of
all chunks in order and returns them mended. So few rows cross chunks that the input may be of
any size, and the same chunk sizes or workers give the same tables.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.keep import EVERYTHING, Keep

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
    """Whole records of one input; ``zone`` is the user's time zone for times that name none.

    ``before`` is what ``Format.holds`` says of all earlier chunks (None: nothing).
    ``hints`` are settings that the user stated, such as ``{"prefix": "%m [%p] "}``.
    """

    data: bytes
    head: bytes = b""
    first: bool = True
    last: bool = True
    zone: str | None = None
    before: Any = None
    hints: Mapping[str, str] = field(default_factory=dict)
    keep: Keep = EVERYTHING

    @classmethod
    def whole(cls, data: bytes, zone: str | None = None) -> Chunk:
        """Return one chunk that is a whole input."""
        return cls(data=data, head=data[:HEAD_BYTES], zone=zone)


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """One line (from 1, relative to the chunk) that could not be used.

    ``offset`` is where it begins, in bytes of the unpacked input; whoever reads it fills it in.
    """

    line: int
    reason: str
    text: str
    offset: int | None = None

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
    ``pending`` are rows that cannot be decided without the neighbouring chunks, ``carry`` is
    what the format's ``mend`` (or ``combine``) needs to know of them. Their lines count as used.
    ``missing`` says, for the error when nothing could be used, what to change in the system
    that wrote the input, such as ``set log_min_duration_statement = 0``.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    notes: tuple[Note, ...] = ()
    missing: str = ""
    pending: Mapping[str, pa.Table] = field(default_factory=dict)
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
            pending={name: _shift(table, lines) for name, table in self.pending.items()},
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
        mend: pending rows of all chunks in order -> the same, decided (``tables``, ``notes``;
            rows may be fewer or changed, and keep their ``line``). Sees only ``pending``,
            ``carry`` and ``notes`` of each part.
        combine: for what needs all rows of an input at once (self time of spans), given the
            results of its chunks in order; prefer ``mend``.
        holds: (a chunk's bytes, what held before it) -> what holds behind it; must be fast
            (``bytes.rfind``), runs before the chunks are parsed, in order.
        begins: the first bytes of an input -> where its first record begins; what is before it
            may be the end of the last record of the log rotated before it.
    """

    name: str
    title: str
    recognises: Callable[[bytes], Recognition]
    cut: Callable[[bytes], int]
    parse: Callable[[Chunk], Parsed]
    mend: Callable[[Sequence[Parsed]], Parsed] | None = None
    combine: Callable[[Sequence[Parsed]], Parsed] | None = None
    holds: Callable[[bytes, Any], Any] | None = None
    begins: Callable[[bytes], int] | None = None


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
        missing=next((part.missing for part in parts if part.missing), ""),
    )


def kept(
    rejected: Iterable[BadLine], before: Mapping[str, int] | None = None
) -> tuple[BadLine, ...]:
    """Return the first :data:`KEPT_PER_REASON` lines per reason, less those kept ``before``."""
    seen: Counter[str] = Counter(before)
    result = []
    for bad in rejected:
        seen[bad.reason] += 1
        if seen[bad.reason] <= KEPT_PER_REASON:
            result.append(bad)
    return tuple(result)


def _shift(table: pa.Table, lines: int) -> pa.Table:
    index = table.schema.get_field_index("line")
    return table.set_column(index, table.schema.field(index), pc.add(table["line"], lines))
