"""The course of a digest: time per statement, and how many ran at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.views import theme
from perfkit.views.digest_names import by_row, edges, lasting, minutes, times

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["over_time", "running"]

_TOP = 6
_STEPS = 120
_PATTERNS = ("", "/", "x", "-", "\\", ".", "|")


def over_time(result: Result) -> go.Figure | None:
    """Draw the time of the first statements and of the rest as stacked bars, over time."""
    table = result.series["per_minute"]
    if not table.num_rows:
        return None
    names, place = by_row(result, table)
    minute = minutes(table)
    first, step, count = edges(minute, _STEPS)
    top = min(_TOP, len(names) - 1)
    place = np.minimum(np.where(place < top, place, top), top)
    total = np.zeros((top + 1, count))
    np.add.at(total, (place, (minute - first) // step), table["total_ms"].to_numpy())
    busiest = int(total.sum(axis=0).argmax())
    axis = times(first, step, count)
    title = (
        f"Most database time passed at {axis[busiest].replace('T', ' ')} UTC:"
        f" {units.format_ms(total[:, busiest].sum())} within {lasting(step)}"
    )
    fig = theme.figure(title, x="time (UTC)", y=f"ms per {step:,} min", height=480)
    colours = [c for name, c in theme.COLOURS.items() if name != "grey"]
    for row in range(top + 1):
        if total[row].any():
            rest = row == top
            fig.add_bar(
                x=axis,
                y=np.round(total[row], 3).tolist(),
                name="the other statements" if rest else names[row],
                marker={
                    "color": theme.COLOURS["grey"] if rest else colours[row],
                    "pattern": {"shape": _PATTERNS[row % len(_PATTERNS)], "solidity": 0.25},
                },
                hovertemplate="%{x}<br>%{y:,.1f} ms<extra>%{fullData.name}</extra>",
            )
    fig.update_layout(barmode="stack", bargap=0.05)
    fig.update_xaxes(type="date")
    return fig


def running(result: Result) -> go.Figure | None:
    """Draw how many statements ran at once: the mean of each step of time, and the most."""
    table = result.series["load"]
    if not table.num_rows or not table["load"].to_numpy().any():
        return None
    minute = minutes(table)
    first, step, count = edges(minute, 10 * _STEPS)
    place = (minute - first) // step
    load, most = np.zeros(count), np.zeros(count)
    np.add.at(load, place, table["load"].to_numpy() / step)
    np.maximum.at(most, place, table["running_max"].to_numpy())
    title = (
        f"Up to {int(most.max()):,} statements ran at once; on average {load.mean():.2g},"
        f" over {lasting(step)} at most {load.max():.2g}"
    )
    fig = theme.figure(title, x="time (UTC)", y="statements running", height=480)
    axis = times(first, step, count)
    for name, values, dash, symbol, colour in (
        ("most at once", most, "dot", "diamond", "orange"),
        ("mean (load)", load, "solid", "circle", "blue"),
    ):
        fig.add_scatter(
            x=axis,
            y=np.round(values, 4).tolist(),
            name=name,
            mode="lines+markers" if count <= _STEPS else "lines",
            line={"color": theme.COLOURS[colour], "dash": dash},
            marker={"symbol": symbol, "size": 5},
            hovertemplate="%{x}<br>%{y:,.2f}<extra>%{fullData.name}</extra>",
        )
    fig.update_xaxes(type="date")
    fig.update_yaxes(rangemode="tozero")
    return fig
