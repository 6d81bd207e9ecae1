"""Requests over time: when they took how long, with p50 and p95 as lines over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.baselines.course import over_time
from perfkit.analyses.baselines.timeline import edges_ms
from perfkit.views import theme
from perfkit.views.baseline_axis import logarithmic
from perfkit.visible import visible

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.result import Baseline
    from perfkit.analyses.baselines.timeline import Timeline

__all__ = ["figure"]

_JOINED = 8  # buckets to a row: four rows to a doubling
#: Requests that a period needs to show a percentile at all.
_ENOUGH = {"p50": 6, "p95": 20}
#: One hue, more opaque where there is more: it reads on white and on black, without colour.
_SCALE = [[0, "rgba(0,114,178,0.08)"], [0.5, "rgba(0,114,178,0.45)"], [1, "rgba(0,114,178,1)"]]
_MOMENT = "datetime64[ms]"
_LINES = {"p50": ("solid", "green"), "p95": ("dash", "red")}


def figure(result: Baseline, route: str | None = None) -> go.Figure:
    """Draw time across, latency up (log), the darker the more requests."""
    course = result.course(route)
    whose = "All requests" if route is None else visible(route)
    table = over_time(course)
    if not table["timed"].to_numpy().any():
        return theme.nothing(
            f"{whose}: no request has both a time and a duration", "there is nothing to show"
        )
    drawn = theme.figure(
        _title(whose, table), x="time (UTC)", y="latency (ms, log scale)", height=460
    )
    _heat(drawn, course)
    for name, (dash, colour) in _LINES.items():
        drawn.add_scatter(
            x=_middles(table),
            y=_known(table, name),
            mode="lines+markers",
            marker={"size": 4, "symbol": {"p50": "circle", "p95": "diamond"}[name]},
            line={"dash": dash, "color": theme.COLOURS[colour], "width": 1.5},
            name=f"{name} of each {units.format_ms(course.step_ns / 1e6)}",
            hovertemplate=f"%{{x}}<br>{name} %{{y:,.3~g}} ms<extra></extra>",
        )
    drawn.update_xaxes(type="date")
    drawn.update_yaxes(**logarithmic(drawn.data[0].y))
    drawn.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    drawn.update_layout(margin={"t": drawn.layout.margin.t + 24})
    return drawn


def _title(whose: str, table: pa.Table) -> str:
    p95 = _known(table, "p95")
    known = np.flatnonzero(np.isfinite(p95))
    if len(known) < 2:  # noqa: PLR2004 - "highest" compares
        count = units.format_count(table["requests"].to_numpy().sum())
        return f"{whose}: {count} requests, too few to follow their p95 over time"
    most, least = (int(known[pick(p95[known])]) for pick in (np.argmax, np.argmin))
    when = np.datetime_as_string(np.asarray(table["at"], "datetime64[s]"))
    high, low = units.format_ms(p95[most]), units.format_ms(p95[least])
    return (
        f"{whose}: p95 is highest, {high}, at {when[most].replace('T', ' ')} UTC;"
        f" lowest, {low}, at {when[least].replace('T', ' ')}"
    )


def _known(table: pa.Table, name: str) -> NDArray[np.float64]:
    enough = table["timed"].to_numpy() >= _ENOUGH[name]
    return np.where(enough, np.round(table[f"{name}_ms"].to_numpy(), 4), np.nan)


def _heat(drawn: go.Figure, course: Timeline) -> None:
    known = course.bucket >= 0
    period, level = course.period[known], course.bucket[known] // _JOINED
    first, lowest = int(period.min()), int(level.min())
    cells = np.zeros((int(level.max()) - lowest + 1, int(period.max()) - first + 1))
    np.add.at(cells, (level - lowest, period - first), course.requests[known])
    rows = (np.arange(cells.shape[0] + 1) + lowest) * _JOINED
    with np.errstate(divide="ignore"):
        shade = np.where(cells > 0, np.log10(cells) + 0.3, np.nan)
    times = (first + np.arange(cells.shape[1] + 1)) * course.step_ns // 1_000_000
    drawn.add_heatmap(
        x=times.astype(_MOMENT),
        y=[float(f"{ms:.4g}") for ms in edges_ms(rows)[0]],
        z=[[None if np.isnan(v) else round(float(v), 2) for v in row] for row in shade],
        customdata=cells.astype(np.int64).tolist(),
        colorscale=_SCALE,
        showscale=False,
        name="latencies seen (ms)",
        hoverongaps=False,
        hovertemplate="%{x}<br>%{y:,.3g} ms<br>%{customdata:,} requests<extra></extra>",
    )


def _middles(table: pa.Table) -> NDArray[np.datetime64]:
    half = (table["seconds"].to_numpy() * 500).astype("timedelta64[ms]")
    middles: NDArray[np.datetime64] = np.asarray(table["at"], _MOMENT) + half
    return middles
