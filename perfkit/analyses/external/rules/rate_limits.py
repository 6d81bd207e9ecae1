"""Peers that turn calls away because there are too many, and callers that do not listen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.told import RETRY_AFTER, number
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Flags, Ints

__all__ = ["rule"]

#: So many rejected calls, and this share of all to the peer: fewer cost less than a limiter.
_FEWEST = 5
_SHARE = 0.01
_IGNORED = 3
_SNIPPET = """\
# ask no faster than the peer allows, and wait as long as it says
limiter = aiolimiter.AsyncLimiter(max_rate=50, time_period=1)  # the peer's documented limit
async with limiter:
    response = await client.get(url)
if response.status_code in (429, 503):
    await asyncio.sleep(float(response.headers.get("Retry-After", 1)))"""
_REFERENCE = "https://www.rfc-editor.org/rfc/rfc9110#name-retry-after"


def rule(look: Look) -> list[Claim]:
    """Find peers that reject at least 5 calls and 1 % of all with 429 or RESOURCE_EXHAUSTED.

    Where spans hold the header Retry-After: also callers that came again sooner, at least
    3 times (429 and 503).
    """
    calls = look.calls
    early = _too_early(look)
    found = []
    for _, every in calls.by_peer():
        limited = every[calls.limited[every]]
        ignored = every[early[every]]
        often = len(limited) >= _FEWEST and len(limited) >= _SHARE * len(every)
        if often or len(ignored) >= _IGNORED:
            found.append(_claim(look, every, limited, ignored))
    return found


def _too_early(look: Look) -> Flags:
    """Say which calls follow a rejected attempt at the same sooner than Retry-After said."""
    calls, tries = look.calls, look.attempts
    told = {row: number(value) for row, value in look.told.values(RETRY_AFTER).items()}
    asked = np.array([told.get(row) or 0.0 for row in calls.row.tolist()]) if told else None
    found = np.zeros(len(calls), np.bool_)
    if asked is None or not len(tries):
        return found
    before, place = tries.place[:-1], tries.place[1:]
    gap = (calls.start[place] - calls.end[before]) / 1e9
    found[place] = tries.again[1:] & (asked[before] > 0) & (gap < asked[before])
    return found


def _claim(look: Look, every: Ints, limited: Ints, ignored: Ints) -> Claim:
    calls = look.calls
    at = np.union1d(limited, ignored)
    peer = calls.peers[int(calls.peer[every[0]])].peer
    lost = float(np.median(calls.length[at]) / 1e6)
    finding = Finding(
        rule="rate-limited",
        severity="warning",
        title=_title(peer, every, limited, ignored),
        evidence=look.evidence(at, status=_status(look, at)),
        saves_ms=lost,
        saves_basis="per call that is turned away",
        saves_times=look.times(at),
        fix=Fix(
            text=(
                "Ask no faster than the peer allows (a limiter shared by all workers), keep what"
                " does not change in a cache, ask for many things in one call, and wait as long as"
                " Retry-After says."
            ),
            snippet=_SNIPPET,
            language="python",
        ),
        effort="medium",
        confidence="high",
        reference=_REFERENCE,
        keys=look.keys(at, route=look.route(at)),
    )
    return Claim(finding, calls.row[at])


def _title(peer: str, every: Ints, limited: Ints, ignored: Ints) -> str:
    if len(limited) < _FEWEST:
        return f"{len(ignored):,} calls to {peer} are sent again sooner than its Retry-After says"
    share = units.format_share(len(limited) / len(every))
    more = f"; {len(ignored):,} came again sooner than Retry-After said" if len(ignored) else ""
    return f"{peer} turns away {len(limited):,} of {len(every):,} calls, {share}: too many{more}"


def _status(look: Look, at: Ints) -> Any:
    return look.forest.rows["status"].take(look.calls.row[at]).to_pylist()
