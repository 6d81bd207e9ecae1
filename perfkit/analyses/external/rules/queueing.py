"""Calls that take much longer for the caller than for the service that answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.halves import network_ns
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: Calls with both halves; the median of fewer says little.
_FEWEST = 10
#: Beyond that it is no network: a round trip around the world takes 250 to 300 ms, one within a
#: continent 50 ms.
_LEAST_MS = 50.0
_SHARE = 0.5
_SNIPPET = """\
# what waits in front of a service: look at these first
ss -lnt                      # Recv-Q of the listening socket: connections nobody accepted yet
# workers of the server (gunicorn -w, uvicorn --workers, threads of Tomcat or Puma): all busy?
# connections of the client's pool (httpx.Limits, HttpClient's maxConnPerRoute): all in use?"""


def rule(look: Look) -> list[Claim]:
    """Find peers that requests wait for although the server is not at work.

    The median call (of at least 10 with both halves) spends 50 ms and half of its time beyond
    the server's half. Calls that end before the server's half does are left out.
    """
    calls = look.calls
    beyond = network_ns(calls.forest, calls.row, calls.server)
    known = ~np.isnan(beyond) & calls.single & calls.kind_is("http", "rpc", "faas", "other")
    known &= ~calls.timed_out & ~calls.forest.served[calls.row]
    share = beyond / np.maximum(calls.length, 1)
    found = []
    for _, at in calls.by_peer(known):
        if len(at) < _FEWEST:
            continue
        slow = at[(beyond[at] >= _LEAST_MS * 1e6) & (share[at] > _SHARE)]
        if 2 * len(slow) > len(at) and np.median(beyond[at]) >= _LEAST_MS * 1e6:
            found.append(_claim(look, at, slow, beyond / 1e6))
    return found


def _claim(look: Look, at: Ints, slow: Ints, beyond: Any) -> Claim:
    calls = look.calls
    peer = calls.peers[int(calls.peer[at[0]])].peer
    typical = float(np.median(beyond[at]))
    least = float(np.quantile(beyond[at], 0.1))
    share = float(np.median(beyond[at] * 1e6 / calls.length[at]))
    saves = typical - least
    finding = Finding(
        rule="waits-before-server",
        severity="critical" if typical >= 2 * _LEAST_MS else "warning",
        title=(
            f"Calls to {peer} take {units.format_ms(typical)} more for the caller than for"
            f" {peer} itself, {units.format_share(share)} of their time: they wait in front of it"
        ),
        evidence=look.evidence(slow, server_ms=_server_ms(look, slow), beyond_ms=beyond[slow]),
        saves_ms=saves if saves > 0 else None,
        saves_basis="per call (what the fastest tenth does not wait)" if saves > 0 else "",
        saves_times=look.times(at),
        fix=Fix(text=_where(look, slow), snippet=_SNIPPET, language="bash"),
        effort="medium",
        confidence="medium",
        keys=look.keys(at, route=look.route(at)),
    )
    return Claim(finding, calls.row[at])


def _server_ms(look: Look, at: Ints) -> Any:
    return look.forest.length[look.calls.server[at]] / 1e6


def _where(look: Look, at: Ints) -> str:
    """Say on which side of the server's half the time is spent, where one clock tells."""
    calls, forest = look.calls, look.forest
    server = calls.server[at]
    trusted = (forest.skew[server] == 0) & (forest.skew[calls.row[at]] == 0)
    before = (forest.start[server] - calls.start[at])[trusted].astype(np.float64)
    after = (calls.end[at] - forest.end[server])[trusted].astype(np.float64)
    text = (
        "The time goes to a queue of connections or threads, a proxy, the network, or the transfer"
        " of the bodies."
    )
    if len(before) and np.median(before) > 2 * max(np.median(after), 0):
        text += " Most of it passes before the server begins: a queue rather than a large answer."
    elif len(after) and np.median(after) > 2 * max(np.median(before), 0):
        text += " Most of it passes after the server has ended: the transfer of the answer."
    return text
