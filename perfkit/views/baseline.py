"""Latency per route: p50, p95 and p99 on one line each, on a logarithmic axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.views import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_ROUTES = 20
_MOST_DECADES = 5  # three ticks in each have room
#: percentile -> (marker, colour)
_MARKS = {"p50": ("circle", "blue"), "p95": ("diamond", "orange"), "p99": ("triangle-up", "red")}


def figure(result: Result) -> go.Figure:
    """Draw the routes with the most time; hollow markers stand on too few requests."""
    rows = [row for row in result.arrow.to_pylist() if row["p50_ms"] > 0]
    shown = rows[:_ROUTES]
    title = result.headline
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
    fig.update_xaxes(type="log", tickvals=_ticks(shown), tickformat=",~r")
    fig.update_yaxes(autorange="reversed", type="category")
    fig.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return fig


def _name(row: dict[str, Any]) -> str:
    return theme.safe(f"{row['route'] or 'no route'}", 48) + (
        f"  <i>n={units.format_count(row['requests'])}</i>"
    )


def _ticks(rows: list[dict[str, Any]]) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten in reach; plotly's own choice overlaps."""
    values = [row[f"{name}_ms"] for row in rows for name in _MARKS if row[f"{name}_ms"] > 0]
    if not values:
        return []
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    steps = (1, 2, 5) if len(powers) <= _MOST_DECADES else (1,)
    return [step * 10.0**power for power in powers for step in steps]


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
    few = [math.isnan(row[f"{percentile}_low_ms"]) for row in rows]
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
        "customdata": [_interval(row, percentile) for row in rows],
        "hovertemplate": hover,
    }


def _interval(row: dict[str, Any], percentile: str) -> str:
    low, high = row[f"{percentile}_low_ms"], row[f"{percentile}_high_ms"]
    if math.isnan(low):
        return "too few requests for an interval"
    return f"95 % interval {units.format_ms(low)} to {units.format_ms(high)}"
