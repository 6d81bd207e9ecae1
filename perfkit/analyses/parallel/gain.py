"""What a request gains when something in it ends earlier: nothing, if it waits for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["at_owner"]


def at_owner(forest: Forest, rows: Ints, saved: Ints) -> Ints:
    """Return how much earlier the request that owns each row ends, in ns.

    Args:
        forest: the spans.
        rows: spans that would end earlier.
        saved: by how much, in ns.

    On the way up, a span that runs beside and ends later is what the parent waits for: nothing
    is gained. One that ends earlier is what it waits for next. Both are the rules by which the
    critical path is drawn (Jaeger UI, last finishing child), read for a span that shrinks.
    """
    families = _Families(forest)
    return np.array(
        [
            _climbed(families, row, by)
            for row, by in zip(rows.tolist(), saved.tolist(), strict=True)
        ],
        np.int64,
    )


def _climbed(families: _Families, row: int, saved: int) -> int:
    forest = families.forest
    owner = int(forest.owner[row])
    while row != owner and saved > 0:
        above = int(forest.parent[row])
        beyond = max(0, int(forest.end[row] - forest.end[above]))
        saved = min(saved - beyond, families.alone(row, above))
        row = above
    return max(saved, 0)


class _Families:
    """Children of spans by their start; of each family what is needed is found once."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self._known: dict[int, tuple[dict[int, int], Ints, Ints, Ints]] = {}

    def alone(self, row: int, above: int) -> int:
        """Return how long the end of a span is the only thing that its parent waits for, in ns."""
        place, start, end, reached = self._family(above)
        at = place[row]
        later = int(np.searchsorted(start, end[at]))
        latest = max(
            int(start[at]),
            int(reached[at - 1]) if at else 0,
            int(end[at + 1 : later].max(initial=0)),
        )
        return max(0, int(end[at]) - latest)

    def _family(self, above: int) -> tuple[dict[int, int], Ints, Ints, Ints]:
        if above not in self._known:
            children = self.forest.children(above)
            start, end = self.forest.start[children], self.forest.end[children]
            place = {child: at for at, child in enumerate(children.tolist())}
            self._known[above] = (place, start, end, np.maximum.accumulate(end))
        return self._known[above]
