"""Two spans of one call: a client's around its transport's, a caller's and the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups

if TYPE_CHECKING:
    from perfkit.analyses.repeats.from_spans import Tree
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["network_ns", "outermost", "servers"]

#: Spans between that of a client library and that of its transport.
_LEVELS = 6
_TRANSPORT = ("http", "rpc")


def outermost(tree: Tree, sends: Flags, category: Any) -> Ints:
    """Return for every row the row of the call that it is part of; of itself, if of none.

    A call within a call of the same request is part of it if both go to the same peer, or the
    inner one's peer is unknown, or the inner one is the transport (HTTP, RPC) of a client
    library: of a database, a cache, a queue, a cloud.
    """
    forest = tree.forest
    above = _call_above(tree, sends)
    peer = groups.encode(forest.rows["peer"])
    known = peer.codes != len(peer.labels) - 1
    labels = groups.encode(forest.rows["category"]).labels
    transport = np.isin(category, [n for n, name in enumerate(labels) if name in _TRANSPORT])
    at = np.maximum(above, 0)
    same = (category == category[at]) & (~known | ~known[at] | (peer.codes == peer.codes[at]))
    carried = transport & ~transport[at]
    part = (above >= 0) & (same | carried) & sends & ~forest.served
    step = np.where(part, at, np.arange(len(forest)))
    for _ in range(_LEVELS):
        step = step[step]
    return step


def _call_above(tree: Tree, sends: Flags) -> Ints:
    """Return the nearest call above each call in the same request, or -1."""
    forest = tree.forest
    found = np.full(len(forest), -1)
    rows = np.flatnonzero(sends & (forest.parent >= 0) & ~forest.served)
    at = forest.parent[rows]
    for _ in range(_LEVELS):
        hit = sends[at] & ~forest.served[at]
        found[rows[hit]] = at[hit]
        on = ~hit & (forest.parent[at] >= 0) & ~forest.served[at]
        rows, at = rows[on], forest.parent[at[on]]
        if not len(rows):
            break
    return found


def servers(forest: Forest, outer: Ints) -> Ints:
    """Return for every row that calls the longest span that answers it, or -1.

    Source: OpenTelemetry's and Zipkin's parent links: the server's half is below the client's.
    """
    found = np.full(len(forest), -1)
    rows = np.flatnonzero(forest.served & (forest.parent >= 0) & forest.timed)
    rows = rows[~forest.served[forest.parent[rows]]]
    rows = rows[np.argsort(forest.length[rows], kind="stable")]
    found[outer[forest.parent[rows]]] = rows
    return found


def network_ns(forest: Forest, row: Ints, server: Ints) -> Any:
    """Return how much longer calls take for the caller than for the server; NaN: not known.

    Where the server's half is the longer one, the caller did not wait for its end: not known.
    """
    known = server >= 0
    more = forest.length[row] - forest.length[np.maximum(server, 0)]
    return np.where(known & (more >= 0), more, np.nan)
