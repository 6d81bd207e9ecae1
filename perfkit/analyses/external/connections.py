"""Which calls opened a connection first, where spans tell: look-up, connect, handshake."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.external.told import REUSED, yes

if TYPE_CHECKING:
    from perfkit.analyses.external.calls import ExternalCalls
    from perfkit.analyses.external.told import Told
    from perfkit.span_ids import Flags, Ints

__all__ = ["Connections", "connections"]

# Node's instrumentation-net and -dns (tcp.connect, tls.connect, dns.lookup), Go's otelhttptrace
# (http.dns, http.connect, http.tls), .NET's System.Net (HTTP connection_setup, DNS lookup, socket
# connect, TLS client handshake). Not "connect" alone: that is a pool's.
_SETUP = re.compile(
    r"(?:tcp|tls|ssl|net)[. _]connect(?:ion)?\b.*|(?:tls|ssl)[. _](?:client )?handshake\b.*"
    r"|http\.(?:dns|connect|tls)(?:\..*)?|dns[. _](?:lookup|resolve)\b.*|socket connect\b.*"
    r"|(?:http )?connection[_ .](?:setup|establish\w*)\b.*",
    re.IGNORECASE,
)
_LEVELS = 4  # http.tls is below http.getconn, which is below the call


@dataclass(frozen=True, kw_only=True)
class Connections:
    """What is known of the connection of each call.

    ``known``: spans would tell if it opened one; ``opened``: it did; ``setup_ns``: that took so
    long, 0 where no span shows it.
    """

    known: Flags
    opened: Flags
    setup_ns: Ints


def connections(calls: ExternalCalls, told: Told) -> Connections:
    """Find the connections that calls opened.

    A service that shows how it connects for one of its calls of a kind (HTTP, RPC, ...) would
    show it for all of them.
    """
    begin, end = _setup(calls)
    opened = end > 0
    reused = _reused(calls, told)
    opened |= reused == 0
    setup = np.where(end > 0, end - begin, 0)
    return Connections(
        known=_shown(calls, opened) | (reused >= 0),
        opened=opened,
        setup_ns=np.clip(setup, 0, calls.length),
    )


def _setup(calls: ExternalCalls) -> tuple[Ints, Ints]:
    """Return when the first part of connecting begins and the last one ends; 0, 0: none."""
    forest = calls.forest
    names = groups.encode(forest.rows["name"])
    known = np.array([bool(_SETUP.fullmatch((text or "")[:200])) for text in names.labels])
    rows = np.flatnonzero(known.astype(np.bool_)[names.codes] & forest.timed)
    place = _call_above(calls, rows)
    rows, place = rows[place >= 0], place[place >= 0]
    begin = np.full(len(calls), np.iinfo(np.int64).max)
    end = np.zeros(len(calls), np.int64)
    np.minimum.at(begin, place, forest.start[rows])
    np.maximum.at(end, place, forest.end[rows])
    return np.where(end > 0, begin, 0), end


def _call_above(calls: ExternalCalls, rows: Ints) -> Ints:
    """Return the place of the call that each span is part of, or -1."""
    forest = calls.forest
    place = np.full(len(forest), -1)
    place[calls.row] = np.arange(len(calls))
    found = np.full(len(rows), -1)
    at = rows
    for _ in range(_LEVELS):
        at = np.where(at >= 0, forest.parent[at], -1)
        here = np.where(at >= 0, place[at], -1)
        found = np.where(found < 0, here, found)
    return found


def _reused(calls: ExternalCalls, told: Told) -> Ints:
    """Return 1 where a call's own span, or one below it, says reused, 0: new, -1: nothing."""
    flags = {row: yes(value) for row, value in told.values(REUSED).items()}
    rows = np.array(list(flags), np.int64)
    value = np.array(list(flags.values()), np.int64)
    own = np.full(len(calls.forest), -1)
    own[calls.row] = np.arange(len(calls))
    place = np.where(own[rows] >= 0, own[rows], _call_above(calls, rows)) if len(rows) else rows
    found = np.full(len(calls), -1)
    found[place[place >= 0]] = value[place >= 0]
    return found


def _shown(calls: ExternalCalls, opened: Flags) -> Flags:
    shows = {
        (one.service, one.kind)
        for code in np.unique(calls.peer[opened]).tolist()
        for one in [calls.peers[code]]
    }
    wanted = np.array([(one.service, one.kind) in shows for one in calls.peers], np.bool_)
    return wanted[calls.peer] if len(wanted) else opened
