"""Calls that open a connection each, although the last one had just become free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.repeats.calls import numbered
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Flags, Ints

__all__ = ["rule"]

#: An idle connection is kept at least that long: 5 s is the shortest default of servers (Node's
#: keepAliveTimeout; Apache's KeepAliveTimeout is 5 s, nginx's 75 s).
_KEPT_NS = 5_000_000_000
#: Calls that could have used the connection before; half of them opening another is no warm-up.
_FEWEST = 20
_SHARE = 0.5
#: Setting one up takes less within a host; what follows then is hardly felt.
_LEAST_MS = 1.0
_HEAVY_MS = 50.0  # half of what is felt (Nielsen: 100 ms)
_SNIPPET = """\
# one client for the life of the process: it keeps connections open (HTTP keep-alive)
client = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=20, keepalive_expiry=60))
# not: httpx.get(url), requests.get(url), or a new client or session per request
# Node: new http.Agent({ keepAlive: true }); Go: read the body to its end and close it"""
_REFERENCE = "https://www.python-httpx.org/advanced/clients/"


def rule(look: Look) -> list[Claim]:
    """Find peers for which calls open new connections where the last one could be used again.

    Of at least 20 calls that began up to 5 s after an earlier one of the same process to the peer
    had ended, with none running, half or more opened a connection, which took 1 ms (median).
    """
    if not look.connections.opened.any():
        return []
    calls, seen = look.calls, look.connections
    could = _could_reuse(look) & seen.known & calls.kind_is("http", "rpc", "cache", "db", "other")
    found = []
    for _, every in calls.by_peer(could):
        opened = every[seen.opened[every]]
        timed = opened[seen.setup_ns[opened] > 0]
        if len(every) < _FEWEST or len(opened) < _SHARE * len(every):
            continue
        cost = float(np.median(seen.setup_ns[timed]) / 1e6) if len(timed) else None
        if cost is None or cost >= _LEAST_MS:
            found.append(_claim(look, every, opened, cost))
    return found


def _could_reuse(look: Look) -> Flags:
    """Say which calls begin when none of their process to the peer runs, shortly after one."""
    calls = look.calls
    process = groups.encode(look.forest.rows["resource"]).codes[calls.row].astype(np.int64)
    key, _ = numbered(calls.peer, process)
    order = np.lexsort((calls.start, key))
    key, start, end = key[order], calls.start[order], calls.end[order]
    first = np.append(True, key[1:] != key[:-1]) if len(key) else key.astype(np.bool_)
    rank = np.empty(len(end), np.int64)
    by_end = np.argsort(end, kind="stable")
    rank[by_end] = np.arange(len(end))
    latest = np.maximum.accumulate(key * len(end) + rank) % max(len(end), 1)
    free = np.append(0, end[by_end][latest][:-1]) if len(end) else end
    gap = start - free
    found = np.zeros(len(calls), np.bool_)
    found[order] = ~first & (gap >= 0) & (gap <= _KEPT_NS)
    return found


def _claim(look: Look, every: Ints, opened: Ints, cost: float | None) -> Claim:
    calls = look.calls
    peer = calls.peers[int(calls.peer[every[0]])].peer
    share = len(opened) / len(every)
    took = f", {units.format_ms(cost)} each" if cost is not None else ""
    setup = look.connections.setup_ns[opened] / 1e6
    finding = Finding(
        rule="new-connections",
        severity="warning" if cost is not None and cost < _HEAVY_MS else "critical",
        title=(
            f"{units.format_share(share)} of the calls to {peer} open a new connection{took},"
            " although the one before had just become free"
        ),
        evidence=look.evidence(opened, setup_ms=setup),
        saves_ms=cost,
        saves_basis="per call that opens a connection" if cost else "",
        saves_times=look.times(opened),
        fix=Fix(
            text="Keep connections open and share them: one client or session per process.",
            snippet=_SNIPPET,
            language="python",
        ),
        effort="low",
        confidence="high" if len(every) >= 2 * _FEWEST else "medium",
        reference=_REFERENCE,
        keys=look.keys(opened, route=look.route(opened)),
    )
    return Claim(finding, calls.row[opened])
