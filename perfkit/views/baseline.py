"""Latency per route: p50, p95 and p99 with their intervals, on a logarithmic axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.views import theme
from perfkit.views.baseline_axis import logarithmic
from perfkit.visible import visible

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.analyses.baselines.result import Baseline

__all__ = ["figure"]

_ROUTES = 20
#: percentile -> (marker, colour)
_MARKS = {"p50": ("circle", "blue"), "p95": ("diamond", "orange"), "p99": ("triangle-up", "red")}


def figure(result: Baseline) -> go.Figure:
    """Draw the routes with the most time; hollow markers stand on too few requests.

    The bars at the markers are 95 % intervals; a budget is a line across all routes.
    """
    rows = [row for row in result.arrow.to_pylist() if row["p50_ms"] > 0]
    shown = rows[:_ROUTES]
    title = visible(result.headline)
    if len(rows) > len(shown):
        title += f" (the {_ROUTES} routes with the most time of {len(rows)})"
    fig = theme.figure(
        title,
        x="latency (ms, logarithmic; hollow: too few requests to be sure)",
        height=170 + 28 * len(shown),
    )
    names = [_name(row) for row in shown]
    fig.add_scatter(**_ranges(shown, names))
    for percentile in _MARKS:
        fig.add_scatter(**_markers(percentile, shown, names))
    if result.budget_ms is not None and names:
        fig.add_scatter(**_budget(result.budget_ms, names))
    values = [row[f"{name}_ms"] for row in shown for name in _MARKS]
    fig.update_xaxes(**logarithmic([*values, result.budget_ms or 0.0]))
    fig.update_yaxes(autorange="reversed", type="category")
    fig.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return fig


def _name(row: dict[str, Any]) -> str:
    return theme.safe(visible(row["route"] or "no route"), 48) + (
        f"  <i>n={units.format_count(row['requests'])}</i>"
    )


def _ranges(rows: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    ends = [(row["p50_ms"], row["p99_ms"], None) for row in rows]
    return {
        "x": [value for pair in ends for value in pair],
        "y": [name for name in names for _ in range(3)],
        "mode": "lines",
        "line": {"color": theme.COLOURS["grey"], "width": 2},
        "hoverinfo": "skip",
        "showlegend": False,
        "connectgaps": False,
    }


def _markers(percentile: str, rows: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    symbol, colour = _MARKS[percentile]
    hover = f"%{{y}}<br>{percentile} %{{x:,.3~g}} ms<br>%{{customdata}}<extra></extra>"
    few = [math.isnan(row.get(f"{percentile}_low_ms", 0.0)) for row in rows]
    return {
        "x": [row[f"{percentile}_ms"] for row in rows],
        "y": names,
        "mode": "markers",
        "name": percentile,
        "marker": {
            "symbol": [symbol + "-open" * hollow for hollow in few],
            "color": theme.COLOURS[colour],
            "size": 10,
            "line": {"width": 1.5},
        },
        "error_x": _bars(rows, percentile, theme.COLOURS[colour]),
        "customdata": [_interval(row, percentile) for row in rows],
        "hovertemplate": hover,
    }


def _bars(rows: list[dict[str, Any]], percentile: str, colour: str) -> dict[str, Any]:
    """Return 95 % intervals as bars around the markers; none where it is not known."""
    names = [f"{percentile}{end}_ms" for end in ("_low", "", "_high")]
    ends = [[row.get(name, math.nan) for name in names] for row in rows]
    known = [(0, 0) if math.isnan(low) else (x - low, high - x) for low, x, high in ends]
    return {
        "type": "data",
        "symmetric": False,
        "array": [above for _, above in known],
        "arrayminus": [below for below, _ in known],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def _budget(budget_ms: float, names: list[str]) -> dict[str, Any]:
    return {
        "x": [budget_ms] * len(names),
        "y": names,
        "mode": "lines+markers",
        "name": f"budget: p95 < {units.format_ms(budget_ms)}",
        "line": {"color": theme.COLOURS["purple"], "width": 2, "dash": "dash"},
        # a stroke, to be seen where there is one route only
        "marker": {"symbol": "line-ns-open", "size": 22, "line": {"width": 2}},
        "hovertemplate": "budget %{x:,.3~g} ms<extra></extra>",
    }


def _interval(row: dict[str, Any], percentile: str) -> str:
    if f"{percentile}_low_ms" not in row:
        return "as the load tool states it"
    low, high = row[f"{percentile}_low_ms"], row[f"{percentile}_high_ms"]
    if math.isnan(low):
        return "too few requests for an interval"
    return f"95 % interval {units.format_ms(low)} to {units.format_ms(high)}"
