"""What readers of Jaeger's spans have in common: what they count, reject, and make of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from perfkit.formats.model import BadLine, Parsed, kept
from perfkit.formats.traces.jaeger_notes import Counts, sampling
from perfkit.formats.traces.uncollected import uncollected
from perfkit.formats.traces.whole import Carry

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from perfkit.formats.traces.span_columns import SpanTables
    from perfkit.recording import Note

__all__ = ["Collector", "parsed"]


class Collector:
    """Spans of one chunk.

    Attributes:
        count: how many spans were met, whole or not.
        counts: what limits conclusions.
        shares: which shares of the traces were kept, as far as spans say.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.count = 0
        self.counts = Counts()
        self.shares: set[float] = set()
        self._bad: list[BadLine] = []

    def tables(self) -> SpanTables:
        """Return the tables of the spans that have valid ids."""
        raise NotImplementedError("each reader makes its own tables")

    def reject(self, reason: str, raw: bytes, line: int) -> None:
        """Take notice of a span (or what should hold spans) that cannot be used.

        ``line`` is where it is; 0: it is a record of its own.
        """
        self.count += 1
        self.lose(reason, raw, line or self.count)

    def lose(self, reason: str, raw: bytes, line: int) -> None:
        """Take notice that a span that was counted cannot be used."""
        self._bad.append(BadLine.of(line, reason, raw))

    def rejected(self, used: pa.ChunkedArray) -> list[BadLine]:
        """Return the lines that hold nothing of use; ``used`` are those of rows.

        What is broken on other lines is counted.
        """
        if not self._bad:
            return []
        good = set(pc.unique(used).to_pylist())
        lines = {bad.line: bad for bad in reversed(self._bad) if bad.line not in good}
        self.counts["broken_spans"] += len(self._bad) - len(lines)
        return [lines[line] for line in sorted(lines)]


def parsed(
    reader: Collector, *, lines: int, irrelevant: int = 0, notes: Iterable[Note] = ()
) -> Parsed:
    """Return what a reader collected; repeated spans and self time are left to ``combine``."""
    with uncollected():
        built = reader.tables()
    rejected = reader.rejected(built.tables["spans"]["line"])
    return Parsed(
        tables=built.tables,
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=irrelevant,
        lines=lines,
        notes=(*notes, *map(sampling, sorted(reader.shares))),
        carry=Carry(built.request_rows, built.query_rows, reader.counts),
    )
