"""Which span is whose parent: rows linked within their trace, whatever the input's faults.

Missing parents, spans that are their own ancestors, ids that two spans share: nothing here
fails or loops. Everything is NumPy over columns, so that a million spans take about a second.

Two spans with one id are the halves of one call, as Zipkin has them (``shared``): the server's
half hangs below the client's, and what names their id hangs below the half of its own service.
Source: SpanNode.Builder of openzipkin/zipkin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Links", "codes", "link"]

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

# Doubling the step, 40 times reaches the top of any tree.
_DOUBLINGS = 40
_UPPER = pa.array(["client", "producer"])
_LOWER = pa.array(["server", "consumer"])


@dataclass(frozen=True, kw_only=True)
class Links:
    """The trees of some spans, by row.

    Attributes:
        trace: the same number for all rows of a trace; rows without a trace id are alone.
        parent: row of the parent, -1 where there is none.
        top: row of the topmost span above (or the span itself).
        depth: number of spans above.
        missing: it names a parent that is not among the rows.
        circular: its link to its parent closed a circle and was taken away.
    """

    trace: Ints
    parent: Ints
    top: Ints
    depth: Ints
    missing: Flags
    circular: Flags


def link(spans: pa.Table) -> Links:
    """Link ``spans`` (columns trace_id, span_id, parent_id, kind, service)."""
    count = spans.num_rows
    (trace,) = codes(spans["trace_id"])
    trace = np.where(trace < 0, count + np.arange(count), trace)
    own, above = codes(spans["span_id"], spans["parent_id"])
    width = 2 * count + 2
    named = above >= 0
    keys = trace * width + np.where(own < 0, count * 2 + 1, own)
    keys[own < 0] = -1 - np.flatnonzero(own < 0)  # nobody can name it
    parent = _found(spans, keys, np.where(named, trace * width + above, np.iinfo(np.int64).min))
    alone = parent == np.arange(count)
    parent[alone] = -1
    circular = alone | _circles(parent, spans)
    parent[circular] = -1
    top, depth = _tops(parent)
    return Links(
        trace=trace,
        parent=parent,
        top=top,
        depth=depth,
        missing=named & (parent < 0) & ~circular,
        circular=circular,
    )


def codes(*columns: pa.ChunkedArray) -> list[NDArray[np.int64]]:
    """Return integers that are equal where the texts of the columns are; unknown is -1."""
    plain = [column.cast(pa.string()) for column in columns]
    joined = pa.chunked_array([chunk for column in plain for chunk in column.chunks], pa.string())
    indices = joined.combine_chunks().dictionary_encode().indices
    numbers = pc.fill_null(indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])


def _found(spans: pa.Table, keys: Ints, wanted: Ints) -> Ints:
    """Return the row that each row names as its parent, -1 where there is none."""
    role = _role(spans["kind"])
    order = np.lexsort((role, keys))
    known, first, size = np.unique(keys[order], return_index=True, return_counts=True)
    upper, lower = order[first], order[first + size - 1]
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    here = (known[place] == wanted) if len(known) else np.zeros(0, np.bool_)
    parent = np.where(here, lower[place], -1) if len(known) else np.zeros(0, np.int64)
    if (size == 1).all():
        return parent
    (service,) = codes(spans["service"])
    above, below = upper[place], lower[place]
    clients = here & (service != service[below]) & (service == service[above])
    parent = np.where(clients, above, parent)
    halves = (size > 1) & (role[upper] < role[lower])
    parent[lower[halves]] = upper[halves]
    # the client's half never hangs below its own server's
    inverted = halves & (parent[upper] == lower)
    parent[upper[inverted]] = -1
    return parent


def _role(kind: pa.ChunkedArray) -> Ints:
    plain = kind.cast(pa.string())
    upper, lower = (
        pc.fill_null(pc.is_in(plain, value_set=kinds), fill_value=False).to_numpy()
        for kinds in (_UPPER, _LOWER)
    )
    role: Ints = 1 - upper.astype(np.int64) + lower.astype(np.int64)
    return role


def _tops(parent: Ints) -> tuple[Ints, Ints]:
    """Return the topmost row above each row, and how many steps away it is."""
    step = np.where(parent < 0, np.arange(len(parent)), parent)
    depth = (parent >= 0).astype(np.int64)
    for _ in range(_DOUBLINGS):
        further = step[step]
        if np.array_equal(further, step):
            break
        depth = depth + depth[step]
        step = further
    return step, depth


def _circles(parent: Ints, spans: pa.Table) -> Flags:
    """Say which links to take away so that no span is above itself.

    Of a circle it is the span that began first: it most likely called the others.
    """
    circular = np.zeros(len(parent), np.bool_)
    step = np.where(parent < 0, np.arange(len(parent)), parent)
    for _ in range(_DOUBLINGS):
        step = step[step]
    if not (parent[step] >= 0).any():
        return circular
    started = pc.fill_null(spans["started_at"].cast(pa.int64()), 0).to_numpy()
    seen = parent[step] < 0
    for row in np.unique(step[parent[step] >= 0]).tolist():
        if seen[row]:
            continue
        circle, at = [], row
        while not seen[at]:
            seen[at] = True
            circle.append(at)
            at = int(parent[at])
        circular[min(circle, key=lambda one: (started[one], one))] = True
    return circular
