"""Calls that run into a limit of time: told by their error, or by a round number of seconds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.claims import Claim
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.external.calls import ExternalCalls, Peer
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Flags, Ints

__all__ = ["rule"]

#: Limits that people configure, in seconds (defaults of clients among them: 1, 5, 10, 30, 60).
LIMITS_S = (0.5, 1, 2, 2.5, 3, 5, 10, 15, 20, 30, 45, 60, 90, 100, 120, 300)
#: A timer fires after its time: the event loop or the scheduler lets it wait this long.
_LATE_NS, _EARLY_NS = 25_000_000, 1_000_000
_WIDER = 9  # neighbourhood that says how many calls would end there by chance
_CHANCE = 1e-6  # probability allowed for all limits of a peer together
#: So many calls: two may be one incident.
_FEWEST = 3
_SHARE = 0.01  # of the calls to the peer
#: Successful calls: what most of them do is what the peer is for (a long poll, a timer).
_USUAL = 0.5
_NEARLY = 0.9  # of the server's half is one call of its own
_PROPOSED = 3.0  # times the 99th percentile of the calls that were answered
_WAITS = re.compile(
    r"(?i)poll|subscri|watch|stream|events?\b|wait|sleep|receive|delay|blpop|brpop|xread|listen"
)
#: What waits as long in the operating system (RFC 6298; resolv.conf(5)).
_KERNEL: dict[float, str] = {
    1: " A lost SYN packet is sent again after 1 s.",
    3: " A SYN packet that is lost twice is sent again after 3 s.",
    5: " A DNS query without an answer is asked again after 5 s.",
}
_SNIPPET = """\
# a limit just above what the peer needs when it is well, and a stop when it is not
client = httpx.AsyncClient(timeout=httpx.Timeout({limit:g}, connect=1.0))
breaker = aiobreaker.CircuitBreaker(fail_max=5, timeout_duration=timedelta(seconds=30))
response = await breaker.call_async(client.get, url)"""
_REFERENCE = "https://sre.google/sre-book/addressing-cascading-failures/"


@dataclass(frozen=True, kw_only=True)
class _Limit:
    """Calls to one peer that end because time is up. ``limit_s``: None if there is no one limit."""

    peer: Peer
    at: Ints
    every: Ints
    limit_s: float | None
    told: bool


def rule(look: Look) -> list[Claim]:
    """Find peers whose calls run into timeouts.

    Told: at least 3 calls, and 1 % of those to the peer, whose error or status says so (504,
    408, DEADLINE_EXCEEDED). Not told: more calls than chance explains end in the 25 ms after a
    round number of seconds; of calls that succeed only where it is a minority of them. What
    only hands on the limit of a call further down does not count.
    """
    calls = look.calls
    own = ~_handed_on(calls)
    found = []
    for peer, every in calls.by_peer(calls.single):
        if peer.kind in {"queue", "cache"}:
            every = every[~_waits(look, every)]  # noqa: PLW2901 - blocking reads wait on purpose
        limit = _limit(look, peer, every[own[every]], every)
        if limit:
            found.append(Claim(_finding(look, limit), calls.row[limit.at]))
    return found


def _limit(look: Look, peer: Peer, at: Ints, every: Ints) -> _Limit | None:
    calls = look.calls
    told = at[calls.timed_out[at]]
    limit, cluster = _cluster(calls.length[at])
    near = at[cluster]
    if limit and not _failing(look, near):
        near = _unusual(look, near, every)
    enough = len(told) >= _FEWEST and len(told) >= _SHARE * len(every)
    if len(near) and (not enough or 2 * np.isin(told, near).sum() >= len(told)):
        ended = np.union1d(near, told) if enough else near
        said = enough or 2 * int(calls.timed_out[near].sum()) >= len(near)
        return _Limit(peer=peer, at=ended, every=every, limit_s=limit, told=said)
    if enough:
        return _Limit(peer=peer, at=told, every=every, limit_s=None, told=True)
    return None


def _cluster(length: Ints) -> tuple[float | None, Flags]:
    """Return the round number of seconds after which most calls end at once, and which do."""
    ordered = np.sort(length)
    best: tuple[int, float | None] = (0, None)
    for limit_s in LIMITS_S:
        edge = int(limit_s * 1e9)
        count = _between(ordered, edge - _EARLY_NS, edge + _LATE_NS)
        wide = _LATE_NS * _WIDER
        around = _between(ordered, edge - wide, edge + wide) - count
        expected = (around + 1) / (2 * _WIDER)
        if count > best[0] and count >= _FEWEST and _tail(count, expected) < _CHANCE:
            best = (count, limit_s)
    if best[1] is None:
        return None, np.zeros(len(length), np.bool_)
    edge = int(best[1] * 1e9)
    return best[1], (length >= edge - _EARLY_NS) & (length < edge + _LATE_NS)


def _between(ordered: Ints, low: int, high: int) -> int:
    first, last = np.searchsorted(ordered, [low, high])
    return int(last - first)


def _tail(count: int, expected: float) -> float:
    """Bound the probability of so many where ``expected`` are: Chernoff's bound for Poisson."""
    if count <= expected:
        return 1.0
    return math.exp(count - expected - count * math.log(count / expected))


def _failing(look: Look, near: Ints) -> bool:
    """Say whether half of the calls that end at once fail, or were given up."""
    failed = look.calls.failed[near] | _given_up(look.calls, near)
    return bool(2 * failed.sum() >= len(near))


def _unusual(look: Look, near: Ints, every: Ints) -> Ints:
    """Return those for which it is unusual to end there, none if too few are left.

    What most calls of an operation do is what it is for: it takes that long, or waits on purpose.
    """
    names = groups.encode(pa.chunked_array([look.names(look.calls.row[every])], pa.string()))
    ends = np.isin(every, near)
    all_of = np.bincount(names.codes, minlength=len(names.labels))
    those = np.bincount(names.codes[ends], minlength=len(names.labels))
    waits = np.array([bool(_WAITS.search((name or "")[:300])) for name in names.labels], np.bool_)
    rare = ~waits & (those <= _USUAL * all_of)
    left = every[ends & rare[names.codes]]
    return left if len(left) >= _FEWEST else left[:0]


def _given_up(calls: ExternalCalls, at: Ints) -> Flags:
    """Say which callers left while the server's half went on."""
    server = calls.server[at]
    beyond = calls.forest.end[np.maximum(server, 0)] > calls.end[at] + _EARLY_NS
    return (server >= 0) & beyond


def _waits(look: Look, places: Ints) -> Flags:
    """Say which calls wait for something on purpose, by what they ask for."""
    known: dict[str, bool] = {}
    found = []
    for name in look.names(look.calls.row[places]):
        if name not in known:
            known[name] = bool(_WAITS.search(name[:300]))
        found.append(known[name])
    return np.array(found, np.bool_)


def _handed_on(calls: ExternalCalls) -> Flags:
    """Say which calls last as long as the server's half, which itself waited for one call."""
    forest, server = calls.forest, np.maximum(calls.server, 0)
    longest = np.zeros(len(forest), np.int64)
    known = calls.owner_row >= 0
    np.maximum.at(longest, calls.owner_row[known], calls.length[known])
    answered = (calls.server >= 0) & (np.abs(forest.end[server] - calls.end) <= _LATE_NS)
    found: Flags = answered & (longest[server] >= _NEARLY * forest.length[server])
    return found


def _finding(look: Look, limit: _Limit) -> Finding:
    calls, at = look.calls, limit.at
    took = float(np.median(calls.length[at]) / 1e6)
    proposed = _proposed(calls, limit, took)
    saves = took - proposed if proposed is not None else None
    share = len(at) / len(limit.every)
    name = f"{len(at):,} of {len(limit.every):,} calls to {limit.peer.peer}"
    if limit.limit_s is not None:
        after = units.format_ms(limit.limit_s * 1000)
        title = f"{name} run into a timeout of {after}"
        if not limit.told:
            title = f"{name} end right after {after}, as if by a timeout"
    else:
        title = f"{name} time out, after {units.format_ms(took)}"
    failed = int(calls.failed[at].sum())
    return Finding(
        rule="call-timeouts",
        severity="critical" if limit.told and share >= 5 * _SHARE else "warning",
        title=f"{title} ({units.format_share(share)})",
        evidence=look.evidence(at, failed=calls.failed[at]),
        saves_ms=saves,
        saves_basis="per call that times out" if saves else "",
        saves_times=look.times(at),
        fix=_fix(limit, proposed, failed),
        effort="low",
        confidence=_confidence(look, limit, failed),
        reference=_REFERENCE,
        keys=look.keys(at, route=look.route(at)),
    )


def _proposed(calls: ExternalCalls, limit: _Limit, took: float) -> float | None:
    """Return a limit above what answered calls need, in ms; None: it would not be lower."""
    answered = np.setdiff1d(limit.every[~calls.failed[limit.every]], limit.at)
    if len(answered) < 10 * _FEWEST:
        return None
    needed = float(np.quantile(calls.length[answered], 0.99) / 1e6) * _PROPOSED
    steps = (100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 30_000.0)
    return next((step for step in steps if needed <= step < took * 0.75), None)


def _fix(limit: _Limit, proposed: float | None, failed: int) -> Fix:
    text = "Find out why the peer does not answer; until then, fail fast."
    if proposed is not None:
        text += (
            f" Answered calls need less: a timeout of {units.format_ms(proposed)} is"
            f" {_PROPOSED:g} times their 99th percentile. A circuit breaker stops calling while"
            " most calls time out."
        )
    else:
        text += " A circuit breaker stops calling while most calls time out."
    if not failed and not limit.told:
        text += (
            " These calls report no error: look for a fallback after a timeout, or for a timer."
            + _KERNEL.get(limit.limit_s or 0, "")
        )
    shown = proposed if proposed is not None else (limit.limit_s or 1.0) * 1000
    return Fix(text=text, snippet=_SNIPPET.format(limit=shown / 1000), language="python")


def _confidence(look: Look, limit: _Limit, failed: int) -> Any:
    if limit.told:
        return "high"
    left = int(_given_up(look.calls, limit.at).sum())
    return "medium" if failed or left else "low"
