"""Statements that one loop sends in turn: a, b, a, b, ... are one problem, not two."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats.saving import savings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.repeats.calls import Calls, Target
    from perfkit.analyses.repeats.find import Repeat

__all__ = ["loops"]

#: Requests of a route that are looked at, and repeats of a request.
_REQUESTS, _REPEATS = 20, 24
#: Of the rarer statement's executions, so many have one of the other between them; ...
_APART = 0.8
#: ... which is sent at most so many times per item (Sentry's MN+1: a pattern of 8 spans).
_PER_ITEM = 8
#: Of the requests that have both statements, so many have them in one loop.
_MOSTLY = 0.5


def loops(calls: Calls, found: Sequence[Repeat], work: Mapping[str, float]) -> list[Repeat]:
    """Return the repeats with those of one loop joined to one, named by the costliest target.

    Its ``repeats`` are those of that target, its times those of all, counted once.
    """
    by_owner: defaultdict[int, list[Repeat]] = defaultdict(list)
    for repeat in found:
        by_owner[repeat.owner].append(repeat)
    lead = _leads(calls, by_owner)
    kept: list[Repeat] = []
    joined: list[list[Repeat]] = []
    for same in by_owner.values():
        groups: defaultdict[object, list[Repeat]] = defaultdict(list)
        for repeat in same:
            groups[lead.get((repeat.route, repeat.target), repeat.target)].append(repeat)
        for (first, *_), group in zip(groups.values(), groups.values(), strict=True):
            (joined.append(group) if len(group) > 1 else kept.append(first))
    return kept + _joined(calls, joined, lead, work)


def _leads(
    calls: Calls, by_owner: Mapping[int, list[Repeat]]
) -> dict[tuple[str | None, Target], Target]:
    """Return for each target of a loop, by route, the one that names the loop."""
    looked: Counter[str | None] = Counter()
    both: Counter[tuple[str | None, Target, Target]] = Counter()
    inside: Counter[tuple[str | None, Target, Target]] = Counter()
    cost: Counter[tuple[str | None, Target]] = Counter()
    for same in by_owner.values():
        route = same[0].route
        if len(same) == 1 or looked[route] >= _REQUESTS:
            continue
        looked[route] += 1
        for one, other in combinations(sorted(same, key=lambda r: r.target.text)[:_REPEATS], 2):
            pair = (route, one.target, other.target)
            both[pair] += 1
            inside[pair] += _in_turn(calls, one, other)
        for repeat in same:
            cost[route, repeat.target] += round(repeat.time_ms * 1e6)
    return _joined_pairs([pair for pair in both if inside[pair] >= _MOSTLY * both[pair]], cost)


def _joined_pairs(
    pairs: Sequence[tuple[str | None, Target, Target]],
    cost: Mapping[tuple[str | None, Target], int],
) -> dict[tuple[str | None, Target], Target]:
    group: dict[tuple[str | None, Target], set[Target]] = {}
    for route, one, other in pairs:
        union = group.get((route, one), {one}) | group.get((route, other), {other})
        for target in union:
            group[route, target] = union
    return {
        (route, target): max(union, key=lambda t: (cost[route, t], t.text))
        for (route, target), union in group.items()
    }


def _in_turn(calls: Calls, one: Repeat, other: Repeat) -> bool:
    """Say whether the calls of both alternate: between two of one there is one of the other."""
    if one.rows is None or other.rows is None:
        return False
    few, many = sorted((one.rows, other.rows), key=len)
    if len(many) > _PER_ITEM * len(few):
        return False
    starts = np.concatenate([calls.start_ms[few], calls.start_ms[many]])
    rare = np.arange(len(starts)) < len(few)
    order = rare[np.argsort(starts, kind="stable")]
    runs = int(order[0]) + sum(bool(now and not last) for last, now in pairwise(order))
    return runs >= _APART * len(few)


def _joined(
    calls: Calls,
    groups: Sequence[list[Repeat]],
    lead: Mapping[tuple[str | None, Target], Target],
    work: Mapping[str, float],
) -> list[Repeat]:
    if not groups:
        return []
    rows = [
        mine[np.argsort(calls.start_ms[mine], kind="stable")]
        for group in groups
        if len(mine := np.concatenate([r.rows for r in group if r.rows is not None]))
    ]
    segment = np.repeat(np.arange(len(rows)), [len(mine) for mine in rows])
    saved = savings(calls, np.concatenate(rows), segment, work)
    found = []
    for place, group in enumerate(groups):
        first = next(r for r in group if r.target == lead[r.route, r.target])
        others = sorted((r.target for r in group if r is not first), key=lambda t: t.text)
        once = (len(group) - 1) * float(saved.call[place])  # one call remains of each
        time_ms = float(saved.covered[place])
        whole = first.time_ms / first.share if first.share > 0 else 0.0
        bound = sum(r.saves_ms for r in group)
        found.append(
            replace(
                first,
                also=tuple(others),
                time_ms=time_ms,
                share=min(time_ms / whole, 1.0) if whole > 0 else 0.0,
                spared_ms=min(max(float(saved.expected[place]) - once, 0.0), bound),
                least_ms=min(max(float(saved.least[place]) - once, 0.0), bound),
                most_ms=max(float(saved.most[place]) - once, 0.0),
                gap_ms=float(saved.gap[place]),
                rows=rows[place],
            )
        )
    return found
