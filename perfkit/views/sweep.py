"""How the plan changes with the value of a parameter: cost or time over the share of rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit.units import format_count, format_ms, format_share
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure", "sweep"]

_COLOURS = ("blue", "red", "green", "purple", "orange", "sky", "grey")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
_PLOT = 300
_FEW_DECADES = 3
_GENERIC = "generic"


def figure(result: Result) -> go.Figure:
    """Return the picture of a sweep's own Result."""
    return sweep(result.headline, result.arrow)


def sweep(title: str, table: pa.Table) -> go.Figure:
    """Return one point per value of the parameter, one colour and symbol per plan shape.

    ``table`` has value, kind, share, plan_rows, cost, shape_id, shape and execution_ms.
    """
    everything = table.to_pylist()
    rows = [row for row in everything if row["kind"] != _GENERIC]
    if not rows:
        return theme.nothing(title, "No value of the parameter was looked at.")
    timed = all(row["execution_ms"] is not None for row in rows)
    what = "execution_ms" if timed else "cost"
    across, unit = _across(rows)
    picture = theme.figure(title, x=unit, y="execution time (ms)" if timed else "estimated cost")
    for n, shape in enumerate(dict.fromkeys(row["shape"] for row in rows)):
        points = [row for row in rows if row["shape"] == shape]
        picture.add_trace(_points(points, across, what, n))
    positive = all((row[across] or 0) > 0 and (row[what] or 0) > 0 for row in rows)
    if positive:
        picture.update_xaxes(type="log", **_ticks(rows, across))
        picture.update_yaxes(type="log", **_ticks(rows, what))
    if not timed:
        _add_generic(picture, [row for row in everything if row["kind"] == _GENERIC])
    theme.legend_below(picture, _PLOT)
    return picture


def _add_generic(picture: go.Figure, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw what the plan for whatever value is expected to cost, as a line."""
    for row in rows:
        if (row["cost"] or 0) > 0:
            picture.add_hline(y=row["cost"], line={"color": theme.COLOURS["grey"], "dash": "dash"})
            picture.add_annotation(
                text=theme.safe(f"generic plan: {row['shape']}", 90),
                xref="paper",
                x=0,
                y=math.log10(row["cost"]) if picture.layout.yaxis.type == "log" else row["cost"],
                xanchor="left",
                yanchor="bottom",
                showarrow=False,
            )


def _across(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the column of the x axis: the share of rows where it is known for all."""
    if all(row["share"] for row in rows):
        return "share", "share of the rows that have the value"
    return "plan_rows", "rows expected"


def _ticks(rows: Sequence[Mapping[str, Any]], column: str) -> dict[str, Any]:
    """Return ticks at 1, 2 and 5 times powers of ten, over many decades at these alone."""
    values = [row[column] for row in rows]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    steps = (1, 2, 5) if high - low <= _FEW_DECADES else (1,)
    ticks = [step * 10.0**power for power in range(low, high + 1) for step in steps]
    text = [f"{100 * t:,.6g} %" if column == "share" else f"{t:,.6g}" for t in ticks]
    return {"tickvals": ticks, "ticktext": text}


def _points(rows: Sequence[Mapping[str, Any]], across: str, what: str, number: int) -> Any:
    return go.Scatter(
        x=[row[across] for row in rows],
        y=[row[what] for row in rows],
        mode="markers",
        name=theme.safe(rows[0]["shape"] or "no plan", 90),
        marker={
            "color": theme.COLOURS[_COLOURS[number % len(_COLOURS)]],
            "symbol": _SYMBOLS[number % len(_SYMBOLS)],
            "size": 10,
        },
        hovertext=[_hover(row) for row in rows],
        hoverinfo="text",
        showlegend=True,
    )


def _hover(row: Mapping[str, Any]) -> str:
    lines = [
        f"value: {row['value']} ({row['kind']})",
        f"share of rows: {format_share(row['share'])}" if row["share"] is not None else "",
        f"rows expected: {format_count(row['plan_rows'])}" if row["plan_rows"] is not None else "",
        f"cost: {format_count(round(row['cost']))}" if row["cost"] is not None else "",
        f"took: {format_ms(row['execution_ms'])}" if row["execution_ms"] is not None else "",
        str(row["shape"]),
    ]
    return "<br>".join(theme.safe(line, 160) for line in lines if line)
