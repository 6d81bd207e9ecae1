"""What the indexes to create save, and what those to drop occupy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit import units
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.results import Result

__all__ = ["figure"]

_BARS = 15
_NEW, _SMALLER = ("create", "replace"), ("drop", "rebuild")
_MB = 1024 * 1024


def figure(result: Result) -> go.Figure:
    """Return time saved by indexes to create; if there are none, the size of those to change."""
    rows = result.arrow.to_pylist()
    creates = [row for row in rows if row["action"] in _NEW]
    if creates:
        saved = [((row["saves_ms"] or 0.0) * (row["calls"] or 0), row) for row in creates]
        scaled = [(ms / 1000, _saving(ms), row) for ms, row in saved]
        return _bars(result.headline, "time saved in all calls (s)", scaled)
    others = [(row["size_bytes"] or 0, row) for row in rows if row["action"] in _SMALLER]
    sizes = [
        (size / _MB, f"{row['action']}: {units.format_bytes(size)}", row) for size, row in others
    ]
    return _bars(result.headline, "size of indexes to drop or rebuild (MB)", sizes)


def _bars(
    title: str, unit: str, measured: Sequence[tuple[float, str, Mapping[str, Any]]]
) -> go.Figure:
    """Draw the largest on top, each with its value and whether it is proven."""
    bars = sorted(measured, key=lambda bar: -bar[0])[:_BARS]
    rows = [row for _, _, row in bars]
    picture = theme.figure(title, x=unit, height=130 + 34 * max(2, len(bars)))
    picture.add_trace(
        go.Bar(
            x=[value for value, _, _ in bars],
            y=[theme.safe(f"{row['table']}: {row['index']}", 60) for row in rows],
            orientation="h",
            marker={
                "color": theme.COLOURS["blue"],
                # not by colour alone: what is not proven is hatched
                "pattern": {"shape": ["" if row["proven"] else "/" for row in rows]},
            },
            text=[f"{text}, {'' if row['proven'] else 'not '}proven" for _, text, row in bars],
            textposition="outside",
            cliponaxis=False,
            hovertext=[theme.safe(_hover(row), 240) for row in rows],
            hoverinfo="text+x",
            name=unit,
        )
    )
    if len(measured) > _BARS:
        picture.update_yaxes(title=f"the largest {_BARS} of {len(measured):,}")
    # room for the labels behind the longest bar
    picture.update_xaxes(range=[0, max((value for value, _, _ in bars), default=0.0) * 1.5 or 1])
    return picture.update_yaxes(autorange="reversed", showgrid=False)


def _saving(ms: float) -> str:
    return units.format_ms(ms) if ms else "saving not known"


def _hover(row: Mapping[str, Any]) -> str:
    price = f"; its price: {row['write_cost']}" if row["write_cost"] else ""
    return f"({row['columns']}): {row['reason']}{price}"
