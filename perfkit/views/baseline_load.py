"""Latency against load: does it rise with how much there is to do?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.baselines.course import over_time
from perfkit.views import theme
from perfkit.views.baseline_axis import logarithmic
from perfkit.visible import visible

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa
    from numpy.typing import NDArray

    from perfkit.analyses.baselines.result import Baseline

    Floats = NDArray[np.float64]

__all__ = ["figure"]

_ENOUGH = 20  # requests of a period, to have a p95 at all
_PERIODS = 12  # fewer show no relation
_RISES = 1.2  # p95 of the busiest third over that of the quietest: less is no matter
#: Of a rank correlation, about what 1 in 1,000 samples of 30 periods has by chance.
_RELATED = 0.6
_MARKS = {"p50": ("circle", "blue"), "p95": ("diamond", "orange")}


def figure(result: Baseline, route: str | None = None) -> go.Figure:
    """Draw a dot per period: requests per second across, p50 and p95 up."""
    course = result.course(route)
    whose = "all requests" if route is None else visible(route)
    periods = over_time(course)
    enough = periods["timed"].to_numpy() >= _ENOUGH
    if not enough.any():
        return theme.nothing(
            f"Load and latency of {whose}: no period has {_ENOUGH} requests with a duration",
            "there is nothing to show",
        )
    rate, in_flight, p95 = (
        periods[name].to_numpy()[enough] for name in ("rate_per_s", "in_flight", "p95_ms")
    )
    drawn = theme.figure(
        _title(whose, rate, p95),
        x=f"requests per second, in each {units.format_ms(course.step_ns / 1e6)}",
        y="latency (ms, log scale)",
        height=420,
    )
    for name in _MARKS:
        drawn.add_scatter(**_dots(name, rate, in_flight, periods, enough))
    drawn.update_xaxes(rangemode="tozero")
    drawn.update_yaxes(**logarithmic(value for trace in drawn.data for value in trace.y))
    drawn.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    drawn.update_layout(margin={"t": drawn.layout.margin.t + 24})
    return drawn


def _dots(
    name: str, rate: Floats, in_flight: Floats, periods: pa.Table, enough: NDArray[np.bool_]
) -> dict[str, Any]:
    symbol, colour = _MARKS[name]
    at = np.asarray(periods["at"], "datetime64[s]")[enough]
    times = [text.replace("T", " ") for text in np.datetime_as_string(at)]
    return {
        "x": np.round(rate, 4),
        "y": np.round(periods[f"{name}_ms"].to_numpy()[enough], 4),
        "mode": "markers",
        "name": name,
        "marker": {"symbol": symbol, "color": theme.COLOURS[colour], "size": 7, "opacity": 0.75},
        "customdata": list(zip(times, np.round(in_flight, 2).tolist(), strict=True)),
        "hovertemplate": f"{name} %{{y:,.3~g}} ms at %{{x:,.3~g}} requests/s<br>"
        "%{customdata[1]:,} in flight (rate times latency)<br>%{customdata[0]} UTC<extra></extra>",
    }


def _title(whose: str, rate: Floats, p95: Floats) -> str:
    if len(rate) < _PERIODS:
        return f"Load and latency of {whose}: {len(rate)} periods are too few to relate them"
    order = np.argsort(rate, kind="stable")
    third = len(rate) // 3
    quiet, busy = (float(np.median(p95[part])) for part in (order[:third], order[-third:]))
    said = (
        f"p95 {units.format_ms(busy)} in the busiest third of the time, {units.format_ms(quiet)}"
        " in the quietest"
    )
    related = _rank_correlation(rate, p95)
    if related >= _RELATED and busy >= _RISES * quiet:
        return f"Latency of {whose} rises with load: {said}"
    if related <= -_RELATED and quiet >= _RISES * busy:
        return f"Latency of {whose} falls with load: {said}"
    return f"Latency of {whose} does not follow load: {said}"


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's correlation (ties in the order of the periods); 0 without variation."""
    if not (np.ptp(one) and np.ptp(other)):
        return 0.0
    ranks = [np.argsort(np.argsort(values, kind="stable")) for values in (one, other)]
    apart = float(np.square(ranks[0] - ranks[1]).sum())
    return 1 - 6 * apart / (len(one) * (len(one) ** 2 - 1))
