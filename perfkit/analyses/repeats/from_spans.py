"""Calls out of traces: database and HTTP client spans below the request that made them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import Calls, Owners, Target, codes, milliseconds, texts
from perfkit.analyses.repeats.url import templated
from perfkit.fingerprinted import fingerprinted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tree", "calls_of", "names", "served_by_route"]

#: The peer is alive but asks to come again: what follows is a retry, not another item.
_RETRIED = (408, 425, 429)
_FAILED = 500
_TARGET = ("fingerprint", "fingerprint_id", "url", "peer", "name")
# Doubling the step, 32 times reaches the top of any tree; a cycle (broken input) ends, too.
_DOUBLINGS = 32


class Tree:
    """Spans with the owner of each: the nearest span above that serves a request.

    Rows are spans, once per (trace, span id). Where no span above serves a request, the
    topmost one that is known owns; spans below a missing parent are kept together.
    """

    def __init__(self, spans: pa.Table) -> None:
        """Link the rows of ``spans``; rows without a trace are left out."""
        named = spans.filter(spans["trace_id"].is_valid())
        own, above = _nodes(named)
        _, first = np.unique(own, return_index=True)
        first.sort()
        self.rows = fingerprinted(named.take(pa.array(first)))
        self.served = _serves(self.rows)
        self._link(own[first], above[first])

    def _link(self, own: NDArray[np.int64], above: NDArray[np.int64]) -> None:
        has_parent = above >= 0
        ids, place = np.unique(np.concatenate([own, above[has_parent]]), return_inverse=True)
        node, parent_node = place[: len(own)], place[len(own) :]
        #: row of a node; -1 where only its id is known
        self.row_of_node = np.full(len(ids), -1)
        self.row_of_node[node] = np.arange(len(own))
        #: row of the parent span; -1 where it is not there
        self.parent_row = np.full(len(own), -1)
        self.parent_row[has_parent] = self.row_of_node[parent_node]
        climbs = np.arange(len(ids))
        climbs[node[has_parent]] = parent_node
        stops = node[self.served]
        climbs[stops] = stops
        #: node that owns the row
        self.owner = _topmost(climbs)[node]


def _topmost(step: NDArray[np.int64]) -> NDArray[np.int64]:
    for _ in range(_DOUBLINGS):
        further = step[step]
        if np.array_equal(further, step):
            break
        step = further
    return step


def _nodes(spans: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a number for every span within its trace, and that of its parent or -1."""
    (trace,) = codes(spans["trace_id"])
    own, above = codes(spans["span_id"], spans["parent_id"])
    free = max(own.max(initial=0), above.max(initial=0)) + 1
    own = np.where(own < 0, free + np.arange(len(own)), own)
    width = max(own.max(initial=0), above.max(initial=0)) + 1
    return trace * width + own, np.where(above < 0, -1, trace * width + above)


def _serves(rows: pa.Table) -> NDArray[np.bool_]:
    """Return which spans answer a request: server spans, and what has a route without a kind."""
    unclear = ~(_is(rows, "kind", "client") | rows["statement"].is_valid().to_numpy())
    routed: NDArray[np.bool_] = rows["route"].is_valid().to_numpy() & unclear
    return routed | _is(rows, "kind", "server")


def _is(rows: pa.Table, name: str, value: str) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = pc.fill_null(
        pc.equal(rows[name].cast(pa.string()), value), fill_value=False
    ).to_numpy()
    return equal


def calls_of(tree: Tree) -> Calls:
    """Return the successful database and HTTP client calls of the spans."""
    rows = tree.rows
    statement = rows["fingerprint_id"].is_valid().to_numpy() & ~tree.served
    calling = _is(rows, "kind", "client") | _is(rows, "category", "http")
    http = calling & rows["url"].is_valid().to_numpy() & ~(statement | tree.served)
    chosen = np.flatnonzero((statement & ~_twice(tree, statement) | http) & ~_failed(rows))
    target, targets = _targets(rows.take(pa.array(chosen)), statement[chosen])
    owner_nodes, owner = np.unique(tree.owner[chosen], return_inverse=True)
    parents = tree.parent_row[chosen]
    parent = pc.take(rows["name"].cast(pa.string()), pa.array(parents, mask=parents < 0))
    return Calls(
        owner=owner.astype(np.int64),
        target=target,
        start_ms=milliseconds(rows["started_at"])[chosen],
        duration_ms=groups.numbers(rows["duration_ms"])[chosen],
        parent=parent.to_pylist(),
        raw=_raw(rows.take(pa.array(chosen))),
        targets=targets,
        owners=_owners(tree, owner_nodes),
    )


def served_by_route(tree: Tree) -> Counter[str | None]:
    """Count the spans that serve requests of each route, as :func:`calls_of` names it."""
    return Counter(_route(tree.rows.filter(pa.array(tree.served))).to_pylist())


def _route(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows["route"].cast(pa.string()), rows["name"].cast(pa.string()))


def _twice(tree: Tree, statement: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return statements below a span of the same statement: two instrumentations, one call."""
    (code,) = codes(tree.rows["fingerprint_id"])
    parent = tree.parent_row
    twice: NDArray[np.bool_] = (parent >= 0) & statement[parent] & (code[parent] == code)
    return twice


def _failed(rows: pa.Table) -> NDArray[np.bool_]:
    status = groups.numbers(rows["status"])
    failed: NDArray[np.bool_] = rows["error"].is_valid().to_numpy() | (status >= _FAILED)
    return failed | np.isin(status, _RETRIED)


def _targets(
    rows: pa.Table, statement: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], list[Target]]:
    place: dict[Target, int] = {}
    columns = (texts(rows[name]) for name in _TARGET)
    known: dict[tuple[str | None, ...], int] = {}
    target = np.empty(len(rows), dtype=np.int64)
    for index, (is_statement, *values) in enumerate(zip(statement, *columns, strict=True)):
        key = (None, *values[1:2]) if is_statement else tuple(values[2:])
        if key not in known:
            known[key] = place.setdefault(_target(is_statement, values), len(place))
        target[index] = known[key]
    return target, list(place)


def _target(is_statement: bool, values: list[str | None]) -> Target:  # noqa: FBT001 - a row's kind
    fingerprint, fingerprint_id, url, peer, name = values
    if is_statement:
        return Target(fingerprint=fingerprint, fingerprint_id=fingerprint_id)
    if url is None:
        return Target()
    method = (name or "").split(" ")[0]
    shown = templated(url)
    return Target(url=f"{method} {shown}" if method.isupper() else shown, peer=peer)


def names(rows: pa.Table) -> list[str]:
    """Return what every span does: the statement or templated URL it calls, or its name."""
    columns = (texts(rows[name]) for name in _TARGET)
    found = (
        values[4] if serves else _target(values[1] is not None, values).text or values[4]
        for serves, *values in zip(_serves(rows), *columns, strict=True)
    )
    return [text or "unnamed" for text in found]


def _raw(rows: pa.Table) -> list[str | None]:
    """Return the statement as it was sent, or the URL."""
    statement = rows["statement"].cast(pa.string())
    return texts(pc.coalesce(statement, rows["url"].cast(pa.string())))


def _owners(tree: Tree, nodes: NDArray[np.int64]) -> Owners:
    row = tree.row_of_node[nodes]
    known = row >= 0
    at = pa.array(row, mask=~known)
    rows = tree.rows
    served = np.zeros(len(row), dtype=bool)
    served[known] = tree.served[row[known]]
    first_row = np.zeros(tree.owner.max(initial=0) + 1, dtype=np.int64)
    first_row[tree.owner] = np.arange(len(tree.owner))
    return Owners(
        node=nodes,
        trace_id=texts(rows["trace_id"], first_row[nodes]),
        route=pc.take(_route(rows), at).to_pylist(),
        duration_ms=groups.numbers(pc.take(rows["duration_ms"], at)),
        served=served,
    )
