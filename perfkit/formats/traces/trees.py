"""Spans as trees: duplicates, missing parents, self time. Everything is NumPy over columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.recording import Note

__all__ = ["first_of_each", "missing_parents", "with_self_ms"]

Ints = np.ndarray[Any, np.dtype[np.int64]]


def first_of_each(spans: pa.Table) -> Any:
    """Return a mask without the rows that repeat an earlier one in all columns given."""
    columns = [_as_text(column) for column in spans.columns]
    keys = pc.binary_join_element_wise(*columns, "/").combine_chunks()
    codes = keys.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    keep = np.zeros(len(codes), np.bool_)
    keep[np.unique(codes, return_index=True)[1]] = True
    return keep


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    return pc.fill_null(plain.cast(pa.string()), "")


def missing_parents(spans: pa.Table) -> list[Note]:
    """Say how many spans name a parent that is not there."""
    named = spans["parent_id"].is_valid().to_numpy()
    missing = int((named & (_parents(spans) < 0)).sum())
    if not missing:
        return []
    message = (
        f"{missing:,} of {len(spans):,} spans name a parent that is not in the recording "
        "(sampled, dropped, or in another file): their traces are incomplete"
    )
    return [Note(kind="missing_parents", message=message)]


def with_self_ms(spans: pa.Table) -> pa.Table:
    """Return the spans with ``self_ms``: their duration less the union of their children.

    Children are clamped to their parent, as Jaeger does; an unknown duration stays unknown.
    """
    if not spans.num_rows:
        return spans
    start = spans["started_at"].cast(pa.int64()).fill_null(0).to_numpy()
    ms = spans["duration_ms"].to_numpy()
    known = ~np.isnan(ms) & spans["started_at"].is_valid().to_numpy()
    length = np.where(known, np.nan_to_num(ms) * 1e6, 0).round().astype(np.int64)
    parent = _parents(spans)
    child = np.flatnonzero((parent >= 0) & known & known[parent])
    covered = _covered(start, length, parent, child)
    self_ms = np.where(covered > 0, np.maximum(length - covered, 0) / 1e6, ms)
    column = pa.array(self_ms, mask=np.isnan(self_ms))
    index = spans.schema.get_field_index("self_ms")
    return spans.set_column(index, spans.schema.field(index), column)


def _parents(spans: pa.Table) -> Ints:
    """Return the row of each span's parent in the same trace, -1 where there is none."""
    trace = pc.fill_null(spans["trace_id"], "")
    own = pc.binary_join_element_wise(trace, pc.fill_null(spans["span_id"], ""), "/")
    wanted = pc.binary_join_element_wise(trace, spans["parent_id"], "/")
    found = pc.index_in(wanted, value_set=own.combine_chunks())
    rows = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    return np.where(rows == np.arange(len(rows)), -1, rows)  # its own parent is no parent


def _covered(start: Ints, length: Ints, parent: Ints, child: Ints) -> Ints:
    """Return how many nanoseconds of each span its children cover."""
    total = np.zeros(len(start), np.int64)
    if not len(child):
        return total
    above = parent[child]
    limit = length[above]
    begin = np.clip(start[child] - start[above], 0, limit)
    end = np.clip(start[child] - start[above] + length[child], 0, limit)
    order = np.lexsort((begin, above))
    above, begin, end = above[order], begin[order], end[order]
    # All families on one line, each behind the one before: one running maximum serves all.
    first = np.append(True, above[1:] != above[:-1])
    room = np.where(first, length[above], 0)
    offset = np.cumsum(room) - length[above]
    begin, end = begin + offset, end + offset
    reached = np.maximum.accumulate(end)
    before = np.append(0, reached[:-1])
    before = np.where(first, begin, np.maximum(before, begin))
    np.add.at(total, above, np.maximum(end - before, 0))
    return total
