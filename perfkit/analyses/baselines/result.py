"""The answer of ``baseline``: a Result that draws its course over time as well."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.results import Result

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.timeline import Timeline

__all__ = ["Baseline"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Baseline(Result):
    """Routes with their latency, and when requests took how long.

    ``timeline`` counts the requests per period and duration; ``drawn`` are the rows of the
    table that its places are (those with the most time), None where it knows no routes.
    ``budget`` is the limit that was asked for, as it is typed, "" without one.
    """

    timeline: Timeline
    drawn: NDArray[np.int64] | None = None
    budget_ms: float | None = None

    def heatmap(self, route: str | None = None) -> go.Figure:
        """Draw when requests took how long: time across, latency up, darker where more were.

        Args:
            route: only this route; by default all requests.

        Raises:
            UsageError: no course over time is known of the route.

        Example:
            >>> perfkit.baseline(rec).heatmap("/orders")  # doctest: +SKIP
        """
        view = importlib.import_module("perfkit.views.baseline_heatmap")
        figure: go.Figure = view.figure(self, route)
        return figure

    def load_curve(self, route: str | None = None) -> go.Figure:
        """Draw latency against load: per period, p50 and p95 over how many began per second.

        The requests in flight are beside it, by Little's law: rate times mean latency.

        Args:
            route: only this route; by default all requests.

        Raises:
            UsageError: no course over time is known of the route.

        Example:
            >>> perfkit.baseline(rec).load_curve()  # doctest: +SKIP
        """
        view = importlib.import_module("perfkit.views.baseline_load")
        figure: go.Figure = view.figure(self, route)
        return figure

    def course(self, route: str | None = None) -> Timeline:
        """Return the cells of a route (None: of all requests) per period and duration.

        Raises:
            UsageError: no course over time is known of the route.
        """
        if route is None:
            return self.timeline.only(None)
        rows = [] if self.drawn is None else self.drawn.tolist()
        known = self.arrow["route"].take(rows).to_pylist() if rows else []
        if route in known:
            return self.timeline.only(known.index(route))
        if route not in self.arrow["route"].to_pylist():
            some = ", ".join(str(name) for name in self.arrow["route"].to_pylist()[:3])
            raise UsageError(
                f"baseline: there is no route {route[:80]!r}",
                hint=f"routes are, for example: {some}",
            )
        raise UsageError(
            f"baseline: the course over time of {route[:80]!r} was not kept",
            hint=f"perfkit.baseline(rec.where(route={route[:80]!r})) looks at it alone",
        )
