"""What holds the critical paths of each route, at p50 and at p99; and a what-if's two times."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme
from perfkit.views.breakdown import CATEGORIES, ink, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["before_and_after", "held"]

_ROUTES = 8
_PIECES = 6  # of a bar; what is beyond is one more
_REST = "the rest"
_OTHER = "other"
_LABEL = 34
_CHARACTER = 0.011  # of the width of the drawing, in the figure's font
_AT = ("p50", "p99")
_HOST = re.compile(r"https?://[^/]*")  # inside a bar the path says more
_EDGE = {"color": "rgba(20,20,20,0.8)", "width": 1}  # between pieces of one category


def held(result: Result) -> go.Figure:
    """Draw two bars per route: what the path consists of near p50 and near p99."""
    rows = result.arrow.to_pylist()
    routes = [list(group) for _, group in groupby(rows, key=lambda row: row["route"])][:_ROUTES]
    pieces = [piece for of_route in routes for at in _AT for piece in _pieces(of_route, at)]
    if not pieces:
        return theme.nothing(result.headline, "no request to show")
    widest = max(piece["base"] + piece["ms"] for piece in pieces)
    fig = theme.figure(result.headline, x="critical path per request (ms)")
    total: dict[str, float] = {}
    for piece in pieces:
        total[piece["category"]] = total.get(piece["category"], 0.0) + piece["ms"]
    for category in sorted(total, key=lambda name: -total[name]):
        fig.add_bar(**_bar(category, pieces, widest))
    _finish(fig, list(dict.fromkeys(piece["bar"] for piece in pieces)))
    return fig


def _pieces(rows: Sequence[dict[str, Any]], at: str) -> list[dict[str, Any]]:
    """Return the pieces of one bar, the largest first, each with where it begins."""
    column = f"at_{at}_ms"
    largest = sorted((row for row in rows if row[column] > 0), key=lambda row: -row[column])
    bar = theme.safe(f"{shown(rows[0]['route'], _LABEL)}  {at}")
    kept = [(row["operation"], row["category"] or _OTHER, row[column]) for row in largest[:_PIECES]]
    if rest := sum(row[column] for row in largest[_PIECES:]):
        kept.append((_REST, _OTHER, rest))
    pieces, base = [], 0.0
    for name, category, ms in kept:
        known = category if category in CATEGORIES else _OTHER
        pieces.append({"bar": bar, "name": name, "category": known, "ms": ms, "base": base})
        base += ms
    return pieces


def _bar(category: str, pieces: Sequence[dict[str, Any]], widest: float) -> dict[str, Any]:
    mine = [piece for piece in pieces if piece["category"] == category]
    return {
        "base": [round(piece["base"], 3) for piece in mine],
        "x": [round(piece["ms"], 3) for piece in mine],
        "y": [piece["bar"] for piece in mine],
        "orientation": "h",
        "name": theme.safe(category),
        "marker": look(category) | {"line": _EDGE},
        "text": [_inside(piece, widest) for piece in mine],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"color": ink(category)},
        "customdata": [theme.safe(shown(piece["name"], 90)) for piece in mine],
        "hovertemplate": "%{y}<br>%{customdata}<br>%{x:,.3~f} ms<extra>%{fullData.name}</extra>",
    }


def _inside(piece: dict[str, Any], widest: float) -> str:
    """Return as much of the operation's name as fits its piece."""
    fits = int(piece["ms"] / widest / _CHARACTER) if widest else 0
    if fits < len("select"):
        return ""
    return theme.safe(shown(_HOST.sub("", piece["name"]), fits))


def before_and_after(result: Result) -> go.Figure:
    """Draw the mean duration of each route as it was and as it would be."""
    rows = [row for row in result.arrow.to_pylist() if row["affected"]][:_ROUTES]
    if not rows:
        return theme.nothing(result.headline, "no request to show")
    labels = [theme.safe(f"{shown(row['route'], _LABEL)} ({row['affected']:,})") for row in rows]
    fig = theme.figure(result.headline, x="mean duration of a request (ms)")
    for name, column, colour, shape in (
        ("as recorded", "mean_ms", "grey", ""),
        ("simulated", "mean_after_ms", "green", "/"),
    ):
        fig.add_bar(
            x=[round(row[column], 3) for row in rows],
            y=labels,
            orientation="h",
            name=name,
            marker={"color": theme.COLOURS[colour], "pattern": {"shape": shape, "size": 5}},
            text=[units.format_ms(row[column]) for row in rows],
            textposition="auto",
            hovertemplate="%{y}<br>%{x:,.3~f} ms<extra>%{fullData.name}</extra>",
        )
    _finish(fig, labels)
    fig.update_layout(barmode="group")
    return fig


def _finish(fig: go.Figure, bars: Sequence[str]) -> None:
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=bars
    )
    fig.update_layout(barmode="overlay", bargap=0.3)
    theme.legend_below(fig, 30 * max(3, len(bars)))
