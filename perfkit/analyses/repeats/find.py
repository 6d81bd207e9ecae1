"""Find requests in which one target is called again and again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats import innocent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls, Target

__all__ = ["FEWEST", "Repeat", "repeats"]

#: Fewer repeats in a request are not looked at (Sentry's N+1 detectors, `count` 5).
FEWEST = 5


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """One request in which one target was called at least :data:`FEWEST` times."""

    node: int  # of the owner, see Owners
    trace_id: str | None
    route: str | None
    target: Target
    parent: str | None
    source: str | None  # the statement before the first repeat: its rows make the N
    repeats: int
    time_ms: float  # at least one of the calls was running
    call_ms: float  # median of one call
    share: float  # of the request's duration

    @property
    def saves_ms(self) -> float:
        """All but one call: what is asked one by one can be asked at once."""
        return max(self.time_ms - self.call_ms, 0.0)


def repeats(calls: Calls) -> list[Repeat]:
    """Return every repeat that is not innocent, in the order of owners."""
    if not len(calls):
        return []
    width = len(calls.targets)
    group = calls.owner * width + calls.target
    order = np.lexsort((calls.start_ms, group))
    values, first, count = np.unique(group[order], return_index=True, return_counts=True)
    worth = (count >= FEWEST) & ~_excused(calls, *np.divmod(values, width), count)
    places = zip(first[worth], count[worth], strict=True)
    found = (order[start : start + size] for start, size in places)
    by_owner = _Timeline(calls)
    return [_repeat(calls, rows, by_owner) for rows in found if not _innocent(calls, rows)]


def _excused(
    calls: Calls, owner: NDArray[np.int64], target: NDArray[np.int64], count: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say for ``count`` calls of a target by an owner whether the kind of both excuses them.

    A consumer or a job that writes works through independent units, one transaction each:
    its writes, and the reads that go with them, are the work and no N+1.
    """
    ping, write, commit = (
        np.array([of(one) for one in calls.targets], dtype=bool)[target]
        for of in (innocent.ping, innocent.writes, innocent.commits)
    )
    units = np.zeros(len(calls.owners.served), np.int64)
    np.maximum.at(units, owner, np.where(write | commit, count, 0))
    batch = ~calls.owners.served[owner] & (write | (2 * units[owner] >= count))
    excused: NDArray[np.bool_] = batch | ping
    return excused


def _innocent(calls: Calls, rows: NDArray[np.int64]) -> bool:
    target = calls.targets[calls.target[rows[0]]]
    raw = [calls.raw[row] for row in rows]
    return innocent.pages(target, raw) or innocent.polling(target, raw)


def _repeat(calls: Calls, rows: NDArray[np.int64], timeline: _Timeline) -> Repeat:
    owner = int(calls.owner[rows[0]])
    time_ms = covered_ms(calls.start_ms[rows], calls.duration_ms[rows])
    total = calls.owners.duration_ms[owner]
    whole = timeline.extent_ms(owner) if np.isnan(total) else float(total)
    return Repeat(
        node=int(calls.owners.node[owner]),
        trace_id=calls.owners.trace_id[owner],
        route=calls.owners.route[owner],
        target=calls.targets[calls.target[rows[0]]],
        parent=_most_common(calls.parent[row] for row in rows),
        source=timeline.before(int(rows[0])),
        repeats=len(rows),
        time_ms=time_ms,
        call_ms=_median(calls.duration_ms[rows]),
        share=min(time_ms / whole, 1.0) if whole > 0 else 0.0,
    )


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else 0.0


def _most_common(names: Iterator[str | None]) -> str | None:
    counted = Counter(name for name in names if name is not None)
    return min(counted, key=lambda name: (-counted[name], name)) if counted else None


def covered_ms(start_ms: NDArray[np.float64], duration_ms: NDArray[np.float64]) -> float:
    """Return the time in which at least one interval is open; without starts, the sum.

    Example:
        >>> covered_ms(np.array([0.0, 5.0, 30.0]), np.array([10.0, 10.0, 1.0]))
        16.0
    """
    duration = np.nan_to_num(duration_ms)
    if np.isnan(start_ms).any():
        return float(duration.sum())
    order = np.argsort(start_ms, kind="stable")
    start, end = start_ms[order], start_ms[order] + duration[order]
    reached = np.maximum.accumulate(end)
    before = np.concatenate(([-np.inf], reached[:-1]))
    return float(np.maximum(end - np.maximum(start, before), 0.0).sum())


class _Timeline:
    """The calls of every owner in order of time."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.order = np.lexsort((calls.start_ms, calls.owner))
        owners = np.arange(len(calls.owners.served) + 1)
        self.bounds = np.searchsorted(calls.owner[self.order], owners)
        self.pings = np.array([innocent.ping(target) for target in calls.targets], dtype=bool)

    def of(self, owner: int) -> NDArray[np.int64]:
        return self.order[self.bounds[owner] : self.bounds[owner + 1]]

    def extent_ms(self, owner: int) -> float:
        """Return the time from the first call's start to the last one's end, or NaN."""
        rows = self.of(owner)
        start, duration = self.calls.start_ms[rows], self.calls.duration_ms[rows]
        return float((start + np.nan_to_num(duration)).max() - start.min())

    def before(self, row: int) -> str | None:
        """Return the last other statement of the same owner that started before ``row``."""
        calls = self.calls
        rows = self.of(int(calls.owner[row]))
        other = (calls.target[rows] != calls.target[row]) & ~self.pings[calls.target[rows]]
        earlier = rows[other & (calls.start_ms[rows] <= calls.start_ms[row])]
        return calls.targets[calls.target[earlier[-1]]].fingerprint if len(earlier) else None
