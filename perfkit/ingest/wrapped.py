"""What an envelope held, as files of their own, with the lines they came from."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import EmptyInput
from perfkit.formats.model import kept
from perfkit.ingest.envelopes.model import NO_TIME, Given
from perfkit.ingest.envelopes.opened import open_envelope
from perfkit.ingest.found import Found
from perfkit.recording import Note
from perfkit.visible import visible

if TYPE_CHECKING:
    from contextlib import ExitStack

    from perfkit.errors import InputError
    from perfkit.formats.lines import Ints
    from perfkit.formats.model import BadLine, Parsed
    from perfkit.ingest.envelopes.model import Envelope, Piece, Unwrapped
    from perfkit.ingest.packed import Unpacked
    from perfkit.ingest.pieces import Text

__all__ = ["Wrapping", "unwrapped"]

#: Bytes that are unwrapped at once.
_CHUNK = 16 << 20
#: Streams beyond these share one file: names of containers may be made up without end.
_STREAMS = 200
#: Some 30 years: what claims to have lasted longer began nobody knows when.
_LONGEST_MS = 1e12


@dataclass(kw_only=True)
class Wrapping:
    """Where the lines of one stream came from, and when the envelope says they were written.

    ``line``, ``at`` and ``process`` (0: unknown) have one value per line of the stream; the
    rest is of the envelope as a whole and belongs to its first stream.
    """

    title: str
    stream: str
    line: Ints
    at: Ints
    process: Ints
    size_bytes: int = 0
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0
    irrelevant: int = 0
    notes: tuple[Note, ...] = ()
    skipped: list[str] = field(default_factory=list)

    def skip(self, other: Wrapping, error: InputError) -> None:
        """Count the lines of a stream that was not read, and remember why it was not."""
        self.skipped.append(f"{other.stream or self.title}: {error.message}")
        self.irrelevant += len(other.line) + other.irrelevant
        self.rejected += other.rejected
        self.rejected_lines += other.rejected_lines

    def part(self, line: int, lines: int) -> Wrapping:
        """Return what holds for ``lines`` lines behind the first ``line``, and for the one cut off.

        What is told of the envelope as a whole stays here.
        """
        chosen = slice(line, line + lines + 1)
        columns = {name: getattr(self, name)[chosen] for name in ("line", "at", "process")}
        return Wrapping(title=self.title, stream=self.stream, **columns)

    def within(self, outer: Wrapping) -> Wrapping:
        """Return what holds for lines that were wrapped twice."""
        at = _taken(outer.at, self.line, NO_TIME)
        return replace(
            outer,
            line=_taken(outer.line, self.line, 0),
            at=np.where(self.at == NO_TIME, at, self.at),
            process=np.where(self.process, self.process, _taken(outer.process, self.line, 0)),
            rejected=outer.rejected
            + tuple(
                replace(bad, line=int(_taken(outer.line, np.array([bad.line]), 0)[0]))
                for bad in self.rejected
            ),
            rejected_lines=outer.rejected_lines + self.rejected_lines,
            irrelevant=outer.irrelevant + self.irrelevant,
            notes=outer.notes + self.notes,
        )

    def applied(self, parsed: Parsed) -> Parsed:
        """Return what was parsed with the lines, and where unknown the times, of the envelope."""
        filled = [name for name, table in parsed.tables.items() if _untimed(table, name)]
        notes = [*self.notes, *parsed.notes]
        if filled and (self.at != NO_TIME).any():
            message = f"the log has no times of its own: those of the {self.title} are used"
            notes.append(Note(kind="times_of_envelope", message=message))
        rejected = tuple(
            replace(bad, line=int(_taken(self.line, np.array([bad.line]), 0)[0]), offset=None)
            for bad in parsed.rejected
        )
        return replace(
            parsed,
            tables={name: self._placed(table, name) for name, table in parsed.tables.items()},
            rejected=(*self.rejected, *rejected),
            rejected_lines=parsed.rejected_lines + self.rejected_lines,
            irrelevant=parsed.irrelevant + self.irrelevant,
            lines=parsed.lines + self.rejected_lines + self.irrelevant,
            notes=tuple(notes),
        )

    def _placed(self, table: pa.Table, name: str) -> pa.Table:
        lines = table["line"].to_numpy()
        if _untimed(table, name):
            table = _timed(table, name, _taken(self.at, lines, NO_TIME))
        if "session_id" in table.column_names and self.process.any():
            table = _in_session(table, _taken(self.process, lines, 0))
        return tables.with_column(table, "line", _taken(self.line, lines, 0))


def _taken(values: Ints, lines: Ints, otherwise: int) -> Ints:
    """Return ``values`` of 1-based ``lines``."""
    if not len(values):
        return np.full(len(lines), otherwise)
    return values[np.clip(lines - 1, 0, len(values) - 1)]


def _untimed(table: pa.Table, name: str) -> bool:
    column = tables.TIME_COLUMN[name]
    return bool(column and table[column].null_count)


def _timed(table: pa.Table, name: str, at: Ints) -> pa.Table:
    """Fill in unknown times; what has a duration was logged at its end."""
    column = tables.TIME_COLUMN[name]
    known = table[column].cast(pa.int64()).fill_null(NO_TIME).to_numpy()
    begun = at
    if "duration_ms" in table.column_names and column == "started_at":
        ms = np.nan_to_num(table["duration_ms"].to_numpy())
        likely = (at > 0) & (ms < _LONGEST_MS)
        begun = np.where(likely, at - (np.where(likely, ms, 0.0) * 1e6).astype(np.int64), NO_TIME)
    ns = np.where(known == NO_TIME, begun, known)
    return tables.with_column(
        table, column, pa.array(ns, pa.timestamp("ns", "UTC"), mask=ns == NO_TIME)
    )


def _in_session(table: pa.Table, process: Ints) -> pa.Table:
    """Fill in unknown sessions with the id of the process that wrote the line."""
    known = table["session_id"].cast(pa.string())
    written = pa.array(process, mask=process == 0).cast(pa.string())
    filled = pc.coalesce(known, written).dictionary_encode()
    return tables.with_column(
        table, "session_id", filled.cast(table.schema.field("session_id").type)
    )


def unwrapped(
    envelope: Envelope,
    text: Text,
    unpacked: Unpacked,
    found: Found,
    zone: str | None,
    stack: ExitStack,
) -> list[tuple[Found, Wrapping]]:
    """Write each stream of an envelope to a file that lives as long as ``stack``.

    Raises:
        EmptyInput: the envelope holds no line.
    """
    given = Given(zone=zone, until=_changed(found))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perfkit-")))
    streams = _Streams(folder)
    lines = 0
    parts: list[Unwrapped] = []
    for one in open_envelope(envelope, text.read, _CHUNK, given):
        for piece in one.pieces:
            streams.add(piece, lines)
        parts.append(replace(one.shifted(lines), pieces=[]))
        lines += one.lines
    wrappings = streams.closed(envelope.title)
    if not wrappings:
        raise EmptyInput(
            f"{found.name}: the {envelope.title} holds no line of a log",
            hint="check what was exported",
        )
    first = wrappings[0][1]
    first.size_bytes = unpacked.size_bytes
    first.rejected = kept(bad for one in parts for bad in one.rejected)
    first.rejected_lines = sum(one.rejected_lines for one in parts)
    first.irrelevant = sum(one.irrelevant for one in parts)
    first.notes = tuple(dict.fromkeys(note for one in parts for note in one.notes))
    return [(_named(found, path, wrapping), wrapping) for path, wrapping in wrappings]


def _changed(found: Found) -> int | None:
    """Return when a file was changed last: its lines may name no year."""
    return found.path.stat().st_mtime_ns if found.path is not None else None


def _named(found: Found, path: Path, wrapping: Wrapping) -> Found:
    stream = f" [{visible(wrapping.stream, 60)}]" if wrapping.stream else ""
    return Found(name=f"{found.name}{stream}", path=path, given=found.given)


class _Streams:
    """The files that are being written, by the name of their stream."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[Path, Any, list[Piece]]] = {}

    def add(self, piece: Piece, lines: int) -> None:
        name = piece.stream if piece.stream in self._files or self._has_room() else "others"
        if name not in self._files:
            path = self._folder / f"{len(self._files)}.log"
            self._files[name] = (path, path.open("wb"), [])
        _, stream, pieces = self._files[name]
        stream.write(piece.data)
        pieces.append(replace(piece, data=b"", line=piece.line + lines))

    def _has_room(self) -> bool:
        return len(self._files) < _STREAMS

    def closed(self, title: str) -> list[tuple[Path, Wrapping]]:
        """Close the files and return those that hold something."""
        found = []
        for name, (path, stream, pieces) in self._files.items():
            stream.close()
            if path.stat().st_size:
                line, at, process = (
                    np.concatenate([getattr(piece, column) for piece in pieces])
                    for column in ("line", "at", "process")
                )
                one = Wrapping(title=title, stream=name, line=line, at=at, process=process)
                found.append((path, one))
        return found
