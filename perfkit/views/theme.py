"""One look for every figure: colours safe for the colour-blind, light and dark themes alike."""

from __future__ import annotations

import html
import json
import textwrap
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "COLOURS",
    "CONFIG",
    "PLOTLY",
    "bundle",
    "figure",
    "legend_below",
    "nothing",
    "plotly_js",
    "safe",
    "untitled",
]

#: Okabe and Ito's palette, without black (invisible on dark) and yellow (invisible on light).
COLOURS: Mapping[str, str] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "grey": "#8C8C8C",
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

#: No upload button (it would send SQL and latencies to a public server), no logo.
CONFIG: Mapping[str, Any] = {"showSendToCloud": False, "displaylogo": False, "responsive": True}

PLOTLY = "application/vnd.plotly.v1+json"

_INK = "#7F7F7F"  # mid-grey reads on white and on JupyterLab's dark background
_GRID = "rgba(127,127,127,0.25)"
_TITLE_LINE = 84  # characters: a window of 800 pixels shows them
_BELOW_AXIS = 56  # pixels: two lines of tick labels and the title of the axis
_TOP = 20  # pixels above a figure without a title
_ENTRY = 20  # pixels of one line of the legend
_NOTHING = 80  # pixels of a drawing that holds one sentence


class _Figure(go.Figure):  # type: ignore[misc]  # plotly is not typed
    """A figure that shows itself with its twins, wherever it is displayed.

    plotly's own display has no twin (nothing is seen on GitHub) and a button that uploads.
    """

    _ipython_display_ = None  # it would come before the bundle

    def _repr_mimebundle_(self, *_args: Any, **_options: Any) -> dict[str, Any]:
        return bundle(self)


def bundle(drawn: go.Figure) -> dict[str, Any]:
    """Return the MIME bundle of a figure: plotly's JSON, and what it says in HTML and text."""
    from perfkit.views import figure_text

    return {
        PLOTLY: {**json.loads(drawn.to_json()), "config": dict(CONFIG)},
        "text/html": figure_text.as_html(drawn),
        "text/plain": figure_text.as_text(drawn),
    }


def safe(text: str, limit: int = 120) -> str:
    """Make text from outside harmless in a figure: plotly understands some HTML."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return html.escape(shown.replace("\n", " "), quote=False)


def figure(title: str, *, x: str = "", y: str = "", height: int = 380) -> go.Figure:
    """Return an empty figure whose title is the conclusion; axis titles carry units.

    ``title``, ``x`` and ``y`` are plain text: they are escaped here.
    """
    lines = _lines(title)
    axis = {"gridcolor": _GRID, "zerolinecolor": _GRID, "linecolor": _INK, "automargin": True}
    axis |= {"separatethousands": True, "exponentformat": "none"}
    layout = {
        "title": {
            "text": "<br>".join(lines),
            "x": 0.01,
            "xanchor": "left",
            "font": {"size": 15, "weight": 600},
            # counted from the top edge, so that many lines do not reach into the drawing
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14},
        },
        "font": {"color": _INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(COLOURS.values()),
        "height": height,
        "margin": {"l": 60, "r": 20, "t": 32 + 20 * len(lines), "b": 50},
        "xaxis": axis | {"title": {"text": safe(x), "standoff": 8}},
        "yaxis": axis | {"title": {"text": safe(y), "standoff": 8}},
        "legend": {"orientation": "h", "y": -0.2},
        "hoverlabel": {"namelength": -1},
    }
    return _Figure(layout=layout)


def nothing(title: str, text: str) -> go.Figure:
    """Return the figure of an empty result: its title, and ``text`` where axes would be."""
    drawn = figure(title)
    drawn.add_annotation(text=text, xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False)
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False)
    drawn.update_layout(height=drawn.layout.margin.t + _NOTHING, margin={"b": 20})
    return drawn


def legend_below(drawn: go.Figure, plot: int) -> None:
    """Give the drawing ``plot`` pixels, and every legend entry a line of its own below it.

    plotly places a legend relative to the drawing: what is not measured overlaps.
    """
    entries = sum(trace.showlegend is not False for trace in drawn.data)
    below = _BELOW_AXIS + _ENTRY * entries
    drawn.update_layout(
        height=drawn.layout.margin.t + plot + below,
        margin={"b": below},
        legend={"orientation": "v", "x": 0, "y": -_BELOW_AXIS / plot, "yanchor": "top"}
        | {"traceorder": "normal"},
    )


def untitled(drawn: go.Figure, title: str) -> go.Figure:
    """Return a copy without its title if that says what already stands above it."""
    copy = go.Figure(drawn)
    if copy.layout.title.text == "<br>".join(_lines(title)):
        spare = copy.layout.margin.t - _TOP
        copy.update_layout(title={"text": ""}, margin={"t": _TOP})
        copy.update_layout(height=copy.layout.height - spare)
    return copy


def _lines(title: str) -> list[str]:
    return textwrap.wrap(safe(title, 280), _TITLE_LINE)


def plotly_js() -> str:
    """Return plotly's library, fit to stand inside a script element."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")
