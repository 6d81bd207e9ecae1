"""What an envelope is, what it is given, and what it gives back.

An envelope never opens a file. It sees chunks of bytes that begin and end at a line (or one
whole JSON document), and gives the lines inside back, sorted into streams: one container, unit
or log stream each, because two programs' lines in one file are two logs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfkit.formats.lines import Ints

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.formats.model import BadLine, Recognition
    from perfkit.recording import Note

__all__ = ["NO_TIME", "YEARLESS", "Envelope", "Given", "Ints", "Piece", "Unwrapped"]

#: A time that the envelope does not know.
NO_TIME = -(1 << 63)

#: Times before this (end of 1972, in ns) stand for a month, day and time without a year, which
#: :mod:`~perfkit.ingest.envelopes.clocks` finds: 1972 has a 29th of February.
YEARLESS = 94_694_400_000_000_000


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the user or the file says where an envelope does not.

    ``zone`` is the time zone of times that name none (None: UTC); ``until`` a time in ns before
    which the input was written, such as when its file was changed last: it tells the year where
    lines name none (None: now).
    """

    zone: str | None = None
    until: int | None = None


@dataclass(kw_only=True)
class Piece:
    """Lines of one stream.

    Attributes:
        stream: the container, unit, host and program, or log stream they belong to; "" for all.
        data: the lines, each with a line feed behind it.
        line: per line, the number of its line (from 1, relative to the chunk) in the input.
            0 and below: in an earlier chunk, where the first part of the record was.
        at: per line, when the envelope says it was written, in ns since 1970 UTC or NO_TIME.
        process: per line, the id of the process that wrote it, 0 where unknown.
    """

    stream: str
    data: bytes
    line: Ints
    at: Ints
    process: Ints


@dataclass(kw_only=True)
class Unwrapped:
    """What one chunk held.

    Summed up over an input, ``lines`` = outer lines of which a piece has a line + ``irrelevant``
    + ``rejected_lines``. ``carry`` is what the next chunk needs to know: records still open.
    ``naive`` says that the times name no zone; ``newest_first`` that they came in descending
    order and were turned round (within this chunk).
    """

    pieces: list[Piece] = field(default_factory=list)
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    carry: Any = None
    notes: tuple[Note, ...] = ()
    naive: bool = False
    newest_first: bool = False

    def shifted(self, lines: int) -> Unwrapped:
        """Return the same with ``lines`` added to every line number."""
        return replace(
            self,
            pieces=[replace(piece, line=piece.line + lines) for piece in self.pieces],
            rejected=tuple(replace(bad, line=bad.line + lines) for bad in self.rejected),
        )


def _nothing(carry: Any) -> Unwrapped:
    """Finish an envelope that holds nothing back."""
    return Unwrapped(carry=carry)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One kind of envelope: a module of this package holds it as its constant ``ENVELOPE``.

    Attributes:
        name: a stable id such as ``docker-json-file``.
        title: the name for people.
        recognises: the first 64 KiB, maybe cut within a line -> how sure, and why.
        cut: bytes -> where they may be divided; 0: nowhere (one JSON document).
        unwrap: a chunk, and the carry of the one before (None) -> its lines.
        finish: the last carry -> what was still open at the end of the input.
        once: what it held may look like it still, and is not taken off again.
    """

    name: str
    title: str
    recognises: Callable[[bytes], Recognition]
    cut: Callable[[bytes], int]
    unwrap: Callable[[bytes, Any], Unwrapped]
    finish: Callable[[Any], Unwrapped] = _nothing
    once: bool = False
