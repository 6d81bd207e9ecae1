"""Calls that fail and are made again: however politely, requests wait for the failures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.rules import backoff
from perfkit.analyses.repeats import retries
from perfkit.analyses.repeats.http_method import METHODS, methods
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: So many requests, and this share of those that make the call: fewer are an incident.
_FEWEST = 3
_SHARE = 0.01
#: Lost per request, in the median: what is worth a finding of calls in sequence, too, and more
#: than a connection costs that was closed and is opened again (a round trip or two).
_LOST_MS = 10.0
_CONFIRMED = 6
_SNIPPET = """\
# count what fails at first, not only what fails in the end, and stop asking while most does
breaker = aiobreaker.CircuitBreaker(fail_max=5, timeout_duration=timedelta(seconds=30))
for attempt in range(3):
    response = await breaker.call_async(client.get, url)
    attempts_total.labels(peer=peer, status=response.status_code, attempt=attempt).inc()
    if response.status_code < 500:
        break
    await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))"""
_REFERENCE = "https://sre.google/sre-book/addressing-cascading-failures/"


@dataclass(frozen=True)
class _Retried:
    """One call that was made again: its attempts in order, and what that cost."""

    attempts: Ints
    failed: Ints
    lost_ms: float
    waits_ms: float


def rule(look: Look) -> list[Claim]:
    """Find calls to other services whose failed attempts keep requests waiting.

    At least 3 requests, and 1 % of those that make the call, in which it failed, was made again
    and that cost 10 ms in the median: from the first attempt to the last, or to its end if it
    failed as well. Not what other rules tell: storms (five attempts and more), retries without
    a wait, calls that are turned away (429).
    """
    together: dict[tuple[int, str], list[Ints]] = defaultdict(list)
    chains = _chains(look)
    first = np.array([places[0] for places in chains], np.int64)
    routes = look.calls.routes(first)
    for places, route in zip(chains, routes, strict=True):
        together[int(look.calls.peer[places[0]]), route].append(places)
    every = _requests(look, {peer for peer, _ in together}) if together else Counter()
    found = []
    for key, same in together.items():
        costly = [_cost(look, places) for places in same]
        lost = float(np.median([one.lost_ms for one in costly]))
        often = len(costly) >= _FEWEST and len(costly) >= _SHARE * every[key]
        if often and lost >= _LOST_MS:
            found.append(_claim(look, key[1], costly, max(every[key], len(costly))))
    return found


def _chains(look: Look) -> list[Ints]:
    """Return the chains of attempts of which all but the last failed, that no other rule tells.

    What is sent again may be another item of a loop, in the body, unless nothing else in the
    request asks for the same; a GET has no body.
    """
    tries, calls = look.attempts, look.calls
    if not len(tries):
        return []
    remote = np.zeros(len(tries.size), np.bool_)
    remote[tries.chain[calls.kind_is(*backoff.REMOTE)[tries.place]]] = True
    of = remote & (tries.size > 1) & (tries.size < retries.FEWEST)
    told = {int(places[0]) for same in backoff.without_wait(look) for places in same}
    found = tries.chains(of)
    first = np.array([places[0] for places in found], np.int64)
    method = methods(look.forest.rows.take(pa.array(calls.row[first])))
    sure = tries.alone[of] | np.isin(method, [METHODS.index(name) for name in ("GET", "HEAD")])
    return [
        places
        for places in compress(found, sure)
        if calls.failed[places[:-1]].all()
        and not calls.limited[places].any()
        and int(places[0]) not in told
    ]


def _requests(look: Look, peers: set[int]) -> Counter[tuple[int, str]]:
    """Count the requests that call these peers, by peer and route."""
    calls = look.calls
    at = np.flatnonzero(np.isin(calls.peer, list(peers)))
    _, first = np.unique(np.stack([calls.owner[at], calls.peer[at]]), axis=1, return_index=True)
    chosen = at[first]
    return Counter(zip(calls.peer[chosen].tolist(), calls.routes(chosen), strict=True))


def _cost(look: Look, places: Ints) -> _Retried:
    calls = look.calls
    start, end = calls.start[places], calls.end[places]
    gave_up = bool(calls.failed[places[-1]])
    until = end[-1] if gave_up else start[-1]
    return _Retried(
        attempts=places,
        failed=places[calls.failed[places]],
        lost_ms=float(until - start[0]) / 1e6,
        waits_ms=float(np.maximum(start[1:] - end[:-1], 0).sum()) / 1e6,
    )


def _claim(look: Look, route: str, costly: list[_Retried], requests: int) -> Claim:
    calls = look.calls
    first = np.array([one.attempts[0] for one in costly])
    failed = np.concatenate([one.failed for one in costly])
    lost = [one.lost_ms for one in costly]
    peer = visible(calls.peers[int(calls.peer[first[0]])].peer, 60)
    usual = float(np.median(lost))
    gave_up = sum(len(one.failed) == len(one.attempts) for one in costly)
    finding = Finding(
        rule="retries",
        severity="warning",
        title=(
            f"{visible(route, 70)} waits {units.format_ms(usual)} for failed attempts at"
            f" {look.name(calls.row[first])}, in {len(costly):,} of {requests:,} requests: {peer}"
            f" {_how(look, failed)}"
        ),
        evidence=look.evidence(
            first,
            attempts=[len(one.attempts) for one in costly],
            failed=[len(one.failed) for one in costly],
            waits_ms=[one.waits_ms for one in costly],
            lost_ms=lost,
        ),
        saves_ms=usual,
        saves_basis="per request whose call fails",
        saves_times=look.times(first),
        fix=Fix(text=_advice(costly, gave_up), snippet=_SNIPPET, language="python"),
        effort="medium",
        confidence="high" if len(costly) >= _CONFIRMED else "medium",
        reference=_REFERENCE,
        keys=look.keys(first, route=route),
    )
    return Claim(finding, calls.row[failed])


def _how(look: Look, failed: Ints) -> str:
    """Say how often and with which status the attempts failed."""
    status: list[Any] = look.forest.rows["status"].take(look.calls.row[failed]).to_pylist()
    usual = Counter(status).most_common(1)[0][0]
    times = "once" if len(failed) == 1 else f"{len(failed):,} times"
    return f"fails {times}, mostly with {usual:g}" if usual is not None else f"fails {times}"


def _advice(costly: list[_Retried], gave_up: int) -> str:
    waits = float(np.median([one.waits_ms for one in costly]))
    text = "Find out why it fails: trying again hides the failures, not their time."
    if waits >= 1.0:
        text += f" {units.format_ms(waits)} of it are the waits between the attempts, which are"
        text += " right as such: they leave the peer time."
    if gave_up:
        text += f" {gave_up:,} of {len(costly):,} requests fail in the end all the same."
    return f"{text} While most attempts fail, do not ask at all."
