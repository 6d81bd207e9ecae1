"""Routes that fail too often, over the whole recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import intervals
from perfkit.analyses.alerts.rules import route_rows
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Verdict
from perfkit.analyses.failures import QUERY
from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.verdicts import Alert

__all__ = ["rule"]


def rule(look: Look) -> Verdict:
    """Judge the share of failures of every route; certain where Wilson's interval lies above."""
    limit, routes = look.limits["error_rate"], look.routes
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = routes.failed / routes.known
        above = (
            route_rows.named(look)
            & (routes.failed >= look.limits["fewest_errors"])
            & (rate > limit)
        )
    return Verdict(
        rule="error-rate",
        checked=f"failures of every route against {units.format_share(limit)},"
        f" from {look.limits['fewest_errors']:g} failures on",
        threshold=limit,
        value=route_rows.most(rate, route_rows.named(look) & (routes.known > 0)),
        alerts=[_failing(look, int(place)) for place in np.flatnonzero(above)],
        why="" if routes.known.any() else "neither status nor errors are known",
    )


def _failing(look: Look, place: int) -> Alert:
    row = route_rows.figures(look, place)
    lowest = intervals.lowest_share(row["failures"], look.routes.known[place])
    certain = bool(lowest > look.limits["error_rate"])
    return route_rows.alert(
        look,
        "error-rate",
        row,
        f"{row['shown']} fails in {units.format_share(row['error_rate'])} of its requests"
        f" ({row['failures']:,} of {row['requests']:,})",
        Fix(
            text="Look at the errors beside the failing requests before looking at latency: a"
            " failure is often fast, or as slow as a timeout.",
            snippet=f"{route_rows.cut(row)}.requests.query({QUERY!r})",
            language="python",
        ),
        limit_ms=None,
        severity="critical" if certain else "warning",
        confidence="high" if certain else "medium",
        reference=THRESHOLDS["error_rate"].source,
    )
