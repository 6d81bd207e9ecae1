"""Routes that fail too often, over the whole recording."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import intervals, per_method
from perfkit.analyses.alerts.rules import route_rows
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Verdict
from perfkit.analyses.failures import QUERY
from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Flags
    from perfkit.analyses.alerts.verdicts import Alert

__all__ = ["rule"]


def rule(look: Look) -> Verdict:
    """Judge the share of failures of every route; certain where Wilson's interval lies above.

    Where the methods of a route differ clearly (:mod:`..per_method`), each of them is judged
    instead of the route.
    """
    limit, routes = look.limits["error_rate"], look.routes
    named = route_rows.named(look)
    above = named & _above(look, routes.failed, routes.known)
    rows = _methods(look, named)
    alone = {row["place"] for row in rows}
    rows += [route_rows.figures(look, int(p)) for p in np.flatnonzero(above) if p not in alone]
    judged = named & _judged(look)
    worst = [row["error_rate"] for row in rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        worst.append(route_rows.most(routes.failed / routes.known, judged))
    return Verdict(
        rule="error-rate",
        checked=f"failures of every route against {units.format_share(limit)},"
        f" from {look.limits['fewest_errors']:g} failures on",
        threshold=limit,
        value=max((rate for rate in worst if not math.isnan(rate)), default=math.nan),
        alerts=[_failing(look, row) for row in sorted(rows, key=lambda row: row["place"])],
        why=_why(look, judged),
    )


def _above(look: Look, failed: Any, known: Any) -> Any:
    enough = failed >= look.limits["fewest_errors"]
    return enough & (failed > look.limits["error_rate"] * known)


def _judged(look: Look) -> Any:
    """Say which routes have failures enough to be judged, or requests without too many of them."""
    routes, fewest = look.routes, look.limits["fewest_errors"]
    innocent = (routes.known >= fewest) & (
        routes.failed <= look.limits["error_rate"] * routes.known
    )
    return (routes.failed >= fewest) | innocent


def _why(look: Look, judged: Flags) -> str:
    if not look.routes.known.any():
        return "neither status nor errors are known"
    fewest = f"{look.limits['fewest_errors']:g}"
    few = f"fewer than {fewest} failures or requests on every route: too few to judge"
    return "" if judged.any() else few


def _methods(look: Look, named: Flags) -> list[dict[str, Any]]:
    """Return what is known of the methods above the limit whose routes' methods differ clearly."""
    if len(look.rows.method.labels) <= 2 or not look.rows.failed.any():  # noqa: PLR2004 - no other
        return []
    by = per_method.measure(look.rows)
    above = named[by.route] & by.named() & _above(look, by.failed, by.known)
    places = np.flatnonzero(above & by.differing(above))
    return [route_rows.figures(look, int(by.route[p]), int(by.method[p])) for p in places]


def _failing(look: Look, row: dict[str, Any]) -> Alert:
    lowest = intervals.lowest_share(row["failures"], row["known"])
    certain = bool(lowest > look.limits["error_rate"])
    return route_rows.alert(
        look,
        "error-rate",
        row,
        f"{row['shown']} fails in {units.format_share(row['error_rate'])} of its requests"
        f" ({row['failures']:,} of {row['known']:,})",
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
