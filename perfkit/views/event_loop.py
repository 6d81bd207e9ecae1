"""Blocks of the event loop over time: a stem per block, a marker shape per place in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.event_loop_findings import LEAST_TOTAL_MS
from perfkit.views import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_FRAMES = 5
_POINTS = 800  # per place: the longest of every stretch of time stays
_MARKS = (
    ("circle", "blue"),
    ("diamond", "orange"),
    ("square", "green"),
    ("triangle-up", "purple"),
    ("cross", "sky"),
)


def figure(result: Result) -> go.Figure:
    """Draw lag over time, with the threshold from which asyncio itself complains."""
    table = result.arrow
    known = table.filter(pc.and_(pc.is_finite(table["lag_ms"]), table["at"].is_valid()))
    places = _places(known)
    shown = sum(min(rows.num_rows, _POINTS) for _, rows in places)
    title = result.headline
    if shown < known.num_rows:
        title += f" ({known.num_rows:,} -> {shown:,} blocks shown: the longest of each moment)"
    fig = theme.figure(title, x="time (UTC)", y="event loop blocked (ms)")
    for (name, rows), (symbol, colour) in zip(places, (*_MARKS, ("x", "grey")), strict=False):
        fig.add_scatter(**_stems(rows, symbol, colour), name=_name(name, rows))
    _threshold(fig)
    fig.update_yaxes(rangemode="tozero")
    fig.update_layout(showlegend=bool(places), margin={"r": 100})
    theme.legend_below(fig, 250)
    return fig


def _threshold(fig: go.Figure) -> None:
    colour = theme.COLOURS["red"]
    fig.add_hline(y=LEAST_TOTAL_MS, line={"dash": "dash", "width": 1, "color": colour})
    fig.add_annotation(
        text=f"{LEAST_TOTAL_MS:g} ms: slow<br>for asyncio",
        x=1,
        xref="paper",
        xanchor="left",
        y=LEAST_TOTAL_MS,
        align="left",
        showarrow=False,
        font={"color": colour},
    )


def _places(known: pa.Table) -> list[tuple[str, pa.Table]]:
    """Return the frames with the most blocked time, and all others together."""
    if not known.num_rows:
        return []
    total = known.group_by("frame").aggregate([("lag_ms", "sum")])
    order = [("lag_ms_sum", "descending"), ("frame", "ascending")]
    names = total.sort_by(order)["frame"].to_pylist()
    top = [name for name in names if name is not None][:_FRAMES]
    parts = [(name, known.filter(pc.equal(known["frame"], name))) for name in top]
    rest = known.filter(pc.invert(pc.is_in(known["frame"], value_set=pa.array(top, pa.string()))))
    return parts + ([("elsewhere", rest)] if rest.num_rows else [])


def _thin(rows: pa.Table) -> pa.Table:
    """Keep the longest block of each of :data:`_POINTS` stretches of time."""
    if rows.num_rows <= _POINTS:
        return rows
    at = rows["at"].cast(pa.int64()).to_numpy()
    bucket = (at - at.min()) * _POINTS // (at.max() - at.min() + 1)
    # rows come longest first: the first of a bucket is its longest
    _, first = np.unique(bucket, return_index=True)
    return rows.take(pa.array(first))


def _name(place: str, rows: pa.Table) -> str:
    return theme.safe(f"{place}: {rows.num_rows:,} blocks", 90)


def _stems(blocks: pa.Table, symbol: str, colour: str) -> dict[str, Any]:
    rows = _thin(blocks)
    milliseconds = rows["at"].cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.timestamp("ms"))
    return {
        "x": milliseconds.to_numpy(),
        "y": np.round(rows["lag_ms"].to_numpy(), 3),
        "mode": "markers",
        "marker": {"symbol": symbol, "color": theme.COLOURS[colour], "size": 8},
        "error_y": {
            "type": "percent",
            "symmetric": False,
            "value": 0,
            "valueminus": 100,
            "width": 0,
            "thickness": 1,
        },
        "hovertemplate": "%{x|%H:%M:%S.%L}<br>%{y:,.1f} ms<extra></extra>",
    }
