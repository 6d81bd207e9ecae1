"""Durations over time: how many executions took how long, when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.views import theme
from perfkit.views.digest_names import edges, minutes, times

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["heat"]

_STEPS = 100
_FEWEST = 3  # columns: less is no course
#: One hue, more opaque where there is more: it reads on white and on black, without colour.
_SCALE = [[0, "rgba(0,114,178,0.06)"], [0.5, "rgba(0,114,178,0.45)"], [1, "rgba(0,114,178,1)"]]


def heat(result: Result) -> go.Figure | None:
    """Draw a heat map: time across, duration up (log), the darker the more executions."""
    table = result.series["heat"]
    if not table.num_rows:
        return None
    minute, high = minutes(table), table["to_ms"].to_numpy()
    low, calls = table["from_ms"].to_numpy(), table["calls"].to_numpy()
    first, step, count = edges(minute, _STEPS)
    known = high > 0
    if count < _FEWEST or not known.any():
        return None
    ratio = float((high[known] / low[known])[0])
    base = float(high[known].min())
    level = np.round(np.log(high[known] / base) / np.log(ratio)).astype(np.int64)
    cells = np.zeros((int(level.max()) + 1, count))
    np.add.at(cells, (level, (minute[known] - first) // step), calls[known])
    slowest = float(np.nanmax(result.arrow["max_ms"].to_numpy()))
    when = times(first, step, count)[int(np.argmax(cells[int(level.max())] > 0))]
    title = (
        f"The slowest executions, up to {units.format_ms(slowest)}, came at"
        f" {when.replace('T', ' ')} UTC"
    )
    fig = theme.figure(title, x="time (UTC)", y="duration (ms, log scale)", height=480)
    with np.errstate(divide="ignore"):
        shade = np.where(cells > 0, np.log10(cells) + 0.3, np.nan)
    fig.add_heatmap(
        x=times(first, step, count + 1),
        y=[float(f"{v:.4g}") for v in base * ratio ** (np.arange(cells.shape[0] + 1) - 1.0)],
        z=[[None if np.isnan(v) else round(float(v), 2) for v in row] for row in shade],
        customdata=cells.astype(np.int64).tolist(),
        colorscale=_SCALE,
        showscale=False,
        name="executions",
        hoverongaps=False,
        hovertemplate="%{x}<br>%{y:,.3g} ms and less<br>%{customdata:,} executions<extra></extra>",
    )
    fig.update_xaxes(type="date")
    fig.update_yaxes(type="log")
    return fig
