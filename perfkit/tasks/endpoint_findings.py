"""What is wrong with a profiled endpoint: repeated statements, a blocked event loop."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from perfkit import units
from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from perfkit.probes.endpoint_profile import Profile
    from perfkit.probes.endpoint_recorder import Interval, Recorder
    from perfkit.probes.endpoint_tree import Tree
    from perfkit.probes.http_text import HttpRequest

__all__ = ["find"]

#: A statement that runs so often in one request is asked for in a loop.
REPEATS = 5
#: A callback that long without using the CPU keeps everybody else on the loop waiting
#: (asyncio's own ``slow_callback_duration`` is 100 ms).
BLOCK_MS = 50.0
#: A shorter block counts when it is most of the request.
BLOCK_SHARE = 0.5
LEAST_BLOCK_MS = 10.0


def find(
    request: HttpRequest, profile: Profile, counts: Sequence[Counter[str]], tree: Tree | None
) -> list[Finding]:
    """Return the findings; ``counts`` are the statements of each hooked run by fingerprint."""
    found = [
        _n_plus_one(request, profile, text, repeats)
        for text, repeats in _repeats(counts).items()
        if repeats >= REPEATS
    ]
    blocks = [max(map(_blocked_ms, one.of("loop")), default=0.0) for one in profile.recorders]
    longest = statistics.median(blocks)
    mostly = longest > BLOCK_SHARE * statistics.median(profile.plain_ms)
    if longest > BLOCK_MS or (mostly and longest > LEAST_BLOCK_MS):
        found.append(_blocked(request, profile, longest, tree.hot_spot if tree else ""))
    return found


def _repeats(counts: Sequence[Counter[str]]) -> dict[str, int]:
    """Return how often each statement ran in the run in the middle."""
    texts = dict.fromkeys(text for one in counts for text in one)
    return {text: int(statistics.median_low([one[text] for one in counts])) for text in texts}


def _n_plus_one(request: HttpRequest, profile: Profile, text: str, repeats: int) -> Finding:
    times = [_time_of(one, text) for one in profile.recorders]
    spent = statistics.median(times)
    return Finding(
        rule="n-plus-one",
        severity="critical" if repeats > 4 * REPEATS else "warning",
        title=(
            f"{request.name} runs the same statement {repeats:,} times in one request"
            f" ({units.format_ms(spent)} in the database)"
        ),
        evidence=[{"statement": text, "repeats": repeats, "time_ms": spent}],
        saves_ms=spent * (repeats - 1) / repeats,
        saves_basis="per request, database time only",
        fix=Fix(
            text=(
                "Fetch all rows with one statement: load the relationship eagerly, or collect"
                " the keys and ask once with IN."
            ),
            snippet="select(Order).options(selectinload(Order.items))",
            language="python",
        ),
        effort="low",
        confidence="high",
        reference="https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html",
        keys={"route": request.name.partition(" ")[2], "fingerprint_id": fingerprint_id(text)},
    )


def _blocked(request: HttpRequest, profile: Profile, longest: float, where: str) -> Finding:
    inside = _synchronous(profile)
    doing = f" with {inside}" if inside else ""
    at = f" (heaviest path: {where})" if where else ""
    return Finding(
        rule="blocked-event-loop",
        severity="critical",
        title=(
            f"{request.name} blocks the event loop for {units.format_ms(longest)}{doing}{at}:"
            " no other request is served meanwhile"
        ),
        evidence=[{"longest_block_ms": longest, "inside": inside or None, "where": where or None}],
        saves_ms=longest,
        saves_basis="per request, for every other request on the loop",
        fix=Fix(
            text="Await it, or move it to a thread; FastAPI does that for plain def endpoints.",
            snippet="result = await asyncio.to_thread(blocking_call)",
            language="python",
        ),
        effort="low",
        confidence="high" if inside else "medium",
        reference="https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code",
        keys={"route": request.name.partition(" ")[2]},
    )


def _blocked_ms(callback: Interval) -> float:
    """Return how long a callback neither computed nor waited for a CPU."""
    return (callback.end - callback.start - callback.cpu - callback.delay) / 1e6


def _synchronous(profile: Profile) -> str:
    """Say what ran inside the longest callback of the first run that blocked."""
    for recorder in profile.recorders:
        longest = max(recorder.of("loop"), key=_blocked_ms, default=None)
        if longest is None or _blocked_ms(longest) <= BLOCK_MS:
            continue
        if _within(recorder.of("database"), longest):
            return "synchronous SQL"
        calls = _within(recorder.of("external"), longest)
        return f"a synchronous call of {calls[0].where}" if calls else ""
    return ""


def _within(leaves: Sequence[Interval], callback: Interval) -> list[Interval]:
    """Return the leaves inside a callback that are most of its block."""
    inside = [one for one in leaves if callback.start <= one.start and one.end <= callback.end]
    spent = sum(one.end - one.start for one in inside) / 1e6
    return inside if spent > _blocked_ms(callback) / 2 else []


def _time_of(recorder: Recorder, text: str) -> float:
    leaves = recorder.of("database")
    return sum(one.end - one.start for one in leaves if fingerprint(one.where) == text) / 1e6
