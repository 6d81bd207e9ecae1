"""Find requests in which one target is called again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats import batches, innocent
from perfkit.analyses.repeats.saving import savings
from perfkit.analyses.repeats.source import before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls, Target
    from perfkit.analyses.repeats.saving import Savings

__all__ = ["FEWEST", "Grouped", "Repeat", "grouped", "repeats"]

#: Fewer repeats in a request are not looked at (Sentry's N+1 detectors, `count` 5).
FEWEST = 5


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """One request in which one target was called at least :data:`FEWEST` times.

    ``rows`` are its calls, in order of time, and ``source_row`` the call before them.
    """

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
    spared_ms: float | None = None  # what one call instead would save; None: all but one call
    least_ms: float = float("nan")
    most_ms: float = float("nan")
    gap_ms: float = 0.0  # median of the idle time between two calls
    overlap: float = 1.0  # calls running at a time, while one was
    weight: float = 1.0  # requests it stands for, in sampled data
    served: bool = True
    told: bool = True  # what differs between the calls is known
    session: str | None = None
    owner: int = 0
    rows: NDArray[np.int64] | None = None
    source_row: int = -1
    also: tuple[Target, ...] = ()  # called in the same loop, as often

    @property
    def saves_ms(self) -> float:
        """What one call instead of all would save, see :mod:`.saving`."""
        if self.spared_ms is None:
            return max(self.time_ms - self.call_ms, 0.0)
        return self.spared_ms


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """Calls by owner and target: segments of ``rows``, each in order of time."""

    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]
    owner: NDArray[np.int64]
    target: NDArray[np.int64]
    count: NDArray[np.int64]


def grouped(calls: Calls, chosen: NDArray[np.bool_]) -> Grouped:
    """Group the ``chosen`` calls by their owner and target."""
    width = max(len(calls.targets), 1)
    mine = np.flatnonzero(chosen)
    group = calls.owner[mine] * width + calls.target[mine]
    order = np.lexsort((calls.start_ms[mine], group))
    rows = mine[order]
    values, first, size = np.unique(group[order], return_index=True, return_counts=True)
    owner, target = np.divmod(values, width)
    count = np.add.reduceat(calls.counts[rows], first) if len(rows) else size
    return Grouped(rows=rows, first=first, size=size, owner=owner, target=target, count=count)


def repeats(calls: Calls, work: Mapping[str, float] | None = None) -> list[Repeat]:
    """Return every repeat that is not innocent, in the order of owners.

    ``work``: milliseconds a server works on a statement, by fingerprint id.
    """
    if not len(calls):
        return []
    every = grouped(calls, ~calls.fails)
    worth = np.flatnonzero((every.count >= FEWEST) & ~batches.excused(calls, every))
    if not len(worth):
        return []
    size = every.size[worth]
    segment = np.repeat(np.arange(len(worth)), size)
    inside = np.arange(len(segment)) - np.repeat(np.cumsum(size) - size, size)
    rows = every.rows[np.repeat(every.first[worth], size) + inside]
    saved = savings(calls, rows, segment, work or {})
    bounds = np.cumsum(size)[:-1]
    sources = before(calls, every)
    return [
        _repeat(calls, mine, saved, place, int(every.count[worth[place]]), sources)
        for place, mine in enumerate(np.split(rows, bounds))
        if not innocent.innocent(calls, mine, saved, place)
    ]


def _repeat(
    calls: Calls,
    rows: NDArray[np.int64],
    saved: Savings,
    place: int,
    count: int,
    sources: NDArray[np.int64],
) -> Repeat:
    first = int(rows[0])
    owner = int(calls.owner[first])
    owners = calls.owners
    total = float(owners.duration_ms[owner])
    time_ms = float(saved.covered[place])
    whole = float(saved.extent[place]) if np.isnan(total) else total
    target = calls.targets[calls.target[first]]
    source = int(sources[first])
    bound = total if total > 0 else np.inf
    return Repeat(
        node=int(owners.node[owner]),
        trace_id=owners.trace_id[owner],
        route=owners.route[owner],
        target=target,
        parent=innocent.most_common(calls.parent[rows[:200]]),
        source=calls.targets[calls.target[source]].text if source >= 0 else None,
        repeats=count,
        time_ms=time_ms,
        call_ms=float(saved.call[place]),
        share=min(time_ms / whole, 1.0) if whole > 0 else 0.0,
        spared_ms=min(float(saved.expected[place]), bound),
        least_ms=float(saved.least[place]),
        most_ms=min(float(saved.most[place]), bound),
        gap_ms=float(saved.gap[place]),
        overlap=float(saved.summed[place]) / time_ms if time_ms > 0 else 1.0,
        weight=1.0 if owners.weight is None else float(owners.weight[owner]),
        served=bool(owners.served[owner]),
        told=innocent.told(calls, rows),
        session=None if owners.session is None else owners.session[owner],
        owner=owner,
        rows=rows,
        source_row=source,
    )
