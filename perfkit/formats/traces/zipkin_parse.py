"""Chunks of Zipkin's spans of either version -> tables."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, TypeVar

import msgspec

from perfkit.formats.model import BadLine, Chunk, Parsed, kept
from perfkit.formats.traces.span_columns import column_tables
from perfkit.formats.traces.whole import Carry
from perfkit.formats.traces.zipkin_columns import Ids, columns, identified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.formats.traces.zipkin_model import Span2
    from perfkit.formats.traces.zipkin_stream import Spans, Stream

__all__ = ["parse"]

T = TypeVar("T")

_NO_IDS = "it has no hexadecimal trace and span id"


def parse(chunk: Chunk, stream: Stream[T], halves: Callable[[T], Sequence[Span2]]) -> Parsed:
    """Parse a chunk; ``halves`` returns what is in one span: one or two of them."""
    seen = stream.read(chunk)
    each = [
        (half, n) for one, n in zip(seen.items, seen.lines, strict=True) for half in halves(one)
    ]
    spans, lines = [half for half, _ in each], [number for _, number in each]
    known = identified(spans)
    mask = known.known()
    rejected = list(seen.rejected)
    if mask.true_count != len(mask):
        good = mask.to_pylist()
        lost = [one for one, fine in zip(each, good, strict=True) if not fine]
        spans, lines = list(compress(spans, good)), list(compress(lines, good))
        known = Ids(*(column.filter(mask) for column in known))
        rejected += _without_ids(seen, set(lines), lost)
    built = column_tables(columns(spans, lines, known))
    return Parsed(
        tables=built.tables,
        rejected=kept(sorted(rejected, key=lambda bad: bad.line)),
        rejected_lines=len(rejected),
        irrelevant=seen.irrelevant,
        lines=seen.count,
        notes=seen.notes,
        carry=Carry(built.request_rows, built.query_rows, {"broken_spans": seen.broken}),
    )


def _without_ids(
    seen: Spans[T], used: set[int], unidentified: Sequence[tuple[Span2, int]]
) -> list[BadLine]:
    """Return a line without any good span once; in others a bad one costs itself alone."""
    lost: dict[int, Span2] = {}
    for item, line in unidentified:
        seen.broken += line in used
        if line not in used:
            lost.setdefault(line, item)
    return [BadLine.of(line, _NO_IDS, msgspec.json.encode(item)) for line, item in lost.items()]
