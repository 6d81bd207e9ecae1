"""p50 and p95 over time of what changed most: one panel each, the change's time as a band."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import clock
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from datetime import tzinfo

    import plotly.graph_objects as go
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_PANEL, _BETWEEN = 190, 46
_LEGEND = 96
#: percentile -> colour, dash, marker
_LINES = {"p50": ("blue", "solid", "circle"), "p95": ("orange", "dot", "diamond")}
_BANDS = {True: "rgba(213,94,0,0.22)", False: "rgba(0,158,115,0.22)"}  # slower, faster


def figure(result: Result) -> go.Figure:
    """Draw the routes or statements with the most costly changes, the first on top.

    A band covers the time in which the change must have been (95 %), its line is the likeliest
    time; dashed lines are deploys and marks.
    """
    table = result.series["course"]
    if not table.num_rows:
        return theme.nothing(result.headline, "no change to show")
    zone = clock.time_zone(result.totals["zone"])
    keys = table["key"].unique().to_pylist()
    drawn = theme.figure(
        result.headline, x=f"time ({result.totals['zone']})", y="latency (ms, logarithmic)"
    )
    changes = _changes(result, zone)
    for panel, key in enumerate(keys):
        _course(drawn, table.filter(pc.equal(table["key"], key)), panel, zone)
        _bands(drawn, [row for row in changes if row["key"] == key], panel)
    _panels(drawn, [_name(result, key) for key in keys])
    _marks(drawn, result.series["marks"], zone)
    return drawn


def _key_column(result: Result) -> str:
    named = "fingerprint_id" in result.arrow.column_names
    return "fingerprint_id" if named else result.arrow.column_names[0]


def _changes(result: Result, zone: tzinfo) -> list[dict[str, Any]]:
    table = result.arrow
    columns = {"key": table[_key_column(result)].to_pylist()}
    columns |= {name: table[name].to_pylist() for name in ("percentile", "kind", "change_pct")}
    times = ("at", "low_at", "high_at", "until", "until_low_at", "until_high_at")
    columns |= {name: [_text(value, zone) for value in _ns(table[name])] for name in times}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _ns(column: pa.ChunkedArray) -> list[int | None]:
    values: list[int | None] = column.cast("int64").to_pylist()
    return values


def _text(ns: int | None, zone: tzinfo) -> str | None:
    """Return a time on the clock of the recording, as plotly reads it."""
    if ns is None:
        return None
    return f"{datetime.fromtimestamp(ns // 1000 / 1e6, zone):%Y-%m-%dT%H:%M:%S.%f}"


def _name(result: Result, key: str) -> str:
    if "fingerprint" in result.arrow.column_names:
        place = result.arrow["fingerprint_id"].to_pylist().index(key)
        return theme.safe(shown(result.arrow["fingerprint"][place].as_py(), 80))
    return theme.safe(key, 80)


def _axis(panel: int) -> str:
    return "y" if panel == 0 else f"y{panel + 1}"


def _course(drawn: go.Figure, part: pa.Table, panel: int, zone: tzinfo) -> None:
    at = [_text(ns, zone) for ns in _ns(part["at"])]
    key = theme.safe(part["key"][0].as_py(), 40)
    for percentile, (colour, dash, symbol) in _LINES.items():
        drawn.add_scatter(
            x=at,
            y=[float(f"{value:.4g}") for value in part[f"{percentile}_ms"].to_pylist()],
            yaxis=_axis(panel),
            name=f"{percentile} of {key}" if panel else percentile,
            legendgroup=percentile,
            showlegend=panel == 0,
            mode="lines+markers",
            line={"color": theme.COLOURS[colour], "dash": dash, "width": 1.5},
            marker={"symbol": symbol, "size": 4},
            hovertemplate="%{x}<br>%{y:,.3~g} ms<extra>" + percentile + "</extra>",
        )


def _bands(drawn: go.Figure, changes: list[dict[str, Any]], panel: int) -> None:
    for row in changes:
        slower = row["change_pct"] > 0
        look = {"yref": f"{_axis(panel)} domain", "y0": 0, "y1": 1, "layer": "below"}
        for at, low, high in (
            ("at", "low_at", "high_at"),
            ("until", "until_low_at", "until_high_at"),
        ):
            if row[low] is None:
                continue
            band = {"fillcolor": _BANDS[slower], "line": {"width": 0}}
            drawn.add_shape(type="rect", x0=row[low], x1=row[high], **look, **band)
            line = {"color": theme.COLOURS["red" if slower else "green"], "width": 1.5}
            if row["kind"] != "gradual":
                drawn.add_shape(type="line", x0=row[at], x1=row[at], **look, line=line)


def _panels(drawn: go.Figure, names: list[str]) -> None:
    """Stack the panels, each below its name."""
    plot = len(names) * (_PANEL + _BETWEEN) - _BETWEEN
    base = drawn.layout.yaxis.to_plotly_json()
    for panel, name in enumerate(names):
        high = 1 - panel * (_PANEL + _BETWEEN) / plot
        span = [max(high - _PANEL / plot, 0.0), high]
        axis = base | {"domain": span, "type": "log", "tickformat": ",~r", "nticks": 5}
        drawn.update_layout({f"yaxis{panel + 1 if panel else ''}": axis})
        drawn.add_annotation(
            text=f"<b>{name}</b>",
            x=0,
            y=high,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
        )
    drawn.update_xaxes(type="date", anchor=_axis(len(names) - 1))
    margin = drawn.layout.margin.t + 26
    drawn.update_layout(
        height=margin + plot + _LEGEND,
        margin={"t": margin, "b": _LEGEND},
        legend={"orientation": "h", "y": -54 / plot, "yanchor": "top", "x": 0},
    )


def _marks(drawn: go.Figure, marks: pa.Table, zone: tzinfo) -> None:
    """Draw deploys as dashed lines through all panels; the pointer over their top says which."""
    for ns, message in zip(_ns(marks["at"]), marks["message"].to_pylist(), strict=True):
        line = {"color": theme.COLOURS["purple"], "width": 1, "dash": "dash"}
        at = _text(ns, zone)
        drawn.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
        drawn.add_annotation(
            x=at,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right",
            text=theme.safe(message or "deploy", 24),
            showarrow=False,
            font={"color": theme.COLOURS["purple"], "size": 11},
        )
