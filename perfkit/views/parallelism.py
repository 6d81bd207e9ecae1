"""The calls of a typical request as they run, one after another, and as they could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_LANES = 12
_LABEL = 46
#: when -> (name in the legend, colour, pattern)
_KINDS = {
    "now": ("as they run", "red", "/"),
    "could be": ("as they could run", "green", ""),
}
_HEIGHT = 30  # pixels of a lane
_ROOM = 1.35  # for the words behind the longest bar


def figure(result: Result) -> go.Figure:
    """Draw the calls of the group that would save most; those of a request are lanes twice."""
    rows = result.series["example"].to_pylist()
    if not rows:
        return theme.nothing(result.headline, "no calls to show")
    fig = theme.figure(result.headline, x="since the first of the calls began (ms)")
    lanes: list[str] = []
    for when, (name, colour, pattern) in _KINDS.items():
        bars = [row for row in rows if row["when"] == when][:_LANES]
        labels = [_label(place, row) for place, row in enumerate(bars, len(lanes) + 1)]
        lanes += labels
        if bars:
            fig.add_bar(**_bars(name, (colour, pattern), bars, labels))
            _extent(fig, bars, labels, colour)
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=lanes
    )
    fig.update_layout(barmode="overlay", bargap=0.35)
    fig.update_xaxes(range=[0, _ROOM * max(map(_end, rows))])
    theme.legend_below(fig, _HEIGHT * max(4, len(lanes)))
    return fig


def _label(place: int, row: dict[str, Any]) -> str:
    return theme.safe(f"{place}. {shown(row['what'], _LABEL)}")


def _bars(
    name: str, look: tuple[str, str], rows: list[dict[str, Any]], labels: list[str]
) -> dict[str, Any]:
    colour, pattern = look
    return {
        "base": [round(row["start_ms"], 4) for row in rows],
        "x": [round(row["duration_ms"], 4) for row in rows],
        "y": labels,
        "orientation": "h",
        "name": name,
        "marker": {
            "color": theme.COLOURS[colour],
            "pattern": {"shape": pattern, "size": 4},
            "line": {"color": "rgba(127,127,127,0.6)", "width": 0.5},
        },
        "hovertemplate": "%{y}<br>at %{base:.3~f} ms for %{x:.3~f} ms<extra></extra>",
    }


def _end(row: dict[str, Any]) -> float:
    return float(row["start_ms"] + row["duration_ms"])


def _extent(fig: go.Figure, rows: list[dict[str, Any]], labels: list[str], colour: str) -> None:
    """Say beside the call that ends last how long all took: no colour is needed to find it."""
    last = max(range(len(rows)), key=lambda place: _end(rows[place]))
    fig.add_annotation(
        x=_end(rows[last]),
        y=labels[last],
        text=f"all done after {units.format_ms(_end(rows[last]))}",
        showarrow=False,
        xanchor="left",
        xshift=6,
        font={"color": theme.COLOURS[colour]},
    )
