"""How many statements does a request send? Many different ones are slow, too."""

from __future__ import annotations

import statistics as plain
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics, units
from perfkit.analyses.repeats.batches import excused
from perfkit.analyses.repeats.find import FEWEST, grouped
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.repeats.calls import Calls

__all__ = ["MANY", "USUAL", "Count", "counts", "findings"]

#: A route is told of if a usual request sends more than :data:`USUAL` statements and a busy one
#: (p95) more than :data:`MANY`: ten to fifteen is what a page with its session, user, list and
#: details needs.
USUAL, MANY = 10, 15
#: Below, a local database hides what a network would show.
SHORTEST_MS = 5.0
_TOP, _CONFIRMED = 8, 3

_FEWER = """\
-- read what belongs together in one statement
SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1;
-- what hardly changes (settings, rights, lists to choose from): keep it in a cache"""


@dataclass(frozen=True, kw_only=True)
class Count:
    """One route: statements per request, what repeats (an N+1) counted once."""

    route: str | None
    requests: int
    weight: float
    each: tuple[int, ...]  # per request
    time_ms: float  # median per request
    top: tuple[tuple[str, float], ...]  # statement, times per request
    trace_id: str | None

    @property
    def usual(self) -> float:
        """Median per request."""
        return plain.median(self.each)

    @property
    def busy(self) -> float:
        """95th percentile per request."""
        return statistics.quantile(self.each, 0.95)


def counts(calls: Calls) -> list[Count]:
    """Return the routes whose requests send many statements, after their N+1 is solved.

    A statement sent five times or more by a request counts once: it is an N+1 (with a finding of
    its own), a walk through pages, polling, and the like. What begins and ends transactions
    does not count, nor does what jobs and consumers send.
    """
    every = grouped(calls, ~calls.fails)
    mine = calls.owners.served[every.owner] & calls.kinds("sql")[every.target]
    mine &= ~excused(calls, every)
    number = np.where(every.count >= FEWEST, 1, every.count) * mine
    total = np.bincount(every.owner, weights=number, minlength=len(calls.owners.served))
    by_route: defaultdict[str | None, list[int]] = defaultdict(list)
    for owner in np.flatnonzero(calls.owners.served).tolist():
        by_route[calls.owners.route[owner]].append(owner)
    return [
        _count(calls, every, number, route, owners, total[owners].astype(int))
        for route, owners in by_route.items()
        if np.median(total[owners]) > USUAL and statistics.quantile(total[owners], 0.95) > MANY
    ]


def _count(
    calls: Calls, every: Any, number: Any, route: str | None, owners: list[int], each: Any
) -> Count:
    mine = np.isin(every.owner, owners) & (number > 0)
    times: Counter[str] = Counter()
    for target, n in zip(every.target[mine].tolist(), number[mine].tolist(), strict=True):
        times[calls.targets[target].text] += n
    top = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]
    sums = np.add.reduceat(np.nan_to_num(calls.duration_ms[every.rows]), every.first)
    spent = np.bincount(every.owner[mine], weights=sums[mine], minlength=max(owners) + 1)[owners]
    weight = calls.owners.weight
    return Count(
        route=route,
        requests=len(owners),
        weight=float(len(owners) if weight is None else weight[owners].sum()),
        each=tuple(each.tolist()),
        time_ms=float(np.median(spent)),
        top=tuple((text, n / len(owners)) for text, n in top),
        trace_id=calls.owners.trace_id[owners[int(np.argmax(each))]],
    )


def findings(found: Sequence[Count]) -> list[Finding]:
    """Return one finding per route."""
    return [_finding(one) for one in found]


def _evidence(one: Count) -> list[dict[str, Any]]:
    """Return the statements, or, where they are not told, what the requests count."""
    if one.top:
        return [{"statement": shown(text), "per_request": n} for text, n in one.top]
    return [{"requests": one.requests, "median": one.usual, "most": max(one.each)}]


def _finding(one: Count) -> Finding:
    once = ", repeated ones counted once" if one.top else ""
    keys = {"route": one.route, "trace_id": one.trace_id}
    return Finding(
        rule="query-count",
        severity="warning" if one.usual > MANY and one.time_ms >= SHORTEST_MS else "info",
        title=(
            f"{one.route or 'A request'} sends {one.usual:g} statements per request"
            f" ({one.busy:g} at the 95th percentile){once}:"
            f" {units.format_ms(one.time_ms)}"
        ),
        evidence=_evidence(one),
        saves_basis="per request",
        saves_times=one.weight,
        fix=Fix(
            text=(
                "Read what belongs together with one statement, keep what hardly changes, and leave"
                " out what the response does not show."
            ),
            snippet=_FEWER,
            language="sql",
        ),
        effort="high",
        confidence="high" if one.requests >= _CONFIRMED else "medium",
        keys={name: value for name, value in keys.items() if value},
    )
