"""What slow requests have that others have not: for each feature its share in both, as two dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_ROWS = 12
_LABEL = 46
_ROW_HEIGHT = 34


def figure(result: Result) -> go.Figure:
    """Draw the features that explain most, the strongest on top."""
    rows = result.arrow.slice(0, _ROWS).to_pylist()
    if not rows:
        return theme.nothing(result.headline, "nothing to show")
    fig = theme.figure(result.headline, x="share of the requests that have it (%)")
    labels = [_label(place, row) for place, row in enumerate(rows, start=1)]
    fig.add_scatter(**_links(rows, labels))
    fig.add_scatter(**_dots("the rest", [row["rest_share"] for row in rows], labels))
    fig.add_scatter(**_dots("the slowest", [row["slow_share"] for row in rows], labels))
    fig.update_xaxes(range=[-3, 103])
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=labels
    )
    theme.legend_below(fig, _ROW_HEIGHT * max(3, len(rows)))
    return fig


def _label(place: int, row: dict[str, Any]) -> str:
    value = f" = {row['value']}" if row["value"] is not None else ""
    many = " at or above the slow median" if row["slow_median"] is not None else ""
    name = shown(f"{row['attribute']}{value}", _LABEL)
    return theme.safe(f"{place}. {name}{many} ({shown(row['route'] or 'unnamed', 24)})")


def _links(rows: Sequence[dict[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    """Return the lines between the dots: one trace, with gaps."""
    return {
        "x": [x for row in rows for x in (100 * row["rest_share"], 100 * row["slow_share"], None)],
        "y": [y for label in labels for y in (label, label, None)],
        "mode": "lines",
        "line": {"color": theme.COLOURS["grey"], "width": 2},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dots(name: str, shares: Sequence[float], labels: Sequence[str]) -> dict[str, Any]:
    slow = name != "the rest"
    return {
        "x": [round(100 * share, 2) for share in shares],
        "y": list(labels),
        "mode": "markers",
        "name": name,
        "marker": {
            "color": theme.COLOURS["red" if slow else "blue"],
            "symbol": "diamond" if slow else "circle",
            "size": 12,
        },
        "hovertemplate": "%{y}<br>%{x:.1f} %<extra>%{fullData.name}</extra>",
    }
