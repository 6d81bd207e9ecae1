"""What is done with one piece of an input, in this process or in another: a pure function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.formats.lines import line_starts
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import CHUNK_BYTES, Pieces, Text
from perfkit.ingest.spill import written
from perfkit.tables import with_column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from perfkit.formats.model import BadLine, Chunk, Format, Parsed
    from perfkit.ingest.found import Found
    from perfkit.ingest.pieces import Piece, Terms

__all__ = ["Done", "Job", "Whole", "run", "run_whole"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to do with the pieces of one input.

    Attributes:
        parse: the format's function.
        source: the number of the input among those rotated with it.
        folder: where to leave the tables (empty, or not to be seen from there: give them back).
        reduce: tables -> what is to be given back instead of them.
    """

    parse: Callable[[Chunk], Parsed]
    source: int = 0
    folder: str = ""
    reduce: Callable[[Mapping[str, pa.Table]], Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """One piece, parsed: its tables are in ``parsed``, in ``files``, or ``reduced``.

    ``line`` is how many lines were assumed to be before it: its rows are numbered so.
    ``dropped`` counts the rows that were not wanted.
    """

    parsed: Parsed
    line: int
    size: int
    files: Mapping[str, str] = field(default_factory=dict)
    reduced: Any = None
    dropped: int = 0


@dataclass(frozen=True, kw_only=True)
class Whole:
    """An input that is read by whoever works on it: it is as far from here as from there."""

    found: Found
    item: Format
    terms: Terms
    encoding: str | None
    piece_bytes: int = CHUNK_BYTES
    size: int = 0


def run(job: Job, piece: Piece) -> Done:
    """Parse one piece; keep the rows that are wanted, numbered as lines of the whole input."""
    chunk = piece.loaded()
    parsed = job.parse(chunk)
    wanted = {name: chunk.keep.rows(table, name) for name, table in parsed.tables.items()}
    placed = replace(
        parsed,
        tables=_placed(wanted, piece.line, job.source),
        pending=_placed(parsed.pending, piece.line, job.source),
        rejected=_rejected(parsed.rejected, chunk.data, piece),
    )
    dropped = sum(map(len, parsed.tables.values())) - sum(map(len, wanted.values()))
    done = Done(parsed=placed, line=piece.line, size=piece.size, dropped=dropped)
    if job.reduce is not None:
        done = replace(done, reduced=job.reduce(placed.tables))
    elif job.folder and Path(job.folder).is_dir():
        done = replace(done, files=written(placed.tables, job.folder))
    else:
        return done
    return replace(done, parsed=replace(placed, tables={}))


def run_whole(job: Job, whole: Whole) -> list[Done]:
    """Read a whole input where the work is done, piece by piece."""
    with whole.found.opened() as stream:
        text = Text(Unpacked(stream, whole.found.name), whole.encoding)
        cut = Pieces(text, whole.item, whole.terms, size=whole.piece_bytes)
        return [run(job, piece) for piece in cut]


def _placed(contents: Mapping[str, pa.Table], line: int, source: int) -> dict[str, pa.Table]:
    return {name: _numbered(table, line, source) for name, table in contents.items()}


def _numbered(table: pa.Table, line: int, source: int) -> pa.Table:
    placed = with_column(table, "source", np.full(len(table), source))
    return with_column(placed, "line", table["line"].to_numpy() + line)


def _rejected(rejected: tuple[BadLine, ...], data: bytes, piece: Piece) -> tuple[BadLine, ...]:
    """Say where in the whole input each rejected line begins."""
    if not rejected:
        return ()
    starts = line_starts(data)
    return tuple(
        replace(
            bad,
            line=bad.line + piece.line,
            offset=piece.offset + int(starts[min(bad.line, len(starts)) - 1]),
        )
        for bad in rejected
    )
