"""Rows that a chunk can decide, rows that it cannot, and what others must know of its items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_items import (
    Items,
    Neighbours,
    neighbours,
    together,
    with_texts,
)
from perfkit.formats.logs.pg_joins import DEPTH, Links, find_links, find_runs, is_barrier
from perfkit.formats.logs.pg_statements import BARE, PLANNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Flags

__all__ = ["Settled", "mended", "settled"]


class Settled(NamedTuple):
    """Decided rows of ``queries``, undecided ones, and the items that decide those."""

    queries: pa.Table
    pending: pa.Table
    carry: Items


def settled(queries: pa.Table, items: Items) -> Settled:
    """Join what can be joined whatever was written before and behind this chunk."""
    items = items.by_session(few=True)
    if (items.role == PLANNED).any():
        items = with_texts(items, queries["statement"], items.row)
    links = find_links(items)
    undecided = links.open_before | links.open_behind
    keep = _keep_rows(queries, items, links, undecided)
    rows = np.flatnonzero(keep == _UNDECIDED)
    carry = _carried(queries, items, links, undecided)
    place = np.full(queries.num_rows + 1, -1)
    place[rows] = np.arange(len(rows))
    return Settled(
        queries=_applied(queries, items, links, keep),
        pending=queries.take(pa.array(rows)),
        carry=replace(carry, row=place[carry.row]),
    )


def mended(pending: Sequence[pa.Table], carries: Sequence[Items]) -> pa.Table:
    """Join the undecided rows of all chunks."""
    queries = pa.concat_tables(pending).unify_dictionaries()
    base = np.cumsum([0, *(table.num_rows for table in pending)])
    items = together(
        [
            replace(carry, row=np.where(carry.row < 0, -1, carry.row + before))
            for carry, before in zip(carries, base[:-1], strict=True)
        ]
    ).by_session()
    links = find_links(items)
    keep = _keep_rows(queries, items, links, np.zeros(len(items), np.bool_))
    return _applied(queries, items, links, keep)


_KEPT, _GONE, _UNDECIDED = 0, 1, 2


def _keep_rows(queries: pa.Table, items: Items, links: Links, undecided: Flags) -> Ints:
    """Return for each row whether it stays, is part of another one, or is undecided."""
    keep = np.full(queries.num_rows + 1, _KEPT)
    gone = np.concatenate([links.dropped, links.durations])
    keep[items.row[gone]] = _GONE
    keep[items.row[undecided]] = _UNDECIDED
    return keep[:-1]


def _applied(queries: pa.Table, items: Items, links: Links, keep: Ints) -> pa.Table:
    into, origin = items.row[links.timed], items.row[links.durations]
    both = (into >= 0) & (origin >= 0)
    if both.any():
        queries = _moved(queries, into[both], origin[both])
    failed = items.row[links.failed]
    if (failed >= 0).any():
        queries = _with_errors(queries, failed, items.error.take(pa.array(links.errors)))
    steps = items.row[links.steps]
    if len(steps):
        queries = _as_steps(queries, steps[steps >= 0])
    return queries if not keep.any() else queries.filter(pa.array(keep == _KEPT))


def _with_errors(queries: pa.Table, rows: Ints, errors: pa.Array) -> pa.Table:
    place = np.full(queries.num_rows + 1, -1)
    place[rows] = np.arange(len(rows))
    place = place[:-1]
    column = errors.take(pa.array(place, mask=place < 0))
    index = queries.schema.get_field_index("error")
    return queries.set_column(index, queries.schema.field(index), column)


def _as_steps(queries: pa.Table, rows: Ints) -> pa.Table:
    """Mark bare durations: logged before an execution, they are its parse and its bind."""
    chosen = np.zeros(queries.num_rows, np.bool_)
    chosen[rows] = True
    index = queries.schema.get_field_index("phase")
    field = queries.schema.field(index)
    phase = pc.if_else(pa.array(chosen), "bind", queries["phase"].cast(pa.string()))
    return queries.set_column(index, field, phase.dictionary_encode().cast(field.type))


def _moved(queries: pa.Table, into: Ints, origin: Ints) -> pa.Table:
    place = np.arange(queries.num_rows)
    place[into] = origin
    for name in ("duration_ms", "started_at"):
        index = queries.schema.get_field_index(name)
        column = queries[name].take(pa.array(place))
        queries = queries.set_column(index, queries.schema.field(index), column)
    return queries


def _carried(queries: pa.Table, items: Items, links: Links, undecided: Flags) -> Items:
    """Return the items at the beginning and end of each session that others depend on."""
    near = neighbours(items)
    wanted = _leading(items, near, links.open_before) | _trailing(items, near)
    wanted &= _needed(items, near)
    chosen = np.flatnonzero(wanted | undecided)
    rows = items.row[chosen]
    carry = with_texts(items.take(chosen), queries["statement"], rows)
    open_rows = np.where(undecided[chosen], rows, -1)
    return replace(carry, row=open_rows, session=carry.session.cast(pa.string()))


def _leading(items: Items, near: Neighbours, open_before: Flags) -> Flags:
    """Say which items are up to the first statement of their session (4th: a plan is open)."""
    leading = near.before_anchor < 0
    sessions = items.sessions()
    has_open = np.zeros(sessions.max(initial=-1) + 1, np.bool_)
    has_open[sessions[open_before & (items.role == PLANNED)]] = True
    deep = has_open[sessions]
    if not deep.any():
        return leading
    before = near.before_anchor
    for _ in range(DEPTH - 1):
        before = np.where(before >= 0, near.before_anchor[before], -1)
        leading |= deep & (before < 0)
    return leading


def _trailing(items: Items, near: Neighbours) -> Flags:
    """Say which items are from the 4th last statement of their session on, or a later barrier."""
    barrier, behind = is_barrier(items), near.behind_anchor
    shut = np.zeros(len(items), np.bool_)
    for _ in range(DEPTH - 1):
        shut |= (behind >= 0) & barrier[behind]
        behind = np.where(behind >= 0, near.behind_anchor[behind], -1)
    trailing: Flags = (behind < 0) & ~shut
    return trailing


def _needed(items: Items, near: Neighbours) -> Flags:
    """Leave out what stands in the middle of many plans or bare durations."""
    anchor: Flags = (items.role != PLANNED) & (items.role != BARE)
    return anchor | _needed_plans(items, near) | _needed_bare(items, near, anchor)


def _needed_plans(items: Items, near: Neighbours) -> Flags:
    plan: Flags = items.role == PLANNED
    if not plan.any():
        return plan
    runs = find_runs(items, near)
    edge = (runs.rank < items.many) | (runs.rank_from_end < items.many)
    second = (runs.rank == 0) & ~runs.leads & runs.leads[near.before]
    needed: Flags = plan & (((runs.leads | runs.trails) & edge) | second)
    return needed


def _needed_bare(items: Items, near: Neighbours, anchor: Flags) -> Flags:
    needed = np.zeros(len(items), np.bool_)
    for side in (near.before_told, near.behind_told):
        beyond = np.where(side >= 0, side[side], -1)
        needed |= (side < 0) | anchor[side] | (beyond < 0)
    bare: Flags = needed & (items.role == BARE)
    return bare
