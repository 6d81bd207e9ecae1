"""Burn rates over time against the thresholds of alerts; by route where requests have no time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.slos.windows import length
from perfkit.views import theme
from perfkit.visible import visible

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_NAME = 56
_ROUTES = 20
_MARKERS = ("circle", "diamond", "square", "triangle-up")
_COLOURS = ("blue", "red", "green", "purple")
#: Above it a linear axis hides what is near 1; below a tenth nothing is wrong.
_LINEAR, _LEAST = 30.0, 0.1
_FIRED = "rgba(213,94,0,0.14)"


def figure(result: Result) -> go.Figure:
    """Draw what burns most: a step per period, thresholds as lines, fired alerts shaded.

    A burn rate of 1 uses the budget up exactly; above it the budget is broken.
    """
    burn = result.series.get("burn")
    if burn is not None and np.isfinite(burn["burn_rate"].to_numpy()).any():
        return _over_time(result, burn)
    told = result.arrow.select(["route", "budget", "verdict", "burn_rate"]).to_pylist()
    rows = [row for row in told if _known(row["burn_rate"])]
    if not rows:
        return theme.nothing(visible(result.headline), "no burn rate is known")
    return _by_route(result, rows)


def _known(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def _over_time(result: Result, burn: pa.Table) -> go.Figure:
    most = float(np.nanmax(burn["burn_rate"].to_numpy()))
    logarithmic = most > _LINEAR
    low = f" ({_LEAST:g}: or less)" if logarithmic else ""
    drawn = theme.figure(
        visible(result.headline),
        x="time (UTC)",
        y=f"burn rate{low}",
        height=440,
    )
    for number, key in enumerate(burn["key"].unique().to_pylist()):
        mine = burn.filter(_is(burn["key"], key))
        drawn.add_scatter(**_steps(number, key, mine, least=_LEAST if logarithmic else 0.0))
    _thresholds(drawn, result.series["thresholds"], top=most, logarithmic=logarithmic)
    _shaded(drawn, result.sections.get("Alerts that would have fired"))
    drawn.update_xaxes(type="date")
    axis = {"type": "log", "tickformat": ",~r"} if logarithmic else {"rangemode": "tozero"}
    drawn.update_yaxes(**axis)
    theme.legend_below(drawn, 300)
    return drawn


def _is(column: pa.ChunkedArray, key: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.equal(column, key)


def _steps(number: int, key: str, burn: pa.Table, *, least: float) -> dict[str, Any]:
    at = np.asarray(burn["at"].cast("int64").to_numpy() // 1_000_000, "datetime64[ms]")
    rates = np.maximum(burn["burn_rate"].to_numpy(), least)  # NaN stays: nothing was requested
    every = length(burn["seconds"][0].as_py())
    return {
        "x": at,
        "y": [None if math.isnan(rate) else float(f"{rate:.4g}") for rate in rates],
        "name": theme.safe(f"{visible(key, _NAME)}, every {every}", _NAME + 20),
        "mode": "lines+markers",
        "line": {
            "shape": "hv",
            "color": theme.COLOURS[_COLOURS[number % len(_COLOURS)]],
            "width": 1.5,
        },
        "marker": {"symbol": _MARKERS[number % len(_MARKERS)], "size": 5},
        "customdata": np.round(burn["requests"].to_numpy()).astype(np.int64),
        "hovertemplate": "%{x}<br>burn rate %{y:,.3~g}, %{customdata:,} requests<extra></extra>",
    }


def _thresholds(drawn: go.Figure, table: pa.Table, *, top: float, logarithmic: bool) -> None:
    """Draw 1, and the thresholds that what was seen comes near."""
    grey = theme.COLOURS["grey"]
    for row in table.to_pylist():
        rate = row["burn_rate"]
        if rate > max(1.0, 2 * top):
            continue
        dash = "solid" if rate == 1 else "dash"
        drawn.add_hline(y=rate, line={"color": grey, "width": 1.5, "dash": dash})
        drawn.add_annotation(
            text=theme.safe(f"{rate:g}: {row['meaning']}"),
            x=0,
            xref="paper",
            xanchor="left",
            y=math.log10(rate) if logarithmic else rate,  # plotly wants it so
            yanchor="bottom",
            showarrow=False,
            font={"color": grey, "size": 11},
        )


def _shaded(drawn: go.Figure, alerts: pa.Table | None) -> None:
    if alerts is None:
        return
    times = (alerts[name].cast("int64").to_numpy() // 1_000_000 for name in ("fired_at", "until"))
    for fired, until in sorted(set(zip(*times, strict=True))):
        ends = [str(np.datetime64(int(ms), "ms")) for ms in (fired, until)]
        drawn.add_vrect(x0=ends[0], x1=ends[1], fillcolor=_FIRED, line={"width": 0}, layer="below")


def _by_route(result: Result, rows: list[dict[str, Any]]) -> go.Figure:
    shown = rows[:_ROUTES]
    drawn = theme.figure(
        visible(result.headline),
        x="burn rate: share over the limit by share allowed (1: the budget is used up)",
        height=170 + 28 * len(shown),
    )
    drawn.add_bar(
        x=[float(f"{row['burn_rate']:.4g}") for row in shown],
        y=[_label(row) for row in shown],
        orientation="h",
        name="burn rate",
        marker={
            "color": [
                theme.COLOURS["red" if row["verdict"] == "broken" else "blue"] for row in shown
            ],
            "pattern": {"shape": ["/" if row["verdict"] == "broken" else "" for row in shown]},
        },
        text=[row["verdict"] for row in shown],
        hovertemplate="%{y}<br>burn rate %{x:,.3~g}: %{text}<extra></extra>",
    )
    drawn.add_vline(x=1, line={"color": theme.COLOURS["grey"], "width": 1.5})
    drawn.update_yaxes(autorange="reversed", type="category")
    return drawn


def _label(row: dict[str, Any]) -> str:
    return theme.safe(visible(f"{row['route'] or 'no route'}: {row['budget']}"), _NAME)
