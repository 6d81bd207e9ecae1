"""When a request would end if some of its spans took another time: its schedule, simulated.

The model, which gives back the recorded times when nothing changes:

* a span begins as long after its predecessors as it did: these are all siblings that had ended
  when it began, of which the last one holds it up; without any it follows its parent's start;
* the parent ends as long after the last of its children as it did.

So the parent's own code between its children keeps its duration and order, and when one of
several parallel calls shrinks the next longest holds the parent up. What a trace cannot tell is
whether a span needed the result of what had ended before it; the model assumes so, which makes
savings a lower bound for work that was independent. Spans move with their parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from perfkit.analyses.critical_paths.order import Order
    from perfkit.span_ids import Ints

__all__ = ["Schedule"]


class Schedule:
    """Requests whose spans can be made shorter or longer; all times are whole nanoseconds."""

    def __init__(self, order: Order, depth: Ints) -> None:
        """Simulate the spans of ``order``; ``depth`` of a row is more than its parent's."""
        self.order = order
        self.depth = depth

    def lengths(self, changed: Mapping[int, int]) -> dict[int, int]:
        """Return the new length of every row that changes, among them those of the requests.

        Args:
            changed: row -> its length, with all that is below it. Of rows below each other the
                upper one decides.
        """
        new = dict(changed)
        for row in self._above(changed):
            new[row] = self._length(row, new)
        return new

    def slack(self) -> Ints:
        """Return for each row how much longer it could last before its request does, in ns.

        0 on the critical path, -1 for rows that are no part of a request.
        """
        nested = self.order.nested
        found = np.where(nested.kept, 0, -1)
        parents = np.unique(self.order.above)
        for row in parents[np.argsort(self.depth[parents], kind="stable")].tolist():
            low, high = self.order.bounds[row], self.order.bounds[row + 1]
            found[self.order.rows[low:high]] = self._slack(row, int(found[row]))
        return found

    def _above(self, changed: Iterable[int]) -> list[int]:
        """Return the rows above some, deepest first."""
        parent = self.order.nested.parent
        seen: set[int] = set(changed)
        above: list[int] = []
        for row in tuple(seen):
            at = int(parent[row])
            while at >= 0 and at not in seen:
                seen.add(at)
                above.append(at)
                at = int(parent[at])
        return sorted(above, key=self.depth.__getitem__, reverse=True)

    def _length(self, row: int, new: Mapping[int, int]) -> int:
        """Return how long ``row`` lasts when its children last as long as ``new`` says."""
        starts, ends, finish = self._family(row)
        begin, end = int(self.order.nested.start[row]), int(self.order.nested.end[row])
        low = self.order.bounds[row]
        rows = self.order.rows[low : low + len(starts)].tolist()
        moved = [0] * len(rows)
        reached = before = begin  # the last of the predecessors ends: in the model, as recorded
        at = 0
        for own, child in enumerate(rows):
            start, last = starts[own], ends[own]
            while (ends[finish[at]], finish[at]) < (start, own):
                reached, before = max(reached, moved[finish[at]]), ends[finish[at]]
                at += 1
            moved[own] = reached + start - before + new.get(child, last - start)
        return max(reached, *moved) + end - ends[finish[-1]] - begin

    def _slack(self, row: int, slack: int) -> list[int]:
        """Return the slack of the children of ``row``, in their order."""
        starts, ends, finish = self._family(row)
        low = self.order.bounds[row]
        before = (self.order.before[low : low + len(starts)] - low).tolist()
        found = [0] * len(starts)
        latest = slack + ends[finish[-1]]  # moment at which any of them has to end
        following = len(starts) - 1
        for own in reversed(finish):
            while (starts[following], following) > (ends[own], own):
                latest = min(latest, found[following] + ends[before[following]])
                following -= 1
            found[own] = latest - ends[own]
        return found

    def _family(self, row: int) -> tuple[list[int], list[int], list[int]]:
        """Return starts and ends of the children of ``row``, and who finishes in what order."""
        low, high = self.order.bounds[row], self.order.bounds[row + 1]
        return (
            self.order.start[low:high].tolist(),
            self.order.end[low:high].tolist(),
            (self.order.finish[low:high] - low).tolist(),
        )
