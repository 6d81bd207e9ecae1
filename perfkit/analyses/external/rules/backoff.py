"""Calls tried again at once although the peer fails, and storms of such calls."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.repeats import retries
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.from_spans import calls_of
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["REMOTE", "rule", "without_wait"]

#: Chains of attempts without a wait that still failed at the second one: one may be chance, and
#: a single immediate retry of a broken connection is what clients are advised to do.
_FEWEST = 3
#: A connection lost is replaced at once; the second failure shows that the peer itself is down.
_ATTEMPTS = 3
#: Kinds of peers whose failures are not those of a database or a cache (deadlocks, misses).
REMOTE = ("http", "rpc", "queue", "faas", "ai", "other")
_SNIPPET = """\
# wait longer after every attempt, a random part of it, and give up after the third
for attempt in range(3):
    response = await client.get(url)
    if response.status_code < 500 and response.status_code != 429:
        break
    await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))"""
_REFERENCE = "https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/"


def rule(look: Look) -> list[Claim]:
    """Find calls to other services that are retried without a wait.

    At least 3 requests in which a call failed, was tried again at once (:class:`.Storm`: less
    than 10 ms), and failed again. Waits that grow are fine, and so is a constant one. Chains of
    five attempts and more are retry storms: the finding is that of the N+1 analysis, by the
    same detection.
    """
    return _storms(look) + [_claim(look, chains) for chains in without_wait(look)]


def without_wait(look: Look) -> list[list[Ints]]:
    """Return the chains of attempts of :func:`rule` that are no storms, by peer and route."""
    together: dict[tuple[int, str], list[Ints]] = defaultdict(list)
    chains = _chains(look)
    routes = look.calls.routes(np.array([places[0] for places in chains], np.int64))
    for places, route in zip(chains, routes, strict=True):
        if _storm_of(look, places).backoff == "no wait":
            together[int(look.calls.peer[places[0]]), route].append(places)
    return [
        chains
        for chains in together.values()
        if len(chains) >= _FEWEST and not _loops(look, chains)
    ]


def _storms(look: Look) -> list[Claim]:
    _, failures = np.unique(look.calls.owner[look.calls.failed], return_counts=True)
    if failures.max(initial=0) < retries.FEWEST - 1:
        return []
    found = retries.findings(
        [s for s in retries.storms(calls_of(look.tree)) if s.target.kind not in {"sql", "cache"}]
    )
    return [Claim(finding, np.zeros(0, np.int64)) for finding in found]


def _chains(look: Look) -> list[Ints]:
    """Return the chains of 3 or 4 attempts of which all but the last one failed."""
    tries, calls = look.attempts, look.calls
    remote = np.zeros(len(tries.size), np.bool_)
    if len(tries):
        remote[tries.chain[calls.kind_is(*REMOTE)[tries.place]]] = True
    some = (tries.size >= _ATTEMPTS) & (tries.size < retries.FEWEST) & remote
    return [one for one in tries.chains(some) if calls.failed[one[:-1]].all()]


def _loops(look: Look, chains: list[Ints]) -> bool:
    """Say whether requests without a failure make the same call several times as well: items."""
    calls = look.calls
    places = np.flatnonzero(calls.peer == calls.peer[chains[0][0]])
    name = look.names(calls.row[chains[0][:1]])[0]
    same = places[np.array([text == name for text in look.names(calls.row[places])], np.bool_)]
    well = same[~np.isin(calls.owner[same], calls.owner[calls.failed])]
    _, often = np.unique(calls.owner[well], return_counts=True)
    return len(often) > 0 and float(np.median(often)) > 1


def _storm_of(look: Look, places: Ints) -> retries.Storm:
    """Describe a chain as the detection of storms does, which knows what a wait is."""
    calls = look.calls
    waits = np.maximum(calls.start[places][1:] - calls.end[places][:-1], 0) / 1e6
    return retries.Storm(
        target=Target(url="call"),
        route=None,
        trace_id=None,
        attempts=len(places),
        failed=int(calls.failed[places].sum()),
        lost_ms=0.0,
        waits_ms=tuple(waits.tolist()),
    )


def _claim(look: Look, chains: list[Ints]) -> Claim:
    calls = look.calls
    route = calls.routes(chains[0][:1])[0]
    again = np.concatenate([one[1:] for one in chains])
    useless = again[calls.failed[again]]
    first = np.array([one[0] for one in chains])
    peer = calls.peers[int(calls.peer[first[0]])].peer
    name = look.name(calls.row[first])
    shown = visible(route, 70)
    lost = [calls.length[one[1:][calls.failed[one[1:]]]].sum() / 1e6 for one in chains]
    attempts = int(np.median([len(one) for one in chains]))
    finding = Finding(
        rule="retry-without-backoff",
        severity="warning",
        title=(
            f"{shown} tries {name} {attempts} times without a wait when {peer} fails, in"
            f" {len(chains):,} requests: {units.format_share(len(useless) / len(again))} of the"
            " retries fail as well"
        ),
        evidence=look.evidence(first, attempts=[len(one) for one in chains], lost_ms=lost),
        saves_ms=float(np.median(lost)),
        saves_basis="per request whose call fails",
        saves_times=look.times(first),
        fix=Fix(
            text=(
                "Wait before a retry, longer each time and by a random part, honour Retry-After,"
                " and retry in one layer only."
            ),
            snippet=_SNIPPET,
            language="python",
        ),
        effort="low",
        confidence="high" if len(chains) >= 2 * _FEWEST else "medium",
        reference=_REFERENCE,
        keys=look.keys(first, route=route),
    )
    return Claim(finding, calls.row[useless])
