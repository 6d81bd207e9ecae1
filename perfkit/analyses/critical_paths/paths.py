"""The critical paths of some requests, in numbers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.critical_paths.operations import Operations
from perfkit.analyses.critical_paths.order import Order
from perfkit.analyses.critical_paths.schedule import Schedule
from perfkit.analyses.traces.entries import routes
from perfkit.analyses.traces.nested import nest
from perfkit.analyses.traces.resolution import start_step_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["Paths"]


class Paths:
    """Requests with what their critical paths consist of.

    Attributes:
        forest: the spans.
        entries: the row of each request; the arrays below have one value per request.
        route: what each request is called.
        duration_ns: how long it took.
        weight: as many requests does it stand for (sampling).
        order: the spans of the requests with their order, by row.
    """

    def __init__(self, forest: Forest, entries: Ints) -> None:
        """Find the critical paths of ``entries`` (rows, none inside another)."""
        self.forest = forest
        self.entries = entries
        self.route = routes(forest, entries)
        self.order = Order(nest(forest, entries), step_ns=start_step_ns(forest))
        self.duration_ns: Ints = self.order.nested.length[entries]
        weight = np.nan_to_num(groups.numbers(forest.rows["weight"].take(entries)), nan=1.0)
        self.weight: NDArray[np.float64] = np.where(weight > 0, weight, 1.0)

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.entries)

    @cached_property
    def request(self) -> Ints:
        """Request (index into ``entries``) of each row, -1 for rows outside."""
        place = np.full(len(self.forest) + 1, -1)
        place[self.entries] = np.arange(len(self.entries))
        return np.where(self.order.nested.kept, place[self.order.nested.entry], -1)

    @cached_property
    def operations(self) -> Operations:
        """What each row does."""
        return Operations(self.forest)

    @cached_property
    def schedule(self) -> Schedule:
        """The requests as a schedule to try changes on."""
        return Schedule(self.order, self.forest.links.depth)

    def shortened(self, rows: Ints, factor: float) -> Ints:
        """Return the durations of all requests if ``rows`` took ``factor`` of their time, in ns.

        With a row goes what is below it.
        """
        length = self.order.nested.length[rows]
        new = np.rint(length * factor).astype(np.int64)
        lengths = self.schedule.lengths(dict(zip(rows.tolist(), new.tolist(), strict=True)))
        found = self.duration_ns.copy()
        for place, entry in enumerate(self.entries.tolist()):
            if entry in lengths:
                found[place] = lengths[entry]
        return found

    def caveats(self) -> list[str]:
        """Say which spans the paths do not go through, and what else limits them."""
        nested = self.order.nested
        below = (nested.entry >= 0) & (nested.parent >= 0)
        outside = int((below & ~nested.kept).sum())
        late = nested.kept & (self.forest.end > nested.end) & (nested.parent >= 0)
        late &= self.forest.end > nested.end[nested.parent]
        notes = []
        if outside:
            notes.append(
                f"{outside:,} spans ran outside their parents or asynchronously: nothing waited"
                " for them, and they are on no path."
            )
        if late.any():
            notes.append(f"{int(late.sum()):,} spans outlive their parents and count up to there.")
        return notes
