"""Spans as trees: self time, and what is wrong with the traces. NumPy over columns.

Of the sentences each counts spans or traces; :data:`KINDS` are their kinds. They hold for the
spans that were looked at: of traces in several files only :mod:`perfkit.ingest.joined` can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.recording import Note
from perfkit.span_ids import codes
from perfkit.tables import with_column

if TYPE_CHECKING:
    from perfkit.span_ids import Flags, Ints
    from perfkit.span_tree import Links

__all__ = ["KINDS", "first_of_each", "told", "with_self_ms"]

#: Kinds of the notes of :func:`told`, and what they say.
KINDS = {
    "missing_parents": "{:,} of {:,} spans name a parent that is not in the recording (sampled, "
    "dropped, or in another file): their traces are incomplete",
    "rootless_traces": "{:,} of {:,} traces have no root (their first span is missing): how long "
    "they took in all is unknown",
    "circular_parents": "{:,} of {:,} spans are above themselves: that link was ignored",
    "unknown_durations": "{:,} of {:,} spans have no start or no end, or an end before their "
    "start: how long they took is unknown",
    "clock_skew": "{:,} of {:,} spans lie more than 1 ms outside the call from another service "
    "that they answer: clocks differ, or the caller did not wait",
}

_SKEW_NS = 1_000_000  # clocks that differ by less change no finding (as in analyses/traces)
_SIGN = 63  # bits of a positive int64


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


def with_self_ms(spans: pa.Table, links: Links) -> pa.Table:
    """Return the spans with ``self_ms``: their duration less the union of their children.

    Children are clamped to their parent, as Jaeger does; an unknown duration stays unknown.
    """
    start, length, known = _times(spans)
    parent = links.parent
    child = np.flatnonzero((parent >= 0) & known & known[parent])
    if not len(child):
        return with_column(spans, "self_ms", spans["duration_ms"])
    above = parent[child]
    begin = start[child] - start[above]
    end = np.clip(begin + length[child], 0, length[above])
    covered = _covered(above, np.clip(begin, 0, length[above]), end, length)
    ms = spans["duration_ms"].to_numpy()
    self_ms = np.where(covered > 0, np.maximum(length - covered, 0) / 1e6, ms)
    return with_column(spans, "self_ms", pa.array(self_ms, mask=np.isnan(self_ms)))


def _times(spans: pa.Table) -> tuple[Ints, Ints, Flags]:
    """Return start and length in nanoseconds (0: unknown), and where both are known."""
    start = pc.fill_null(spans["started_at"].cast(pa.int64()), 0).to_numpy()
    known = spans["duration_ms"].is_valid().to_numpy() & spans["started_at"].is_valid().to_numpy()
    length = pc.fill_null(spans["duration_ms"], 0.0).to_numpy() * 1e6
    return start, np.where(known, np.rint(length), 0).astype(np.int64), known


def _covered(above: Ints, begin: Ints, end: Ints, length: Ints) -> Ints:
    """Return how many nanoseconds of each span its children cover.

    The children begin and end so many nanoseconds after the span ``above`` them does.
    """
    order = _in_families(above, begin)
    above, begin, end = above[order], begin[order], end[order]
    # All families on one line, each behind the one before: one running maximum serves all.
    first = np.append(True, above[1:] != above[:-1])
    room = np.where(first, length[above], 0)
    offset = np.cumsum(room) - length[above]
    reached = np.maximum.accumulate(end + offset)
    before = np.append(0, reached[:-1])
    before = np.where(first, begin + offset, np.maximum(before, begin + offset))
    added = np.maximum(end + offset - before, 0)
    total = np.zeros(len(length), np.int64)
    total[above[first]] = np.add.reduceat(added, np.flatnonzero(first))
    return total


def _in_families(above: Ints, begin: Ints) -> Any:
    """Order by ``above``, then by ``begin``: one number holds both where they fit in."""
    bits = int(begin.max()).bit_length()
    if bits + int(above.max()).bit_length() > _SIGN:
        return np.lexsort((begin, above))
    return np.argsort(above << bits | begin)


def told(spans: pa.Table, links: Links) -> list[Note]:
    """Say what is wrong with the traces, each with a count."""
    start, length, known = _times(spans)
    counts = {
        "missing_parents": links.missing,
        "circular_parents": links.circular,
        "unknown_durations": ~known,
        "clock_skew": _outside(spans, links, start, length, known),
    }
    met = {kind: (int(np.count_nonzero(flags)), len(flags)) for kind, flags in counts.items()}
    met["rootless_traces"] = _rootless(spans, links)
    return [
        Note(kind=kind, message=sentence.format(*met[kind]))
        for kind, sentence in KINDS.items()
        if met[kind][0]
    ]


def _rootless(spans: pa.Table, links: Links) -> tuple[int, int]:
    """Count the traces in which every topmost span names a parent, and all traces."""
    rooted = links.trace[(links.parent < 0) & ~links.missing]
    named = spans["trace_id"].is_valid().to_numpy()
    traces = np.unique(links.trace[named])
    return int(np.isin(traces, rooted, invert=True).sum()), len(traces)


def _outside(spans: pa.Table, links: Links, start: Ints, length: Ints, known: Flags) -> Flags:
    """Say which spans do not lie within the call that they answer.

    A longer one may only end behind it: whose caller gave up has no other clock. Source: the
    clock skew adjuster of Jaeger's query service; consumers need not lie within anything.
    """
    parent = links.parent
    answers = pc.fill_null(pc.equal(spans["kind"].cast(pa.string()), "server"), fill_value=False)
    rows = np.flatnonzero((parent >= 0) & known & known[parent] & answers.to_numpy())
    above = parent[rows]
    late = start[rows] + length[rows] - start[above] - length[above] > _SKEW_NS
    outside = (start[above] - start[rows] > _SKEW_NS) | (late & (length[rows] <= length[above]))
    rows, above = rows[outside], above[outside]
    found = np.zeros(len(parent), np.bool_)
    if len(rows):
        (service,) = codes(spans["service"])
        found[rows[service[rows] != service[above]]] = True
    return found
