"""Which requests were being served at a given moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.routes import routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Served", "on_the_loop"]

CERTAIN = 0.9
POSSIBLE = 0.3


def on_the_loop(requests: pa.Table, blocks: pa.Table) -> pa.Table:
    """Return the requests of the logs that report the blocks; all, where these hold none.

    A service that logs its blocked loop and its requests does so in one place: requests of
    other logs are other services', with loops of their own.
    """
    mine = pc.is_in(requests["source"], value_set=pc.unique(blocks["source"].drop_null()))
    return requests.filter(mine) if pc.any(mine).as_py() else requests


class Served:
    """The requests of a recording as intervals, in nanoseconds since 1970."""

    def __init__(self, requests: pa.Table) -> None:
        """Keep what has a start and a duration."""
        rows = requests.filter(
            pc.and_(requests["started_at"].is_valid(), requests["duration_ms"].is_valid())
        )
        self.start = rows["started_at"].cast(pa.int64()).to_numpy()
        lasted = rows["duration_ms"].to_numpy()
        self.end = self.start + (lasted * 1e6).astype(np.int64)
        self.routes = groups.encode(routes(rows))

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.start)

    def overlapping(self, ended_at: pa.ChunkedArray, duration_ms: NDArray[np.float64]) -> pa.Array:
        """Count the requests that overlap each interval; unknown where there are none at all."""
        known = ended_at.is_valid().to_numpy() & ~np.isnan(duration_ms) & (len(self) > 0)
        end = pc.fill_null(ended_at.cast(pa.int64()), 0).to_numpy()
        begin = end - (np.nan_to_num(duration_ms) * 1e6).astype(np.int64)
        begun = np.searchsorted(np.sort(self.start), end, side="left")
        over = np.searchsorted(np.sort(self.end), begin, side="right")
        return pa.array(begun - over, pa.int64(), mask=~known)

    def certain_route(self, intervals: Sequence[tuple[int, int]], slack_ns: int) -> str | None:
        """Return the one route that had a request open during the whole of the intervals.

        It must be open in :data:`CERTAIN` of them and no other route in :data:`POSSIBLE`:
        under load many requests are open at any time, and then nothing is certain.
        ``slack_ns`` allows for the time between an end and the line that reports it.
        """
        seen: Counter[int] = Counter()
        for begin, end in intervals:
            allowed = min(slack_ns, (end - begin) // 2)
            open_ = (self.start <= begin + allowed) & (self.end >= end - allowed)
            seen.update(set(self.routes.codes[open_].tolist()))
        candidates = [code for code, count in seen.items() if count >= POSSIBLE * len(intervals)]
        if len(candidates) != 1 or seen[candidates[0]] < CERTAIN * len(intervals):
            return None
        return self.routes.labels[candidates[0]]
