"""Where the request time of each route goes: one bar per route, one part per cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.views import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_PATTERNS = ("", "/", "\\", "x", "-", "|", ".")
_MOST_ROUTES = 15
#: Causes from this number on share one colour.
_SMALLER = 6


def figure(result: Result) -> go.Figure:
    """Return stacked bars: seconds of request time per route, split by cause."""
    rows = result.series["routes"].to_pylist()
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["route"]] = totals.get(row["route"], 0.0) + row["ms"]
    shown = sorted(totals, key=lambda route: totals[route])[-_MOST_ROUTES:]
    labels = _labels(result)
    drawn = theme.figure(result.headline, x="request time in the incident (s)")
    for number, label in labels.items():
        parts = _seconds(rows, number)
        drawn.add_bar(
            orientation="h",
            y=[theme.safe(route, 60) for route in shown],
            x=[parts.get(route, 0.0) for route in shown],
            name=label,
            marker={
                "color": _colour(number),
                "pattern": {"shape": _PATTERNS[number], "solidity": 0.15},
            },
            # a number in every part that has room for it: the legend is not searched by colour
            text=[str(number) if 0 < number < _SMALLER else ""] * len(shown),
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertemplate="%{y}: %{x:.2f} s<extra>" + label + "</extra>",
        )
    drawn.update_layout(barmode="stack", bargap=0.3, yaxis={"dtick": 1})
    drawn.update_layout(uniformtext={"minsize": 11, "mode": "hide"})
    theme.legend_below(drawn, max(90, 34 * len(shown)))
    return drawn


def _seconds(rows: list[dict[str, Any]], number: int) -> dict[str, float]:
    """Return seconds per route of one cause; of all smaller ones for ``_SMALLER``."""
    parts: dict[str, float] = {}
    for row in rows:
        if min(row["cause"], _SMALLER) == number:
            parts[row["route"]] = parts.get(row["route"], 0.0) + row["ms"] / 1000
    return parts


def _labels(result: Result) -> dict[int, str]:
    """Return what the legend says, by number of the cause: largest first, unexplained last."""
    causes = result.arrow.select(["rule", "route"]).to_pylist()
    named = {
        number: theme.safe(f"{number}. {row['rule']} {row['route'] or ''}".strip(), 70)
        for number, row in enumerate(causes[: _SMALLER - 1], start=1)
    }
    if len(causes) >= _SMALLER:
        named[_SMALLER] = f"{len(causes) - _SMALLER + 1} smaller causes"
    return {**named, 0: "not explained"}


def _colour(number: int) -> str:
    if number == 0:
        return theme.COLOURS["grey"]
    colours = [colour for name, colour in theme.COLOURS.items() if name != "grey"]
    return colours[(number - 1) % len(colours)]
