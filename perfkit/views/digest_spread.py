"""How long the executions of each of the first statements took: histograms on a log axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme
from perfkit.views.digest_names import by_row

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["spread"]

_TOP = 4
_SYMBOLS = ("circle", "square", "diamond", "x")


def spread(result: Result) -> go.Figure | None:
    """Draw one line per statement: how many calls fell into each range of durations."""
    table = result.series["histogram"]
    if not table.num_rows:
        return None
    names, place = by_row(result, table)
    low, high, calls = (table[n].to_numpy() for n in ("from_ms", "to_ms", "calls"))
    fig = theme.figure(_title(result), x="duration (ms, log scale)", y="calls", height=480)
    colours = [c for name, c in theme.COLOURS.items() if name != "grey"]
    for row in range(min(_TOP, len(names) - 1)):
        mine = np.flatnonzero((place == row) & (high > 0))
        if not len(mine):
            continue
        x, y = _outline(low[mine], high[mine], calls[mine])
        fig.add_scatter(
            x=x,
            y=y,
            name=names[row],
            mode="lines+markers",
            line={"color": colours[row], "shape": "hvh", "dash": theme.DASHES[row]},
            marker={"symbol": _SYMBOLS[row], "size": 6},
            hovertemplate="about %{x:,.3g} ms<br>%{y:,} calls<extra>%{fullData.name}</extra>",
        )
    fig.update_xaxes(type="log")
    fig.update_yaxes(rangemode="tozero")
    return fig if fig.data else None


def _outline(low: np.ndarray, high: np.ndarray, calls: np.ndarray) -> tuple[list, list]:  # type: ignore[type-arg]
    """Return the middle of every bar and its height; ranges without calls in between are 0."""
    ratio = high[0] / low[0]
    step = np.round(np.log(high / high[0]) / np.log(ratio)).astype(np.int64)
    heights = np.zeros(step[-1] + 3, np.int64)
    heights[step + 1] = calls
    middle = high[0] * ratio ** (np.arange(-1, step[-1] + 2) - 0.5)
    return [float(f"{value:.4g}") for value in middle], heights.tolist()


def _title(result: Result) -> str:
    table = result.arrow
    first = table.slice(0, 1).select(["p50_ms", "max_ms"]).to_pylist()[0]
    names = table.column_names
    who = table["fingerprint"][0].as_py() if "fingerprint" in names else str(table[0][0])
    return (
        f"{shown(who, 34, whole=20)}: half take up to {units.format_ms(first['p50_ms'])},"
        f" the slowest {units.format_ms(first['max_ms'])}"
    )
