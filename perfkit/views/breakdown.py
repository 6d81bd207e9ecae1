"""Where the wall time of requests goes: a stacked bar per route, in per cent, by category."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["CATEGORIES", "figure", "ink", "look"]

#: Category -> (colour, pattern): the same in every figure of traces.
CATEGORIES = {
    "app": ("green", ""),
    "db": ("blue", "/"),
    "http": ("orange", "\\"),
    "pool": ("red", "x"),
    "cache": ("sky", "-"),
    "queue": ("purple", "|"),
    "serialize": ("purple", "."),
    "rpc": ("orange", "+"),
    "template": ("green", "."),
    "lock": ("red", "|"),
    "file": ("sky", "/"),
    "unattributed": ("grey", "/"),
}
_REST = ("grey", "")
_OTHERS = "other categories"
_ROUTES = 12
_ALL = "all requests"
_LABEL = 34
_ROOM = 7.0  # per cent of a bar that hold a text


def figure(result: Result) -> go.Figure:
    """Draw the shares of the wall time, for all requests and for the routes with most time.

    A single route is all requests: it has one bar.
    """
    wall = {row["route"]: row for row in result.series["suspects"].to_pylist()}
    spent = _by_category(result.series["routes"].to_pylist())
    routes = [route for route in wall if spent.get(route)][: _ROUTES + 1]
    if not routes:
        return theme.nothing(result.headline, "no request to show")
    labels = {route: _label(route, wall[route]) for route in routes}
    fig = theme.figure(result.headline, x="share of the wall time of the requests (%)")
    for category, shares in _traces(spent, routes):
        fig.add_bar(**_bar(category, shares, routes, labels))
    order = [labels[route] for route in routes]
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=order
    )
    fig.update_xaxes(range=[0, 100])
    fig.update_layout(barmode="stack", bargap=0.3)
    theme.legend_below(fig, 30 * max(3, len(routes)))
    return fig


def look(category: str) -> dict[str, Any]:
    """Return the marker of a category: colour and pattern."""
    colour, shape = CATEGORIES.get(category, _REST)
    return {
        "color": theme.COLOURS[colour],
        "pattern": {"shape": shape, "size": 6, "solidity": 0.2},
        "line": {"color": "rgba(127,127,127,0.6)", "width": 0.5},
    }


def ink(category: str) -> str:
    """Return the colour of text on a category's bar: one that can be read on it."""
    return "#FFFFFF" if CATEGORIES.get(category, _REST)[0] == "blue" else "#111111"


def _by_category(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return ms by route and category; categories without a look of their own are one."""
    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        category = row["category"] if row["category"] in CATEGORIES else _OTHERS
        spent[_ALL][category] += row["self_ms"]
        spent[row["route"]][category] += row["self_ms"]
    return spent


def _label(route: str, row: dict[str, Any]) -> str:
    took = f"{units.format_ms(row['mean_ms'])} x {row['requests']:,}"
    return theme.safe(f"{shown(route, _LABEL)} ({took})")


def _traces(
    spent: dict[str, dict[str, float]], routes: Sequence[str]
) -> list[tuple[str, list[float]]]:
    """Return per category its share (per cent) of each route, the largest category first."""
    total = spent[_ALL]
    ordered = sorted(total, key=lambda category: (category == _OTHERS, -total[category]))
    sums = {route: sum(spent[route].values()) for route in routes}
    return [
        (name, [100 * spent[route].get(name, 0.0) / sums[route] for route in routes])
        for name in ordered
    ]


def _bar(
    category: str, shares: list[float], routes: Sequence[str], labels: dict[str, str]
) -> dict[str, Any]:
    return {
        "x": [round(share, 3) for share in shares],
        "y": [labels[route] for route in routes],
        "orientation": "h",
        "name": theme.safe(category),
        "marker": look(category),
        "text": [f"{share:.0f} %" if share >= _ROOM else "" for share in shares],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": ink(category)},
        "hovertemplate": "%{y}<br>%{x:.1f} %<extra>%{fullData.name}</extra>",
    }
