"""One call made again and again because it fails: a retry storm."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.repeats.find import grouped
from perfkit.analyses.repeats.statement_kinds import ping
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls, Target

__all__ = ["FEWEST", "Storm", "findings", "storms"]

#: Attempts at one call in one request: three tries are usual (the default of AWS's SDKs, and of
#: gRPC's retry policy at most five), and each layer that retries multiplies them.
FEWEST = 5
#: A wait shorter than this leaves the peer no time, and one that grows so much backs off.
_NO_WAIT_MS, _GROWS = 10.0, 1.2
_CONFIRMED, _EVIDENCE = 3, 3

_BACKOFF = """\
# three attempts, each wait longer than the last and never the same for two clients
for attempt in range(3):
    try:
        return await call()
    except TransientError:
        await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))
raise  # and stop calling for a while when most calls fail (a circuit breaker)"""


@dataclass(frozen=True, kw_only=True)
class Storm:
    """One request in which one call was attempted at least :data:`FEWEST` times."""

    target: Target
    route: str | None
    trace_id: str | None
    attempts: int
    failed: int
    lost_ms: float  # until the last attempt began, or ended, if it failed as well
    waits_ms: tuple[float, ...]  # between the attempts

    @property
    def backoff(self) -> str:
        """How long it waited: ``no wait``, ``a constant wait`` or ``a growing wait``."""
        waits = self.waits_ms
        if not waits or statistics.median(waits) < _NO_WAIT_MS:
            return "no wait"
        ratios = [b / a for a, b in pairwise(waits) if a > 0]
        growing = bool(ratios) and statistics.median(ratios) >= _GROWS
        return "a growing wait" if growing else "a constant wait"


def storms(calls: Calls) -> list[Storm]:
    """Return the retry storms, in the order of owners.

    Attempts belong together if each follows a failed one of the same statement, URL or method:
    items of a loop that each fail have different ones.
    """
    if not calls.fails.any():
        return []
    every = grouped(calls, np.ones(len(calls), bool))
    failed = np.add.reduceat(calls.fails[every.rows].astype(np.int64), every.first)
    found = []
    for place in np.flatnonzero((every.size >= FEWEST) & (failed >= FEWEST - 1)).tolist():
        first = int(every.first[place])
        rows = every.rows[first : first + int(every.size[place])]
        if not ping(calls.targets[calls.target[rows[0]]]):
            found += [_storm(calls, chain) for chain in _chains(calls, rows)]
    return found


def _chains(calls: Calls, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the runs of calls in which all but the last one failed and all ask for the same."""
    by_text: defaultdict[Any, list[list[int]]] = defaultdict(list)
    for row in rows.tolist():
        chains = by_text[calls.raw[row]]
        if not chains or not calls.fails[chains[-1][-1]]:
            chains.append([])
        chains[-1].append(row)
    for chain in (one for chains in by_text.values() for one in chains):
        if len(chain) >= FEWEST:
            yield np.array(chain)


def _storm(calls: Calls, rows: NDArray[np.int64]) -> Storm:
    owner = int(calls.owner[rows[0]])
    start, length = calls.start_ms[rows], np.nan_to_num(calls.duration_ms[rows])
    waits = np.maximum(start[1:] - (start + length)[:-1], 0.0)
    gave_up = bool(calls.fails[rows[-1]])
    lost = float(start[-1] - start[0] + (length[-1] if gave_up else 0.0))
    return Storm(
        target=calls.targets[calls.target[rows[0]]],
        route=calls.owners.route[owner],
        trace_id=calls.owners.trace_id[owner],
        attempts=len(rows),
        failed=int(calls.fails[rows].sum()),
        lost_ms=float(length.sum()) if np.isnan(lost) else lost,
        waits_ms=tuple(np.nan_to_num(waits).tolist()),
    )


def findings(found: Sequence[Storm]) -> list[Finding]:
    """Return one finding per call and route."""
    together: defaultdict[tuple[Target, str | None], list[Storm]] = defaultdict(list)
    for storm in found:
        together[storm.target, storm.route].append(storm)
    return [_finding(target, route, same) for (target, route), same in together.items()]


def _finding(target: Target, route: str | None, same: Sequence[Storm]) -> Finding:
    attempts = statistics.median_low(storm.attempts for storm in same)
    lost = statistics.median(storm.lost_ms for storm in same)
    wait = min(Counter(storm.backoff for storm in same).items(), key=lambda w: (-w[1], w[0]))[0]
    keys = {"route": route, "peer": target.peer, "trace_id": same[0].trace_id}
    return Finding(
        rule="retry-storm",
        severity="critical" if wait == "no wait" else "warning",
        title=(
            f"{route or 'A request'} tries {shown(target.text)} {attempts} times because it fails,"
            f" with {wait} in between: {units.format_ms(lost)} are lost"
            f" ({len(same)} request{'s'[: len(same) > 1]})"
        ),
        evidence=[
            {
                "trace_id": storm.trace_id,
                "attempts": storm.attempts,
                "failed": storm.failed,
                "lost_ms": storm.lost_ms,
                "longest_wait_ms": max(storm.waits_ms, default=0.0),
            }
            for storm in sorted(same, key=lambda s: (-s.lost_ms, s.trace_id or ""))[:_EVIDENCE]
        ],
        fix=Fix(
            text=(
                "Find out why it fails first. Then try three times at most, in one layer only, with"
                " a growing, random wait."
            ),
            snippet=_BACKOFF,
            language="python",
        ),
        effort="medium",
        confidence="high" if len(same) >= _CONFIRMED else "medium",
        keys={name: value for name, value in keys.items() if value},
    )
