"""What all rules of one recording look at: every part is computed once, when first asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.alerts import binned, moments, per_route
from perfkit.analyses.alerts.readings import Readings
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.per_route import Routes
    from perfkit.analyses.alerts.rows import Floats, Ints, Rows
    from perfkit.recording import Recording

__all__ = ["FEWEST_BINS", "Look"]

#: Bins below which no course of time can be told from noise.
FEWEST_BINS = 20


@dataclass(frozen=True)
class Look:
    """A recording, its requests, and the limits to judge them by.

    ``critical`` names the routes that matter most; None: by their share and their name.
    """

    rec: Recording
    rows: Rows
    limits: Mapping[str, float]
    critical: Sequence[str] | None = None

    @cached_property
    def routes(self) -> Routes:
        """Counts and percentiles per route."""
        return per_route.measure(self.rows)

    @cached_property
    def binned(self) -> Binned | None:
        """The requests by time; None if no times are known."""
        return binned.bin_requests(self.rows, self.routes)

    @cached_property
    def course(self) -> Binned | None:
        """The requests by time, if there are enough bins to judge changes; see :attr:`short`."""
        found = self.binned
        busy = 0 if found is None else int((found.count > 0).sum())
        return found if busy >= FEWEST_BINS else None

    @property
    def short(self) -> str:
        """Why :attr:`course` is None, as a sentence."""
        if not len(self.rows):
            return "no requests"
        if not self.rows.timed.any():
            return "no request has a time"
        return (
            f"{len(self.rows):,} requests in {self.seconds:,.0f} s: too few for {FEWEST_BINS}"
            f" bins of {binned.FEWER_PER_BIN} requests and at least 1 s"
        )

    @property
    def extent(self) -> tuple[int, int] | None:
        """The first and last start of a request, in ns, without strays."""
        return self.rows.extent

    @property
    def seconds(self) -> float:
        """The time from the first to the last start, in s; 0 where unknown."""
        return 0.0 if self.extent is None else (self.extent[1] - self.extent[0]) / moments.SECOND

    @cached_property
    def readings(self) -> Readings:
        """What hosts reported."""
        return Readings(self.rec.arrow("metrics"))

    @cached_property
    def cpu(self) -> Floats | None:
        """CPU use (0 to 1) in the bins of :attr:`course`."""
        return None if self.course is None else self.readings.cpu(self.course.grid)

    @cached_property
    def memory(self) -> Floats | None:
        """Memory use in the bins of :attr:`course`."""
        return None if self.course is None else self.readings.memory(self.course.grid)

    def events(self, *kinds: str) -> pa.Table:
        """Return the events of these kinds that have a time, earliest first."""
        events = self.rec.arrow("events", ["at", "kind", "message", "session_id"])
        wanted = pc.is_in(events["kind"].cast(pa.string()), value_set=pa.array(kinds, pa.string()))
        return events.filter(pc.and_(wanted, events["at"].is_valid())).sort_by("at")

    def deploys(self, low: int, high: int) -> str:
        """Return what was deployed from ``low`` to ``high`` (ns), or ""."""
        deploys = self.events("deploy")
        at = deploys["at"].cast(pa.int64()).to_numpy()
        inside = np.flatnonzero((at >= low) & (at < high))
        return str(deploys["message"][int(inside[-1])].as_py() or "deploy") if len(inside) else ""

    def label(self, place: int) -> str:
        """Return the name of route ``place``."""
        return self.routes.labels[place] or "no route"

    def shown(self, place: int) -> str:
        """Return the name of route ``place`` for a sentence: paths may be long and hostile."""
        return visible(self.label(place), 70)

    def rows_of(self, place: int) -> Ints:
        """Return the requests of route ``place``."""
        order, ends = self._by_route
        mine: Ints = order[ends[place] : ends[place + 1]]
        return mine

    @cached_property
    def _by_route(self) -> tuple[Ints, Ints]:
        """The requests in the order of their routes, and where each route ends."""
        ends = np.concatenate(([0], np.cumsum(self.routes.requests)))
        return groups.order(self.rows.route.codes), ends
