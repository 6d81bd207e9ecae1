"""The most contended pool over time: connections in use and waiting, and every single wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import pyarrow.compute as pc

from perfkit.views import theme, thinning

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_POINTS = thinning.LIMIT // 4  # three lines and the dots share what a figure may hold


def figure(result: Result) -> go.Figure:
    """Draw the pool whose requests waited most: its state above, the waits below."""
    pool = _most_waited(result)
    state, waits = (_of(result.series[name], pool) for name in ("state", "waits"))
    drawn = theme.figure(result.headline, x="time (UTC)", y="connections")
    _two_rows(drawn)
    for trace in _steps(state):
        drawn.add_trace(trace)
    drawn.add_trace(_dots(waits))
    shown = sum(len(trace.x) for trace in drawn.data)
    if note := thinning.note(3 * state.num_rows + waits.num_rows, shown):
        drawn.add_annotation(
            text=note, xref="paper", yref="paper", x=1, y=0.49, showarrow=False, xanchor="right"
        )
    theme.legend_below(drawn, 360)
    return drawn


def _most_waited(result: Result) -> str:
    """Return the pool of the worst finding, else the one that waited longest in all."""
    for finding in result.findings:
        return str(finding.keys["pool"])
    rows = result.arrow.select(["pool", "max_wait_ms"]).to_pylist()
    worst = max(rows, key=lambda row: np.nan_to_num(row["max_wait_ms"] or 0.0), default=None)
    return "" if worst is None else str(worst["pool"])


def _of(table: pa.Table, pool: str) -> pa.Table:
    return table.filter(pc.equal(table["pool"], pool))


def _two_rows(drawn: go.Figure) -> None:
    style = {"gridcolor": drawn.layout.yaxis.gridcolor, "zeroline": False}
    drawn.update_layout(
        yaxis={"domain": [0.55, 1.0], "rangemode": "tozero"},
        yaxis2={
            "domain": [0.0, 0.42],
            "title": {"text": "wait (ms)", "standoff": 8},
            "rangemode": "tozero",
            "automargin": True,
            **style,
        },
        xaxis={"anchor": "y2"},
    )


def _steps(state: pa.Table) -> list[go.Scatter]:
    colours = theme.COLOURS
    looks: dict[str, tuple[str, dict[str, Any], str | None]] = {
        "in_use": ("in use", {"color": colours["blue"], "width": 2}, "rgba(0,114,178,0.15)"),
        "waiting": ("waiting", {"color": colours["red"], "width": 2, "dash": "dot"}, None),
        "size": ("size of the pool", {"color": colours["grey"], "dash": "dash"}, None),
    }
    return [_step(state, column, name, line, fill) for column, (name, line, fill) in looks.items()]


def _step(state: pa.Table, column: str, name: str, line: dict[str, Any], fill: Any) -> go.Scatter:
    values = state[column].to_numpy()
    kept = thinning.kept(values, _POINTS)
    filled = {"fill": "tozeroy", "fillcolor": fill} if fill else {}
    line = line | {"shape": "hv"}
    return go.Scatter(
        x=_times(state)[kept], y=values[kept], name=name, mode="lines", line=line, **filled
    )


def _dots(waits: pa.Table) -> go.Scatter:
    values = waits["wait_ms"].to_numpy()
    kept = thinning.kept(values, _POINTS)
    return go.Scatter(
        x=_times(waits)[kept],
        y=values[kept],
        name="wait of one request",
        mode="markers",
        marker={"color": theme.COLOURS["orange"], "size": 6, "symbol": "diamond", "opacity": 0.7},
        yaxis="y2",
    )


def _times(table: pa.Table) -> Any:
    """Return the column ``at`` as UTC times without a zone, as plotly wants them."""
    return table["at"].to_numpy().astype("datetime64[ns]")
