"""Calls out of traces: what spans ask of others, below the request that made them."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats import targets as kinds
from perfkit.analyses.repeats.answered import with_routes
from perfkit.analyses.repeats.calls import Calls, Owners, codes, texts
from perfkit.analyses.repeats.nested import counted_once
from perfkit.analyses.traces.forest import Forest
from perfkit.fingerprinted import fingerprinted

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

__all__ = ["Tree", "calls_of", "served_by_route"]

#: The peer is alive but asks to come again: what follows is a retry, not another item.
_RETRIED = (408, 425, 429)
_FAILED = 500
#: UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, ABORTED: statuses of gRPC to retry.
_RETRIED_RPC = (4, 8, 10, 14)
_DOUBLINGS = 40  # these steps reach the top of any tree


class Tree:
    """Spans with the owner of each: the nearest span above that answers a request or message.

    Where there is none, the topmost span that is known owns; spans below a missing parent are
    kept together.
    """

    def __init__(self, spans: pa.Table) -> None:
        """Link the rows of ``spans``; rows without a trace are left out."""
        self.forest = Forest(fingerprinted(spans))
        self.rows: pa.Table = self.forest.rows
        self.parent_row = self.forest.parent
        self.served: NDArray[np.bool_] = self.forest.served | self._answers
        #: number that all rows of one owner share: its row, or beyond all rows if it is not there
        self.owner = self._owner()

    @property
    def _answers(self) -> NDArray[np.bool_]:
        """Topmost spans with an HTTP status, of formats that know no kinds."""
        kind = pc.fill_null(self.rows["kind"].cast(pa.string()), "internal")
        plain = pc.equal(kind, "internal").to_numpy() & self.rows["status"].is_valid().to_numpy()
        parent = self.parent_row
        above: NDArray[np.bool_] = plain & (parent < 0) & ~self.leaf
        return above

    @cached_property
    def leaf(self) -> NDArray[np.bool_]:
        """Spans with nothing below."""
        leaf = np.ones(len(self.parent_row), np.bool_)
        leaf[self.parent_row[self.parent_row >= 0]] = False
        return leaf

    def _owner(self) -> NDArray[np.int64]:
        count = len(self.parent_row)
        consumer = pc.equal(self.rows["kind"].cast(pa.string()), "consumer")
        own = self.served | pc.fill_null(consumer, fill_value=False).to_numpy()
        step = np.where(own | (self.parent_row < 0), np.arange(count), self.parent_row)
        for _ in range(_DOUBLINGS):
            further = step[step]
            if np.array_equal(further, step):
                break
            step = further
        lost = np.flatnonzero(self.forest.links.missing & ~own)
        (above,) = codes(self.rows["parent_id"].take(pa.array(lost)))
        _, together = np.unique(
            np.stack([self.forest.trace[lost], above]), axis=1, return_inverse=True
        )
        name = np.arange(count)
        name[lost] = count + together.ravel()
        return np.asarray(name[step])

    def span_of(self, node: int) -> int:
        """Return the row of an owner, -1 if it is not there."""
        return node if node < len(self.rows) else -1


def calls_of(tree: Tree) -> Calls:
    """Return what the spans ask of databases, caches and other services."""
    rows = tree.rows
    kind = kinds.classes(rows, tree.served, tree.leaf)
    chosen = np.flatnonzero(kind)
    asked = with_routes(tree, rows.take(chosen), chosen)
    target, targets = kinds.targets(asked, kind[chosen])
    keep = counted_once(tree, kind, chosen, target)
    chosen, target = chosen[keep], target[keep]
    nodes, owner = np.unique(tree.owner[chosen], return_inverse=True)
    picked = rows.take(chosen)
    first = int(tree.forest.start.min()) if len(rows) else 0
    return Calls(
        owner=owner.astype(np.int64),
        target=target,
        start_ms=_start_ms(tree, first)[chosen],
        duration_ms=groups.numbers(picked["duration_ms"]),
        parent=_parents(tree, chosen),
        raw=_raw(picked),
        targets=targets,
        owners=_owners(tree, nodes),
        failed=_failed(picked, kind[chosen] == kinds.RPC),
        count=np.nan_to_num(groups.numbers(picked["calls"]), nan=1.0).clip(1).astype(np.int64),
        peer=groups.encode(picked["peer"]).codes.astype(np.int64) if len(picked) else None,
        row=chosen,
        busy=_busy(tree, kind, nodes, first),
    )


def _start_ms(tree: Tree, first: int) -> NDArray[np.float64]:
    start = (tree.forest.start - first) / 1e6
    start[~tree.rows["started_at"].is_valid().to_numpy()] = np.nan
    return np.asarray(start)


def _parents(tree: Tree, chosen: NDArray[np.int64]) -> Any:
    """Return the name of the span above each call, each name once in memory."""
    name = groups.encode(tree.rows["name"])
    above = tree.parent_row[chosen]
    label = np.array([*name.labels, None], object)
    return label[np.where(above < 0, len(name.labels), name.codes[above])]


def _raw(rows: pa.Table) -> Any:
    """Return the statement as it was sent, or the URL; each text once in memory."""
    found = groups.encode(
        pc.coalesce(rows["statement"].cast(pa.string()), rows["url"].cast(pa.string()))
    )
    return np.array(found.labels, object)[found.codes]


def _busy(tree: Tree, kind: Any, nodes: NDArray[np.int64], first: int) -> Any:
    """Return the spans that are no calls and have nothing below: work of the owner itself."""
    pool = groups.encode(tree.rows["category"])
    waits = pool.codes == (pool.labels.index("pool") if "pool" in pool.labels else -1)
    own = tree.leaf & (kind == kinds.NONE) & ~tree.served & ~waits & tree.forest.timed
    own &= np.isin(tree.owner, nodes)
    start, end = ((t[own] - first) / 1e6 for t in (tree.forest.start, tree.forest.end))
    return np.searchsorted(nodes, tree.owner[own]), start, end


def served_by_route(tree: Tree) -> Counter[str | None]:
    """Count the spans that serve requests of each route, as :func:`calls_of` names it."""
    return Counter(_route(tree.rows.filter(pa.array(tree.served))).to_pylist())


def _route(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows["route"].cast(pa.string()), rows["name"].cast(pa.string()))


def _failed(rows: pa.Table, remote: NDArray[np.bool_]) -> NDArray[np.bool_]:
    status = groups.numbers(rows["status"])
    failed: NDArray[np.bool_] = rows["error"].is_valid().to_numpy() | (status >= _FAILED)
    failed |= remote & np.isin(status, _RETRIED_RPC)
    # a client's mistake is an answer, even where the instrumentation calls it an error
    answered = (status >= 400) & (status < _FAILED) & ~remote  # noqa: PLR2004 - HTTP
    return np.asarray((failed & ~answered) | np.isin(status, _RETRIED))


def _owners(tree: Tree, nodes: NDArray[np.int64]) -> Owners:
    known = nodes < len(tree.rows)
    at = pa.array(nodes, mask=~known)
    served = np.zeros(len(nodes), dtype=bool)
    served[known] = tree.served[nodes[known]]
    first = np.zeros(int(tree.owner.max(initial=0)) + 1, np.int64)
    first[tree.owner] = np.arange(len(tree.owner))
    first[nodes[known]] = nodes[known]
    sampled = groups.numbers(pc.take(tree.rows["weight"], pa.array(first[nodes])))
    rows = tree.rows
    return Owners(
        node=nodes,
        trace_id=texts(rows["trace_id"], first[nodes]),
        route=pc.take(_route(rows), at).to_pylist(),
        duration_ms=groups.numbers(pc.take(rows["duration_ms"], at)),
        served=served,
        weight=np.nan_to_num(sampled, nan=1.0),
    )
