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

__all__ = ["asked_for", "entries", "of_route", "routes", "topmost"]

#: A span's start may be told in milliseconds: in Zipkin's messaging example, what a poll begins
#: has a start 21 microseconds before the poll's own. At most a tenth of what begins.
_CLOCK_NS = 1_000_000
#: So many times as long as what hands it over, whose own work does not count then; what takes
#: less than a microsecond (the unit of Zipkin and Jaeger) is no work.
_LONGER, _WORK_NS = 10, 1_000
_TIMES = 3  # a message is handed on: publish, next-message, on-message


def entries(forest: Forest) -> Ints:
    """Return the rows of the requests, none inside another, by their start.

    A request is the topmost span of a trace. Where that is a client (a browser, a load
    generator) or a span that lost its parent without answering anything, it is every topmost
    span below it that answers. A trace that has neither counts as one request: its longest
    topmost span. In the place of a span that only hands over (:func:`_hands_over`) stand the
    spans below it, a request each.
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
    return _by_start(forest, _handed_over(forest, chosen, parent))


def topmost(forest: Forest) -> Ints:
    """Return the timed rows with nothing above, or what they hand over to; by their start."""
    parent = timed_parent(forest)
    return _by_start(forest, _handed_over(forest, forest.timed & (parent < 0), parent))


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
    """Return the spans that can be a request: they serve one, are one, or the topmost."""
    found: Flags = forest.timed & (forest.served | (timed_parent(forest) < 0))
    found[entries(forest)] = True
    return found


def _handed_over(forest: Forest, chosen: Flags, parent: Ints) -> Flags:
    """Return the flags with what a chosen span hands over to in its place."""
    hands = _hands_over(forest, parent)
    step = np.where((parent >= 0) & hands[parent] & ~chosen, parent, -1)
    found: Flags = chosen[ancestors(step)] & ~hands
    return found


def _hands_over(forest: Forest, parent: Ints) -> Flags:
    """Say of which spans all work begins when they end, and lasts ten times as long as they do.

    Brave's Kafka consumer: ``poll`` of 26 microseconds, and below it an ``on-message`` of 250 ms
    for each message. A span that answers or calls is never one: what follows an answer is no
    part of the request.
    """
    below = np.flatnonzero(forest.timed & (parent >= 0))
    above = parent[below]
    early = np.minimum(_CLOCK_NS, forest.length[below] // 10)
    later = forest.start[below] >= forest.end[above] - early
    later &= forest.end[below] > forest.end[above]
    within = np.zeros(len(forest), np.bool_)
    within[above[~later]] = True
    may = forest.timed & ~within & ~forest.served & ~kind_is(forest, "client")
    hands, work = np.zeros(len(forest), np.bool_), forest.length
    for _ in range(_TIMES):
        longest = np.zeros(len(forest), np.int64)
        np.maximum.at(longest, above, work[below])
        hands = may & (longest >= _WORK_NS) & (longest // _LONGER >= forest.length)
        work = np.where(hands, longest, forest.length)
    return hands


def _by_start(forest: Forest, chosen: Flags) -> Ints:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(forest.start[rows], kind="stable")]


def _labels(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows["route"].cast("string"), rows["name"].cast("string"))
