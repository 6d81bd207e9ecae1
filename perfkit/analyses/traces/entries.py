"""Which spans are the requests that people ask about, and by what name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from perfkit.analyses.traces.nested import ancestors, timed_parent
from perfkit.analyses.unknown_route import unknown_route

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["asked_for", "entries", "of_route", "routes"]


def entries(forest: Forest) -> Ints:
    """Return the rows of the requests, none inside another, by their start.

    A request is the topmost span of a trace. Where that is a client (a browser, a load
    generator) or a span that lost its parent without answering anything, it is every topmost
    span below it that answers. A trace that has neither counts as one request: its longest
    topmost span.
    """
    parent = timed_parent(forest)
    top = forest.timed & (parent < 0)
    client = kind_is(forest, "client")
    opens = top & (client | forest.links.missing) & ~forest.served
    chosen = top & ~opens | first_of(forest.served, parent) & opens[ancestors(parent)]
    alone = np.flatnonzero(top)
    alone = alone[np.lexsort((alone, forest.start[alone], -forest.length[alone]))]
    _, first = np.unique(forest.trace[alone], return_index=True)
    longest = alone[first]
    chosen[longest[~np.isin(forest.trace[longest], forest.trace[chosen])]] = True
    return _by_start(forest, chosen)


def of_route(forest: Forest, route: str) -> Ints:
    """Return the rows that serve ``route``, at any depth, none inside another, by their start."""
    named = pc.fill_null(pc.equal(_labels(forest.rows), route), fill_value=False).to_numpy()
    return _by_start(forest, first_of(_answers(forest) & named, timed_parent(forest)))


def asked_for(forest: Forest, route: str | None, verb: str) -> Ints:
    """Return the rows of the requests of ``route``, of :func:`entries` if it is None.

    Raises:
        UsageError: no request is served on the route; the message begins with ``verb``.
    """
    if route is None:
        return entries(forest)
    found = of_route(forest, route)
    if not len(found):
        known = pc.unique(_labels(forest.rows.filter(_answers(forest))))
        raise unknown_route(verb, route, known.to_pylist())
    return found


def routes(forest: Forest, rows: Ints) -> list[str]:
    """Return what to call requests: the route, else the name of the span."""
    labels = _labels(forest.rows.select(["route", "name"]).take(rows))
    return [label or "unnamed" for label in labels.to_pylist()]


def kind_is(forest: Forest, kind: str) -> Flags:
    """Return the spans of a kind."""
    equal = pc.equal(forest.rows["kind"].cast("string"), kind)
    found: Flags = pc.fill_null(equal, fill_value=False).to_numpy()
    return found


def first_of(flags: Flags, parent: Ints) -> Flags:
    """Return the flagged rows that have no flagged row above them."""
    jump = np.where(parent < 0, np.arange(len(parent)), parent)
    above = flags[jump] & (parent >= 0)
    while True:
        above = above | above[jump]
        further = jump[jump]
        if np.array_equal(further, jump):
            return flags & ~above
        jump = further


def _answers(forest: Forest) -> Flags:
    """Return the spans that can be a request: they serve one, or nothing is above them."""
    found: Flags = forest.timed & (forest.served | (timed_parent(forest) < 0))
    return found


def _by_start(forest: Forest, chosen: Flags) -> Ints:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(forest.start[rows], kind="stable")]


def _labels(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows["route"].cast("string"), rows["name"].cast("string"))
