"""Latency of every request in the order they were sent, and the percentiles beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import pyarrow.compute as pc

from perfkit.views import theme, thinning

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")
_PERCENTILES = 201


def figure(result: Result) -> go.Figure:
    """Draw dots over the sequence on the left; on the right, percentiles on the same scale."""
    samples = result.series["samples"]
    drawn = theme.figure(result.headline, x="request, in the order sent", y="latency (ms)")
    _two_columns(drawn)
    names = result.arrow["name"].to_pylist()
    for number, name in enumerate(names):
        mine = samples.filter(pc.equal(samples["name"], name))
        look = _Look(theme.safe(name), number, thinning.LIMIT // (2 * len(names)))
        good, failed = (mine.filter(keep) for keep in _split(mine))
        drawn.add_traces([_dots(good, look), _percentiles(good, look)])
        if failed.num_rows:
            drawn.add_trace(_crosses(failed, look))
    theme.legend_below(drawn, 260)
    return drawn


class _Look:
    """Name, colour, symbol, dash and most points of one request's traces."""

    def __init__(self, name: str, number: int, limit: int) -> None:
        colours = list(theme.COLOURS.values())
        self.name = name
        self.colour = colours[number % len(colours)]
        self.symbol = _SYMBOLS[number % len(_SYMBOLS)]
        self.dash = theme.DASHES[number % len(theme.DASHES)]
        self.limit = limit


def _two_columns(drawn: go.Figure) -> None:
    style = {"gridcolor": drawn.layout.xaxis.gridcolor, "zeroline": False}
    drawn.update_layout(
        xaxis={"domain": [0.0, 0.7]},
        yaxis={"rangemode": "tozero"},
        xaxis2={
            "domain": [0.76, 1.0],
            "range": [0, 101],
            "tickvals": [0, 50, 95],
            "title": {"text": "percentile (%)", "standoff": 8},
            **style,
        },
    )


def _split(mine: pa.Table) -> tuple[Any, Any]:
    good = pc.and_(pc.is_null(mine["error"]), pc.is_valid(mine["duration_ms"]))
    return good, pc.is_valid(mine["error"])


def _dots(samples: pa.Table, look: _Look) -> go.Scatter:
    values = samples["duration_ms"].to_numpy()
    kept = thinning.kept(values, look.limit)
    thinned = thinning.note(values.size, kept.size)
    return go.Scatter(
        x=samples["request"].to_numpy()[kept],
        y=values[kept],
        name=f"{look.name} ({thinned})" if thinned else look.name,
        mode="markers",
        marker={"color": look.colour, "symbol": look.symbol, "size": 5, "opacity": 0.7},
    )


def _percentiles(samples: pa.Table, look: _Look) -> go.Scatter:
    """Draw latency over percentile: half of the requests are below the line at 50 %."""
    values = samples["duration_ms"].to_numpy()
    at = np.linspace(0.0, 100.0, min(_PERCENTILES, values.size))
    return go.Scatter(
        x=at,
        y=np.round(np.percentile(values, at), 4) if values.size else [],
        name=look.name,
        mode="lines",
        line={"color": look.colour, "dash": look.dash, "width": 2},
        hovertemplate="%{x:.1f} % take at most %{y:,.3~f} ms<extra></extra>",
        showlegend=False,
        xaxis="x2",
    )


def _crosses(samples: pa.Table, look: _Look) -> go.Scatter:
    """Mark failed requests on the ground line."""
    rows = samples.slice(0, look.limit)
    return go.Scatter(
        x=rows["request"].to_numpy(),
        y=[0.0] * rows.num_rows,
        name=f"{look.name}: failed",
        mode="markers",
        marker={"color": theme.COLOURS["red"], "symbol": "x-thin-open", "size": 9},
        cliponaxis=False,
        text=[theme.safe(kind) for kind in rows["error"].to_pylist()],
    )
