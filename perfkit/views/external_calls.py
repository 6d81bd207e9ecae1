"""How long calls to each peer take (median to slowest), their share of time, and how many fail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_PEERS = 12
_LABEL = 40
_LANE = 34  # pixels of a peer
_MARGIN = 180  # pixels on the right: "100.0 % of time, 12.3 % fail"
_LEAST_MS = 0.001  # a logarithmic axis has no zero
#: column -> (name in the legend, symbol, colour)
_MARKS = {
    "p50_ms": ("p50", "circle", "blue"),
    "p95_ms": ("p95", "diamond", "orange"),
    "p99_ms": ("p99", "square", "red"),
    "max_ms": ("slowest", "line-ns-open", "grey"),
}


def figure(result: Result) -> go.Figure:
    """Draw a line per peer, from the median to the slowest call, for those that take most time.

    A percentile of too few calls is left out.
    """
    rows = result.arrow.slice(0, _PEERS).to_pylist()
    if not rows:
        return theme.nothing(result.headline, "no calls to show")
    several = len({row["service"] for row in rows}) > 1
    fig = theme.figure(result.headline, x="duration of a call (ms, logarithmic)")
    labels = _labels(rows, several=several)
    fig.add_scatter(**_lines(rows, labels))
    for column, look in _MARKS.items():
        marks = _marks(column, look, rows, labels)
        if marks["x"]:
            fig.add_scatter(**marks)
    for row, label in zip(rows, labels, strict=True):
        _add_note(fig, row, label)
    fig.update_xaxes(type="log", dtick=1, minor={"showgrid": False})
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=labels
    )
    theme.legend_below(fig, _LANE * max(4, len(rows)))
    fig.update_layout(margin={"r": _MARGIN})
    return fig


def _labels(rows: Sequence[dict[str, Any]], *, several: bool) -> list[str]:
    """Return a name for each row; equal ones are told apart by their rank."""
    found: list[str] = []
    for row in rows:
        caller = f"{shown(row['service'] or 'unknown', 16)} > " if several else ""
        peer = shown(row["peer"], _LABEL - len(caller))
        label = theme.safe(f"{caller}{peer} ({row['kind']}, {row['calls']:,})")
        found.append(label if label not in found else f"{label} {len(found) + 1}")
    return found


def _known(row: dict[str, Any], column: str) -> float | None:
    """Return a duration to draw; None where it is unknown, or a percentile of too few calls."""
    value = row[column]
    low = row.get(column.replace("_ms", "_low_ms"), value)
    if value is None or low is None or math.isnan(value) or math.isnan(low):
        return None
    return max(float(value), _LEAST_MS)


def _lines(rows: Sequence[dict[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    """Return one line per peer, from the first mark to the last."""
    x: list[float | None] = []
    y: list[str | None] = []
    for row, label in zip(rows, labels, strict=True):
        known = [value for column in _MARKS if (value := _known(row, column)) is not None]
        x += [min(known), max(known), None]
        y += [label, label, None]
    return {
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": "rgba(127,127,127,0.55)", "width": 3},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marks(
    column: str, look: tuple[str, str, str], rows: Sequence[dict[str, Any]], labels: Sequence[str]
) -> dict[str, Any]:
    name, symbol, colour = look
    points = [
        (value, label)
        for row, label in zip(rows, labels, strict=True)
        if (value := _known(row, column)) is not None
    ]
    return {
        "x": [round(value, 4) for value, _ in points],
        "y": [label for _, label in points],
        "mode": "markers",
        "name": name,
        "marker": {
            "symbol": symbol,
            "color": theme.COLOURS[colour],
            "size": 12,
            "line": {"width": 2 if symbol.endswith("open") else 0.5},
        },
        "hovertemplate": "%{y}<br>%{x:.3~f} ms<extra>%{fullData.name}</extra>",
    }


def _add_note(fig: go.Figure, row: dict[str, Any], label: str) -> None:
    """Write the share of time and of failures behind the line."""
    share = row["share"]
    parts = [] if math.isnan(share) else [f"{units.format_share(share)} of time"]
    parts.append(f"{units.format_share(row['error_rate'])} fail" if row["errors"] else "none fail")
    fig.add_annotation(
        x=1,
        xref="paper",
        y=label,
        text=", ".join(parts),
        showarrow=False,
        xanchor="left",
        xshift=8,
        font={"color": theme.COLOURS["red"]} if row["errors"] else {},
    )
