"""Latency of every request in the order they were sent, and how the latencies spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pyarrow.compute as pc

from perfkit.views import theme, thinning

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")


def figure(result: Result) -> go.Figure:
    """Draw dots over the sequence on the left, their distribution on the right."""
    samples = result.series["samples"]
    drawn = theme.figure(result.headline, x="number of the request, in order", y="latency (ms)")
    _two_columns(drawn)
    for number, row in enumerate(result.arrow.select(["name", "p50_ms"]).to_pylist()):
        mine = samples.filter(pc.equal(samples["name"], row["name"]))
        look = _Look(theme.safe(row["name"]), number)
        good, failed = (mine.filter(keep) for keep in _split(mine))
        drawn.add_traces([_dots(good, look), _spread(good, look)])
        if failed.num_rows:
            drawn.add_trace(_crosses(failed, look))
    return drawn


class _Look:
    """Name, colour and symbol of one request's traces."""

    def __init__(self, name: str, number: int) -> None:
        colours = list(theme.COLOURS.values())
        self.name = name
        self.colour = colours[number % len(colours)]
        self.symbol = _SYMBOLS[number % len(_SYMBOLS)]


def _two_columns(drawn: go.Figure) -> None:
    style = {"gridcolor": drawn.layout.xaxis.gridcolor, "linecolor": drawn.layout.xaxis.linecolor}
    drawn.update_layout(
        xaxis={"domain": [0.0, 0.7]},
        yaxis={"rangemode": "tozero"},
        xaxis2={"domain": [0.74, 1.0], "showticklabels": False, **style},
        boxmode="group",
    )


def _split(mine: pa.Table) -> tuple[Any, Any]:
    good = pc.and_(pc.is_null(mine["error"]), pc.is_valid(mine["duration_ms"]))
    return good, pc.is_valid(mine["error"])


def _dots(samples: pa.Table, look: _Look) -> go.Scatter:
    values = samples["duration_ms"].to_numpy()
    kept = thinning.kept(values)
    thinned = f" (lowest and highest of {values.size:,})" if kept.size < values.size else ""
    return go.Scatter(
        x=samples["request"].to_numpy()[kept],
        y=values[kept],
        name=look.name + thinned,
        mode="markers",
        marker={"color": look.colour, "symbol": look.symbol, "size": 5, "opacity": 0.7},
    )


def _spread(samples: pa.Table, look: _Look) -> go.Box:
    """Draw a box: quartiles, median, whiskers at 1.5 times the quartiles' distance."""
    return go.Box(
        y=samples["duration_ms"].to_numpy()[: thinning.LIMIT],
        name=look.name,
        boxpoints=False,
        notched=True,
        marker={"color": look.colour},
        showlegend=False,
        xaxis="x2",
    )


def _crosses(samples: pa.Table, look: _Look) -> go.Scatter:
    """Mark failed requests on the ground line."""
    rows = samples.slice(0, thinning.LIMIT)
    return go.Scatter(
        x=rows["request"].to_numpy(),
        y=[0.0] * rows.num_rows,
        name=f"{look.name}: failed",
        mode="markers",
        marker={"color": theme.COLOURS["red"], "symbol": "x-thin-open", "size": 9},
        text=[theme.safe(kind) for kind in rows["error"].to_pylist()],
    )
