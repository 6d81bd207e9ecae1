"""Where an endpoint's time goes: one bar per class, which together are the whole request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from perfkit import units
from perfkit.views import theme

if TYPE_CHECKING:
    from perfkit.results import Result

__all__ = ["figure"]


def figure(result: Result) -> go.Figure:
    """Draw the classes as bars that follow each other, so that they end at the total."""
    rows = result.arrow.to_pylist()
    names = [theme.safe(row["class"]) for row in rows]
    widths = [row["ms"] for row in rows]
    starts = [sum(widths[:at]) for at in range(len(rows))]
    drawn = theme.figure(
        result.headline, x="time within the request (ms)", height=130 + 36 * max(2, len(rows))
    )
    drawn.add_trace(
        go.Bar(
            y=names,
            x=widths,
            base=starts,
            orientation="h",
            name="time",
            marker={"color": theme.COLOURS["blue"]},
            text=[
                f"{units.format_ms(row['ms'])}, {units.format_share(row['share'])}" for row in rows
            ],
            textposition="outside",
            cliponaxis=False,
            showlegend=False,
        )
    )
    total = sum(widths)
    drawn.update_layout(
        yaxis={"autorange": "reversed", "showgrid": False},
        xaxis={"range": [0, total * 1.25 or 1.0]},
    )
    return drawn
