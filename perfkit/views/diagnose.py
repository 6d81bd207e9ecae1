"""Where the request time of each route goes: one bar per route, one part per cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from perfkit.views import theme

if TYPE_CHECKING:
    from perfkit.results import Result

__all__ = ["figure"]

_PATTERNS = ("", "/", "\\", "x", "-", "|", "+", ".")
_MOST_ROUTES = 15


def figure(result: Result) -> go.Figure:
    """Return stacked bars: seconds of request time per route, split by cause."""
    rows = result.series["routes"].to_pylist()
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["route"]] = totals.get(row["route"], 0.0) + row["ms"]
    shown = sorted(totals, key=lambda route: totals[route])[-_MOST_ROUTES:]
    labels = _labels(result)
    drawn = theme.figure(
        result.headline, x="request time in the incident, seconds", height=200 + 32 * len(shown)
    )
    for number in [*range(1, len(labels)), 0]:
        parts = {row["route"]: row["ms"] / 1000 for row in rows if row["cause"] == number}
        if not any(route in parts for route in shown):
            continue
        drawn.add_bar(
            orientation="h",
            y=[theme.safe(route, 60) for route in shown],
            x=[parts.get(route, 0.0) for route in shown],
            name=labels[number],
            marker={"color": _colour(number), "pattern": {"shape": _PATTERNS[number % 8]}},
            hovertemplate="%{y}: %{x:.2f} s<extra>" + labels[number] + "</extra>",
        )
    drawn.update_layout(
        barmode="stack",
        legend={"orientation": "h", "x": 0, "y": -90 / (110 + 32 * len(shown)), "yanchor": "top"},
        margin={"b": 60 + 24 * len(labels)},
    )
    return drawn


def _labels(result: Result) -> list[str]:
    causes = result.arrow.select(["rule", "route"]).to_pylist()
    named = [
        theme.safe(f"{number}: {row['rule']} {row['route'] or ''}".strip(), 60)
        for number, row in enumerate(causes, start=1)
    ]
    return ["not explained", *named]


def _colour(number: int) -> str:
    if number == 0:
        return theme.COLOURS["grey"]
    colours = [colour for name, colour in theme.COLOURS.items() if name != "grey"]
    return colours[(number - 1) % len(colours)]
