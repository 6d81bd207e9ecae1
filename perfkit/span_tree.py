"""Which span is whose parent: rows linked within their trace, whatever the input's faults.

Missing parents, spans that are their own ancestors, ids that two spans share: nothing here
fails or loops. Everything is NumPy over columns, so that a million spans take less than a second.

Two spans with one id are the halves of one call, as Zipkin has them (``shared``): the server's
half hangs below the client's, and what names their id hangs below the half of its own service.
Source: SpanNode.Builder of openzipkin/zipkin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.span_ids import Flags, Ids, Ints, codes, first_rows, identified

__all__ = ["Links", "codes", "link"]

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


def link(spans: pa.Table, ids: Ids | None = None) -> Links:
    """Link ``spans`` (columns trace_id, span_id, parent_id, kind, service, started_at).

    ``ids`` are those of :func:`identified`, where they are known already.
    """
    ids = identified(spans) if ids is None else ids
    parent = _found(spans, ids)
    alone = parent == np.arange(len(parent))
    parent[alone] = -1
    top, depth = _tops(parent)
    circular = alone
    if (parent[top] >= 0).any():
        circular = alone | _circles(parent, top, spans)
        parent[circular] = -1
        top, depth = _tops(parent)
    missing = (ids.above >= 0) & (parent < 0) & ~circular
    return Links(
        trace=ids.trace, parent=parent, top=top, depth=depth, missing=missing, circular=circular
    )


def _found(spans: pa.Table, ids: Ids) -> Ints:
    """Return the row that each row names as its parent, -1 where there is none."""
    first = first_rows(ids.own)
    here = (ids.above >= 0) & (ids.above < ids.known)
    place = np.where(here, ids.above, 0)
    if len(first) == np.count_nonzero(ids.own >= 0):
        return np.where(here, first[place], -1) if len(first) else np.full(len(place), -1)
    role = _role(spans["kind"])
    upper, lower = _halves(ids.own, role, first)
    parent = np.where(here, lower[place], -1)
    (service,) = codes(spans["service"])
    above, below = upper[place], lower[place]
    clients = here & (service != service[below]) & (service == service[above])
    parent = np.where(clients, above, parent)
    parent = _same_instance(spans, ids, role, parent, service)
    halves = role[upper] < role[lower]
    # several servers that answered one call hang below it alike
    caller = np.where(ids.own < 0, 0, upper[ids.own])
    answers = (ids.own >= 0) & (role > role[caller])
    parent[answers] = caller[answers]
    # the client's half never hangs below its own server's
    inverted = halves & (parent[upper] == lower)
    parent[upper[inverted]] = -1
    return parent


def _same_instance(spans: pa.Table, ids: Ids, role: Ints, parent: Ints, service: Ints) -> Ints:
    """Of several servers with one id, let what they called hang below the one on its own host."""
    serving = (ids.own >= 0) & (role > 1)
    crowded = np.bincount(ids.own[serving], minlength=ids.known) > 1
    if not crowded.any() or "resource" not in spans.column_names:
        return parent
    (host,) = codes(spans["resource"])
    named = np.where((ids.above >= 0) & (ids.above < ids.known), ids.above, -1)
    below = np.flatnonzero((named >= 0) & crowded[named])
    instances = np.flatnonzero(serving & crowded[np.maximum(ids.own, 0)])
    keys = zip(*(column[instances].tolist() for column in (ids.own, service, host)), strict=True)
    known = dict(zip(keys, instances.tolist(), strict=True))
    keys = zip(*(column[below].tolist() for column in (named, service, host)), strict=True)
    chosen = np.array([known.get(key, -1) for key in keys], np.int64)
    parent[below] = np.where(chosen < 0, parent[below], chosen)
    return parent


def _halves(own: Ints, role: Ints, first: Ints) -> tuple[Ints, Ints]:
    """Return of each id the row nearest to the caller, and the one farthest from it."""
    upper, lower = first.copy(), first.copy()
    often = np.bincount(own + 1, minlength=len(first) + 1)[1:] > 1
    rows = np.flatnonzero((own >= 0) & often[own])
    order = rows[np.lexsort((role[rows], own[rows]))]
    lower[own[order]] = order
    upper[own[order[::-1]]] = order[::-1]
    return upper, lower


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


def _circles(parent: Ints, step: Ints, spans: pa.Table) -> Flags:
    """Say which links to take away so that no span is above itself.

    Of a circle it is the span that began first: it most likely called the others. ``step`` are
    rows far above, as :func:`_tops` found them: in a circle, or without a parent.
    """
    circular = np.zeros(len(parent), np.bool_)
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
