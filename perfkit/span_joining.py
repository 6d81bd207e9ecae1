"""Recordings -> one, and what only all of them together can tell.

A trace may be in several files, a span in two of them; the statement that one log cut off,
another has whole. :func:`perfkit.load` of several inputs and ``rec + other`` both end here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, chain
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.recording import Note, Recording
from perfkit.self_time import with_self_ms
from perfkit.span_ids import codes, identified, repeated
from perfkit.span_tree import link
from perfkit.tables import with_column
from perfkit.trace_faults import KINDS, told
from perfkit.truncated_statements import match_truncated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.span_ids import Flags, Ints
    from perfkit.span_tree import Links

__all__ = ["first_of_each", "joined", "mended", "without"]

#: What identifies the request, the query and the wait that were made from a span.
_KEYS = {
    "checkouts": ("trace_id", "requested_at", "wait_ms", "pool"),
    "queries": ("trace_id", "span_id", "started_at", "duration_kind"),
    "requests": ("trace_id", "started_at", "duration_ms", "service", "route", "path"),
}
#: The kind of the notes of :func:`.match_truncated`: those on parts do not hold for the whole.
_CUT_OFF = "truncated_statements"
#: Rows in a run of a column that is divided; shorter runs are copied together.
_RUN = 1024


def joined(parts: Sequence[Recording], zone: str) -> Recording:
    """Put recordings behind each other; their source numbers are shifted."""
    if len(parts) == 1:
        return replace(parts[0], zone=zone)
    shifts = accumulate((len(part.inputs) for part in parts), initial=0)
    moved = list(map(_moved, parts, shifts))
    names = {name for part in moved for name in part.contents}
    return Recording(
        contents={name: _concatenated(moved, name) for name in tables.TABLES if name in names},
        inputs=tuple(chain.from_iterable(map(attrgetter("inputs"), moved))),
        rejects=tuple(chain.from_iterable(map(attrgetter("rejects"), moved))),
        quality=tuple(dict.fromkeys(chain.from_iterable(map(attrgetter("quality"), moved)))),
        zone=zone,
    )


def mended(rec: Recording) -> Recording:
    """Mend what is in several of a recording's inputs: traces, and statements cut off in one."""
    if "spans" in rec.contents and _unlinked(rec.contents["spans"]):
        rec = _across_sources(rec)
    queries = rec.contents.get("queries")
    if queries is None or queries["attributes"].null_count == queries.num_rows:
        return rec
    matched = match_truncated(queries)
    if matched.queries is queries:
        return rec
    contents = {**rec.contents, "queries": matched.queries}
    notes = [note for note in rec.quality if note.kind != _CUT_OFF]
    return replace(rec, contents=contents, quality=tuple(notes)).with_quality(*matched.notes)


def _unlinked(spans: pa.Table) -> bool:
    """Say whether traces may be in several files, or nobody has looked at them as trees."""
    several: bool = pc.count_distinct(spans["source"]).as_py() > 1
    return several or spans["self_ms"].null_count == spans.num_rows > 0


def _across_sources(rec: Recording) -> Recording:
    """Count once what is in several files, and tell of the traces as a whole."""
    contents = dict(rec.contents)
    spans = contents["spans"]
    ids = identified(spans)
    again = repeated(spans, ids)
    notes = [note for note in rec.quality if note.kind not in KINDS]
    if len(again):
        traced = pc.unique(spans["source"])
        for name in _KEYS.keys() & contents.keys():
            contents[name] = _without_repeats(contents[name], _KEYS[name], traced)
        message = f"{len(again):,} spans are in more than one file and are counted once"
        notes.append(Note(kind="duplicate_spans", message=message))
        spans = without(spans, again)
        ids = identified(spans)
    links = link(spans, ids)
    notes += told(spans, links)
    contents["spans"] = _with_self_times(spans, links)
    return replace(rec, contents=contents, quality=tuple(dict.fromkeys(notes)))


def _with_self_times(spans: pa.Table, links: Links) -> pa.Table:
    """Fill in ``self_ms`` of traces in several sources, and where it is unknown.

    Of other traces it stays: spans may have been left out since it was computed.
    """
    source = spans["source"].to_numpy()
    first = np.full(int(links.trace.max(initial=-1)) + 1, -1, source.dtype)
    first[links.trace] = source
    several = np.zeros(len(first), np.bool_)
    several[links.trace[first[links.trace] != source]] = True
    before, now = spans["self_ms"], with_self_ms(spans, links)["self_ms"]
    chosen = pc.if_else(pa.array(several[links.trace]), now, pc.coalesce(before, now))
    return with_column(spans, "self_ms", chosen)


def _without_repeats(table: pa.Table, keys: tuple[str, ...], traced: pa.Array) -> pa.Table:
    others = pc.invert(pc.is_in(table["source"], value_set=traced)).to_numpy()
    keep = first_of_each(table.select(keys)) | others
    return without(table, np.flatnonzero(~keep))


def _moved(part: Recording, by: int) -> Recording:
    """Add ``by`` to every source number."""
    return replace(
        part,
        contents={name: _shifted(table, by) for name, table in part.contents.items()},
        rejects=tuple(replace(row, source=row.source + by) for row in part.rejects),
    )


def _concatenated(parts: Sequence[Recording], name: str) -> pa.Table:
    return tables.concat([p.contents[name] for p in parts if name in p.contents], name)


def _shifted(table: pa.Table, by: int) -> pa.Table:
    index = table.schema.get_field_index("source")
    return table.set_column(index, table.schema.field(index), pc.add(table["source"], by))


def first_of_each(rows: pa.Table) -> Flags:
    """Return a mask without the rows that repeat an earlier one in all columns given."""
    columns = [_as_text(column) for column in rows.columns]
    (numbers,) = codes(pc.binary_join_element_wise(*columns, "/"))
    keep = np.zeros(len(numbers), np.bool_)
    keep[np.unique(numbers, return_index=True)[1]] = True
    return keep


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    return pc.fill_null(plain.cast(pa.string()), "")


def without(table: pa.Table, rows: Ints) -> pa.Table:
    """Return ``table`` without some rows (ascending); wide columns are not copied.

    What is mapped from a file stays there where few rows are gone.
    """
    if not len(rows):
        return table
    keep = np.ones(table.num_rows, np.bool_)
    keep[rows] = False
    if table.num_rows < _RUN * len(rows):
        return table.filter(pa.array(keep))
    begins, ends = np.append(0, rows + 1), np.append(rows, table.num_rows)
    pieces = [table.slice(begin, end - begin) for begin, end in zip(begins, ends, strict=True)]
    return pa.concat_tables(piece for piece in pieces if piece.num_rows)
