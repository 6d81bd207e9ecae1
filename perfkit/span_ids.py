"""The ids of spans as small numbers, so that rows are linked and repeats found without texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Flags", "Ids", "Ints", "codes", "first_rows", "identified", "repeated"]

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: What fewer values take need not be given back at once.
_MANY = 100_000


@dataclass(frozen=True, kw_only=True)
class Ids:
    """The ids of some spans as numbers, by row.

    Attributes:
        trace: the same number for all rows of a trace; rows without a trace id are alone.
        own: the same number for all rows with one trace id and span id, -1 without a span id.
        above: the ``own`` of the parent that the row names; -1: it names none; ``known`` or
            more: one that is not among the rows.
        known: how many different numbers ``own`` has, from 0.
    """

    trace: Ints
    own: Ints
    above: Ints
    known: int


def identified(spans: pa.Table) -> Ids:
    """Return the ids of ``spans`` (columns trace_id, span_id, parent_id) as numbers."""
    count = spans.num_rows
    (trace,) = codes(spans["trace_id"])
    trace = np.where(trace < 0, count + np.arange(count), trace)
    own, above = codes(spans["span_id"], spans["parent_id"])
    known = int(own.max(initial=-1)) + 1
    if known < np.count_nonzero(own >= 0):  # one id in several rows: of one trace, or of several
        width = 2 * count
        pairs = (np.where(code < 0, -1, trace * width + code) for code in (own, above))
        own, above = np.split(_numbered(np.concatenate(list(pairs))), [count])
        known = int(own.max(initial=-1)) + 1
    else:
        row = first_rows(own)
        here = np.flatnonzero((above >= 0) & (above < known))
        foreign = here[trace[row[above[here]]] != trace[here]]
        above[foreign] = known
    return Ids(trace=trace, own=own, above=above, known=known)


def repeated(spans: pa.Table, ids: Ids) -> Ints:
    """Return the rows that are an earlier one again: of its ids, start, kind and service."""
    if ids.known == np.count_nonzero(ids.own >= 0):
        return np.zeros(0, np.int64)
    often = np.bincount(ids.own + 1, minlength=ids.known + 1)[1:] > 1
    rows = np.flatnonzero((ids.own >= 0) & often[ids.own])
    some = spans.select(["started_at", "kind", "service"]).take(pa.array(rows))
    (kind,), (service,) = codes(some["kind"]), codes(some["service"])
    start = pc.fill_null(some["started_at"].cast(pa.int64()), -1).to_numpy()
    columns = (ids.own[rows], kind, service, start)
    order = np.lexsort((rows, *columns))
    again = np.logical_and.reduce([c[order][1:] == c[order][:-1] for c in columns])
    return np.sort(rows[order[1:][again]])


def codes(*columns: pa.ChunkedArray) -> list[Ints]:
    """Return integers that are equal where the texts of the columns are; unknown is -1."""
    plain = [column.cast(pa.string()) for column in columns]
    joined = pa.chunked_array([chunk for column in plain for chunk in column.chunks], pa.string())
    return np.split(_encoded(joined), np.cumsum([len(column) for column in columns])[:-1])


def first_rows(numbers: Ints) -> Ints:
    """Return the first row of each number from 0."""
    first = np.zeros(int(numbers.max(initial=-1)) + 1, np.int64)
    rows = np.flatnonzero(numbers >= 0)[::-1]
    first[numbers[rows]] = rows
    return first


def _numbered(values: Ints) -> Ints:
    """Number different values from 0 in the order in which they appear; negative ones are -1."""
    return _encoded(pa.chunked_array([pa.array(values, mask=values < 0)]))


def _encoded(values: pa.ChunkedArray) -> Ints:
    """Number different values from 0 in the order in which they appear; null is -1."""
    parts = values.dictionary_encode().chunks  # they share one dictionary
    numbers = [pc.fill_null(part.indices.cast(pa.int64()), -1).to_numpy() for part in parts]
    found = np.concatenate([np.zeros(0, np.int64), *numbers])
    del parts, numbers
    if len(found) > _MANY:
        pa.default_memory_pool().release_unused()  # the dictionary was as large as the texts
    return found
