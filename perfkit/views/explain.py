"""A plan as an icicle: the width of a box is the time of a node and everything below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit.units import format_count, format_ms, format_share
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.results import Result

__all__ = ["figure"]

_PER_LEVEL, _MOST_HEIGHT = 46, 900
#: Little own time to much of it: light to dark, through colours that all can tell apart.
_SCALE = ((0, "#D9E8F2"), (0.35, theme.COLOURS["orange"]), (1, theme.COLOURS["red"]))
_LEGEND = "width: {what} of a node and all below it; number and colour: of the node alone"


def figure(result: Result) -> go.Figure:
    """Return the icicle of an executed plan; planned only, boxes are as wide as estimated cost.

    The colour is the node's own share of the whole: what to look at is dark.
    """
    rows = result.arrow.to_pylist()
    timed = any(row["self_ms"] for row in rows)
    values = [row["self_ms"] if timed else row["self_cost"] for row in rows]
    picture = theme.figure(result.headline)
    picture.add_trace(
        go.Icicle(
            ids=[str(row["node_id"]) for row in rows],
            parents=[_text(row["parent_id"]) for row in rows],
            labels=[theme.safe(_label(row), 60) for row in rows],
            values=_inclusive(rows, values),
            branchvalues="total",
            text=[
                f"{_number(value, timed=timed)}, {format_share(share)}"
                for value, share in zip(values, _shares(values), strict=True)
            ],
            textinfo="label+text",
            hovertext=[
                _hover(row, value, timed=timed) for row, value in zip(rows, values, strict=True)
            ],
            hoverinfo="text",
            marker={
                "colors": _shares(values),
                "colorscale": [list(step) for step in _SCALE],
                "cmin": 0,
                "cmax": 1,
                "showscale": False,
                "line": {"color": "#FFFFFF", "width": 1},
            },
            textfont={"color": "#222222"},  # the boxes are light in every theme
            tiling={"orientation": "v"},
        )
    )
    _fit(picture, rows, "time" if timed else "estimated cost")
    return picture


def _fit(picture: go.Figure, rows: Sequence[Mapping[str, Any]], what: str) -> None:
    """Give every level its height, and say below how to read the boxes."""
    levels = max((row["depth"] for row in rows), default=0) + 1
    top = picture.layout.margin.t
    picture.update_layout(
        height=min(top + _PER_LEVEL * max(2, levels) + 40, _MOST_HEIGHT),
        margin={"l": 10, "r": 10, "b": 40},
    )
    picture.add_annotation(
        text=_LEGEND.format(what=what),
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        yshift=-8,
        showarrow=False,
    )


def _inclusive(rows: Sequence[Mapping[str, Any]], own: Sequence[float | None]) -> list[float]:
    """Add up the nodes' own values, so that no box is wider than its parent."""
    sums = [value or 0.0 for value in own]
    for row in reversed(rows):
        if row["parent_id"] is not None:
            sums[row["parent_id"]] += sums[row["node_id"]]
    return sums


def _shares(values: Sequence[float | None]) -> list[float]:
    whole = sum(value or 0.0 for value in values) or 1.0
    return [(value or 0.0) / whole for value in values]


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['node_type']} on {row['relation']}" if row["relation"] else str(row["node_type"])


def _number(value: float | None, *, timed: bool) -> str:
    if value is None:
        return ""
    return format_ms(value) if timed else f"cost {format_count(round(value))}"


def _hover(row: Mapping[str, Any], value: float | None, *, timed: bool) -> str:
    lines = [_label(row), f"alone: {_number(value, timed=timed)}"]
    if row["never_executed"]:
        lines.append("never executed")
    elif timed:
        lines += [
            f"share: {format_share(row['self_share'])}" if row["self_share"] is not None else "",
            f"rows: {row['total_rows']:,.0f} in {row['loops']:,.0f} loops",
            f"expected per loop: {row['plan_rows']:,.0f}" if row["plan_rows"] is not None else "",
        ]
    if row["self_hit_blocks"] is not None:
        lines.append(f"blocks: {row['self_hit_blocks']:,} hit, {row['self_read_blocks']:,} read")
    if row["rows_removed"]:
        lines.append(f"rows thrown away: {row['rows_removed']:,.0f}")
    if row["condition"]:
        lines.append(row["condition"])
    return "<br>".join(theme.safe(line, 160) for line in lines if line)
