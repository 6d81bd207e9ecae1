"""Time that sequential scans spent on rows they threw away, by table and condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit import units
from perfkit.views import theme

if TYPE_CHECKING:
    from perfkit.results import Result

__all__ = ["figure"]

_BARS = 20


def figure(result: Result) -> go.Figure:
    """Return one bar per scan, the longest on top, with rows read and kept in the hover."""
    rows = result.arrow.slice(0, _BARS).to_pylist()
    picture = theme.figure(
        result.headline,
        x="time of the scan, all executions (ms)",
        height=130 + 34 * max(2, len(rows)),
    )
    labels = [
        theme.safe(f"{place}. {row['table']} ({row['columns'] or 'no plain column'})", 60)
        for place, row in enumerate(rows, start=1)
    ]
    hover = [
        f"{row['executions']:,} executions<br>{row['rows_read']:,.0f} rows read"
        f"<br>{row['rows_kept']:,.0f} kept<br>{theme.safe(row['fingerprint'] or '', 100)}"
        for row in rows
    ]
    picture.add_trace(
        go.Bar(
            x=[row["self_ms"] for row in rows],
            y=labels,
            orientation="h",
            marker_color=theme.COLOURS["red"],
            text=[_label(row) for row in rows],
            textposition="outside",
            cliponaxis=False,
            hovertext=hover,
            hoverinfo="text+x",
            name="sequential scans",
        )
    )
    # room for the labels behind the longest bar
    longest = max((row["self_ms"] for row in rows), default=0.0)
    picture.update_xaxes(range=[0, longest * 1.6 or 1])
    return picture.update_yaxes(autorange="reversed", showgrid=False)


def _label(row: dict[str, Any]) -> str:
    return f"{units.format_ms(row['self_ms'])}: {row['rows_read']:,.0f} rows read"
