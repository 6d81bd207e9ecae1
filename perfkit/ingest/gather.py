"""Put the results of the pieces together: one input, or several that were rotated."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Format, Parsed, concatenate, kept
from perfkit.ingest.crew import Crew
from perfkit.ingest.order import inserted
from perfkit.ingest.pieces import CHUNK_BYTES, Pieces, Terms, Text
from perfkit.ingest.spill import mapped, spilled
from perfkit.ingest.work import Done, Job
from perfkit.keep import EVERYTHING, Keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.model import BadLine

__all__ = ["CHUNK_BYTES", "Heap", "Text", "collected", "gather"]

#: More rows than this (in bytes) are kept on disk.
SPILL_BYTES = 256 << 20


def gather(text: Text, item: Format, *, zone: str | None = None, size: int = CHUNK_BYTES) -> Parsed:
    """Parse one input in this process, piece by piece."""
    heap, job = Heap(), Job(parse=item.parse)
    calls = ((None, job, piece) for piece in Pieces(text, item, Terms(zone=zone), size=size))
    with Crew() as crew:
        for _, done in crew.each(calls):
            heap.add(done)
    return collected([heap.parts], item)[0]


class Heap:
    """The results of one input's pieces, in order, lines numbered throughout.

    Rows are numbered by the line ends before their piece; where a format counts otherwise
    (documents, several to a line), the numbers are corrected here.
    """

    def __init__(self, lines: int = 0) -> None:
        """Begin behind ``lines`` lines that belong to another input."""
        self.parts: list[Parsed] = []
        self.dropped = 0
        self._rejected: Counter[str] = Counter()
        self._lines = lines
        self._kept = 0

    def add(self, done: Done) -> None:
        """Take the next result; its tables stay on disk, or go there when they are many."""
        part = done.parsed
        if done.files:
            part = replace(part, tables=mapped(done.files))
        elif self._kept > SPILL_BYTES:
            part = replace(part, tables=spilled(part.tables))
        else:
            self._kept += sum(table.nbytes for table in part.tables.values())
        part = replace(part, rejected=self._first(part.rejected))
        self.parts.append(part.shifted(self._lines - done.line))
        self._lines += part.lines
        self.dropped += done.dropped

    def _first(self, rejected: tuple[BadLine, ...]) -> tuple[BadLine, ...]:
        """Keep no more rejected lines of many pieces than of one."""
        first = kept(rejected, self._rejected)
        self._rejected.update(bad.reason for bad in first)
        return first


def collected(
    heaps: Sequence[Sequence[Parsed]],
    item: Format,
    keep: Keep = EVERYTHING,
    *,
    reduced: bool = False,
) -> list[Parsed]:
    """Return each input of a rotated log as one, with what crosses pieces and files decided.

    ``reduced`` says that the rows were not kept: only those that no piece could decide are left.
    """
    if item.combine is not None and not reduced:
        return [item.combine(parts) for parts in heaps]
    wholes = [concatenate(parts) for parts in heaps]
    if item.mend is None or not any(heaps):
        return wholes
    mended = item.mend([part for parts in heaps for part in parts])
    found = []
    for source, (whole, parts) in enumerate(zip(wholes, heaps, strict=True)):
        contents = {
            name: inserted(
                [p.tables[name] for p in parts if name in p.tables],
                keep.rows(_of(rows, source), name),
                name,
            )
            for name, rows in mended.tables.items()
        }
        notes = tuple(dict.fromkeys((*whole.notes, *mended.notes)))
        found.append(replace(whole, tables={**whole.tables, **contents}, notes=notes))
    return found


def _of(rows: pa.Table, source: int) -> pa.Table:
    return rows.filter(pc.equal(rows["source"], source))
