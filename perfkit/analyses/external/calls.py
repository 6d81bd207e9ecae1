"""The calls that leave a service, one row each: who calls whom, when, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit import span_attributes
from perfkit.analyses import groups
from perfkit.analyses.external import halves, outcomes
from perfkit.analyses.external.peers import UNKNOWN, is_address, peer_name
from perfkit.analyses.parallel import steps
from perfkit.analyses.repeats.calls import numbered
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.repeats.from_spans import Tree
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["ExternalCalls", "Peer", "external_calls_of", "members"]

#: Categories of spans that are kinds of calls; a client span of another one is ``other``.
KINDS = ("http", "rpc", "queue", "cache", "db", "ai", "faas", "file")
_NO_CALLS = ("pool",)
_STORES = ("db", "cache")
_SYSTEMS = ("db.system.name", "db.system", "db.type", "context.db.type")
#: Peers told apart; those in which least time is spent are one row beyond that.
_MOST = 500


class Peer(NamedTuple):
    """Who is called, how, and by which service."""

    peer: str
    kind: str
    service: str | None


@dataclass(frozen=True, kw_only=True)
class ExternalCalls:
    """Calls in order of their owner (the request) and their start; arrays of one length.

    Attributes:
        tree: the spans, and the request that owns each.
        row: of the forest.
        peers: who is called, by number; the largest number first by time.
        peer: index into ``peers``.
        owner: number of the request, see :class:`Tree`.
        server: row of the peer's half of the call, -1 where the trace does not have it.
        count: calls that the span stands for.
        weight: spans that the span stands for, because of sampling.
        failed, timed_out, limited: how it ended, see :mod:`.outcomes`.
    """

    tree: Tree
    row: Ints
    peers: list[Peer]
    peer: Ints
    owner: Ints
    server: Ints
    count: Ints
    weight: np.ndarray[tuple[int], np.dtype[np.float64]]
    failed: Flags
    timed_out: Flags
    limited: Flags

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.row)

    @property
    def forest(self) -> Forest:
        """The spans."""
        return self.tree.forest

    @cached_property
    def start(self) -> Ints:
        """When they begin, ns since 1970."""
        return self.forest.start[self.row]

    @cached_property
    def length(self) -> Ints:
        """How long they take, ns; what ends before it begins takes no time."""
        return np.maximum(self.forest.length[self.row], 0)

    @cached_property
    def end(self) -> Ints:
        """When they end, ns since 1970."""
        return self.start + self.length

    @cached_property
    def single(self) -> Flags:
        """One call of known duration: it tells how long a call takes."""
        found: Flags = (self.count == 1) & self.forest.timed[self.row]
        return found

    @cached_property
    def owner_row(self) -> Ints:
        """Row of the request's span, -1 where it is not there."""
        return np.where(self.owner < len(self.forest), self.owner, -1)

    def kind_is(self, *kinds: str) -> Flags:
        """Say which calls are of some kinds."""
        wanted = np.array([one.kind in kinds for one in self.peers], np.bool_)
        found: Flags = wanted[self.peer] if len(wanted) else np.zeros(len(self), np.bool_)
        return found

    def by_peer(self, where: Flags | None = None) -> Iterator[tuple[Peer, Ints]]:
        """Yield each peer with the places of its calls (that are ``where``), none empty."""
        places = np.arange(len(self)) if where is None else np.flatnonzero(where)
        for code, at in members(self.peer[places]):
            yield self.peers[code], places[at]

    def routes(self, places: Ints) -> list[str]:
        """Return the route of the request that makes each call, or the name of its span."""
        rows = self.owner_row[places]
        taken = np.maximum(rows, 0)
        named = zip(
            self.forest.texts("route", taken), self.forest.texts("name", taken), strict=True
        )
        found = [route or name or "A request" for route, name in named]
        return [text if row >= 0 else "A request" for text, row in zip(found, rows, strict=True)]

    def traces(self, places: Ints) -> list[str | None]:
        """Return the trace of each call."""
        return self.forest.texts("trace_id", self.row[places])


def members(codes: Any) -> Iterator[tuple[int, Ints]]:
    """Yield each code with the places that have it, in their order."""
    if not len(codes):
        return
    order = np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    for at in np.split(order, ends):
        yield int(codes[at[0]]), at


def external_calls_of(tree: Tree) -> ExternalCalls:
    """Return the calls of all spans, each once: not the transport of a client's call as well."""
    forest = tree.forest
    sends = steps.calls(forest)
    kinds = groups.encode(forest.rows["category"])
    sends &= ~np.isin(kinds.codes, [n for n, name in enumerate(kinds.labels) if name in _NO_CALLS])
    outer = halves.outermost(tree, sends, kinds.codes)
    row = np.flatnonzero(sends & (outer == np.arange(len(forest))))
    row = row[forest.timed[row]]
    owner = _owners(tree, row)
    order = np.lexsort((forest.start[row], owner))
    row, owner = row[order], owner[order]
    server = halves.servers(forest, outer)[row]
    peers, peer = _peers(forest, row, server)
    picked = forest.rows.select(["status", "error", "calls", "weight"]).take(pa.array(row))
    wanted = np.array([one.kind == "rpc" for one in peers], np.bool_)
    remote = wanted[peer] if len(peers) else np.zeros(len(row), np.bool_)
    return ExternalCalls(
        tree=tree,
        row=row,
        peers=peers,
        peer=peer,
        owner=owner,
        server=server,
        count=np.nan_to_num(groups.numbers(picked["calls"]), nan=1.0).clip(1).astype(np.int64),
        weight=np.nan_to_num(groups.numbers(picked["weight"]), nan=1.0),
        failed=outcomes.failed(picked, remote),
        timed_out=outcomes.timed_out(picked, remote),
        limited=outcomes.limited(picked, remote),
    )


def _owners(tree: Tree, row: Ints) -> Ints:
    """Return the request that makes each call; a server's half is not its own."""
    above = np.where(tree.forest.served[row], np.maximum(tree.forest.parent[row], 0), row)
    found: Ints = tree.owner[above].astype(np.int64)
    return found


def _peers(forest: Forest, row: Ints, server: Ints) -> tuple[list[Peer], Ints]:
    """Return who is called, and the number of it for each call."""
    own = forest.served[row]
    caller = np.where(own, np.maximum(forest.parent[row], 0), row)
    service = groups.encode(forest.rows["service"])
    columns = [groups.encode(forest.rows[name]) for name in ("peer", "category", "kind", "url")]
    callee = np.where(server >= 0, service.codes[np.maximum(server, 0)], -1)
    callee = np.where(own, service.codes[row], callee)
    hosts = _hosts(columns[0], columns[3], row)
    keys = [one.codes[row].astype(np.int64) for one in columns[:3]]
    code, first = numbered(*keys, hosts, service.codes[caller].astype(np.int64), callee)
    labels = zip(
        *(forest.texts(c, row[first]) for c in ("peer", "category", "kind", "url")), strict=True
    )
    found = []
    for place, (peer, category, kind, url) in zip(first.tolist(), labels, strict=True):
        what = _kind(category, kind, own=bool(own[place]), url=url)
        name = UNKNOWN if own[place] else peer_name(peer, url, what)
        if name == UNKNOWN and what in _STORES:
            name = _system(forest, int(row[place]))
        found.append(
            (Peer(name, what, service.labels[service.codes[caller[place]]]), callee[place])
        )
    names = _named(found, service.labels)
    return _by_time(names, code, forest.length[row])


def _system(forest: Forest, row: int) -> str:
    """Return what kind of database or cache it is: better than no name."""
    (known,) = span_attributes.attributes(forest.rows, [row])
    named = (known.get(prefix + name) for name in _SYSTEMS for prefix in ("", "meta."))
    return visible(str(next((one for one in named if one), UNKNOWN)), 60)


def _hosts(peer: groups.Groups, url: groups.Groups, row: Ints) -> Ints:
    """Return a number for the host of the URL of each call whose peer is not told, else 0."""
    untold = peer.codes[row] == len(peer.labels) - 1
    used, place = np.unique(url.codes[row[untold]], return_inverse=True)
    places: dict[str, int] = {}
    hosts = (peer_name(None, (url.labels[code] or "")[:500], "") for code in used.tolist())
    number = np.array([places.setdefault(host, len(places)) for host in hosts], np.int64)
    found = np.zeros(len(row), np.int64)
    found[untold] = number[place]
    return found


def _kind(category: str | None, kind: str | None, *, own: bool, url: str | None) -> str:
    if own:
        return "rpc" if category == "rpc" or (url and not url.startswith(("http", "/"))) else "http"
    if kind == "producer":
        return "queue"
    return category if category in KINDS else "other"


def _named(found: list[tuple[Peer, int]], services: list[str | None]) -> list[Peer]:
    """Call a bare address by the service that answers there, if it is one alone."""
    known: dict[Peer, set[str]] = {}
    for peer, callee in found:
        name = services[callee] if callee >= 0 else None
        if name:
            known.setdefault(peer, set()).add(name)
    named = []
    for peer, callee in found:
        names = known.get(peer, set())
        own = services[callee] if callee >= 0 else None
        if is_address(peer.peer) and names:
            name = own or (min(names) if len(names) == 1 else None)
            named.append(peer._replace(peer=name) if name else peer)
        else:
            named.append(peer)
    return named


def _by_time(names: list[Peer], code: Ints, length: Ints) -> tuple[list[Peer], Ints]:
    """Number the peers, the longest first; beyond :data:`_MOST` they are one per kind."""
    spent = np.bincount(code, weights=length, minlength=len(names))
    totals: dict[Peer, float] = {}
    for peer, ns in zip(names, spent.tolist(), strict=True):
        totals[peer] = totals.get(peer, 0.0) + ns
    ordered = sorted(totals, key=lambda one: (-totals[one], one.peer, one.kind, one.service or ""))
    places: dict[Peer, int] = {}
    final = {}
    for number, peer in enumerate(ordered):
        shown = peer if number < _MOST else Peer("other peers", peer.kind, None)
        final[peer] = places.setdefault(shown, len(places))
    mapped = np.array([final[peer] for peer in names], np.int64)
    return list(places), mapped[code] if len(code) else code.astype(np.int64)
