"""What the indexes to create save, and what those to drop occupy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.results import Result

__all__ = ["figure"]

_BARS = 15
_MB = 1024 * 1024


def figure(result: Result) -> go.Figure:
    """Return time saved by indexes to create, or if there are none, size of those to drop."""
    rows = result.arrow.to_pylist()
    creates = [row for row in rows if row["action"] == "create"][:_BARS]
    drops = [row for row in rows if row["action"] == "drop"][:_BARS]
    if creates:
        values = [row["saves_ms"] * row["calls"] / 1000 for row in creates]
        return _bars(result.headline, "time saved in all calls (s)", creates, values)
    sizes = [row["size_bytes"] / _MB for row in drops]
    return _bars(result.headline, "size of indexes to drop (MB)", drops, sizes)


def _bars(
    title: str, unit: str, rows: Sequence[Mapping[str, Any]], values: Sequence[float]
) -> go.Figure:
    picture = theme.figure(title, x=unit, height=130 + 34 * max(2, len(rows)))
    proven = [bool(row["proven"]) for row in rows]
    picture.add_trace(
        go.Bar(
            x=list(values),
            y=[theme.safe(f"{row['table']}: {row['index']}", 60) for row in rows],
            orientation="h",
            marker={
                "color": theme.COLOURS["blue"],
                # not by colour alone: what is not proven is hatched
                "pattern": {"shape": ["" if each else "/" for each in proven]},
            },
            text=["proven" if each else "not proven" for each in proven],
            hovertext=[theme.safe(f"({row['columns']}): {row['reason']}", 200) for row in rows],
            hoverinfo="text+x",
            name=unit,
        )
    )
    return picture.update_yaxes(autorange="reversed")
