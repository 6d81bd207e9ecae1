"""A digest in pictures: total time by statement, over time, spread, and what ran at once.

One figure with a button per picture; only pictures that have data are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme
from perfkit.views.digest_heat import heat
from perfkit.views.digest_spread import spread
from perfkit.views.digest_time import over_time, running

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_BARS = 15
_FEW = 3
_ABOVE = 40  # pixels for the row of buttons
_SWITCHED = ("title", "xaxis", "yaxis", "showlegend", "barmode")


def figure(result: Result) -> go.Figure:
    """Draw the statements with the most total time, and behind buttons what else is known."""
    pictures = {
        "Total time": _bars(result),
        "Over time": over_time(result),
        "Durations": spread(result),
        "Heat map": heat(result),
        "At once": running(result),
    }
    drawn = {name: picture for name, picture in pictures.items() if picture is not None}
    first, *others = drawn.values()
    if not others:
        return first
    first.update_layout(title={"text": _first_title(result)})
    for picture in drawn.values():
        picture.update_layout(showlegend=sum(bool(t.name) for t in picture.data) > 1)
    counts = [len(picture.data) for picture in drawn.values()]
    buttons = [
        _button(name, picture, place, counts) for place, (name, picture) in enumerate(drawn.items())
    ]
    for picture in others:
        for trace in picture.data:
            first.add_trace(trace.update(visible=False))
    return _with_buttons(first, buttons)


def _first_title(result: Result) -> str:
    """Say how the time is divided; the headline, which names the first, stands above it."""
    share = result.arrow["share"].to_numpy()
    told = f"The first takes {units.format_share(share[0])}"
    if len(share) > _FEW:
        told += f", the first three {units.format_share(share[:_FEW].sum())}"
    total = units.format_ms(result.totals["total_ms"])
    return f"{told} of the {total} that {len(share):,} {result.noun} took"


def _button(name: str, picture: go.Figure, place: int, counts: list[int]) -> dict[str, Any]:
    """Return a button that shows the traces and the axes of one picture."""
    visible = [at == place for at, count in enumerate(counts) for _ in range(count)]
    layout = picture.layout.to_plotly_json()
    look = {part: layout.get(part) for part in _SWITCHED}
    return {"label": name, "method": "update", "args": [{"visible": visible}, look]}


def _with_buttons(drawn: go.Figure, buttons: list[dict[str, Any]]) -> go.Figure:
    height = drawn.layout.height + _ABOVE
    top = drawn.layout.margin.t + _ABOVE
    plot = height - top - drawn.layout.margin.b
    menu = {
        "type": "buttons",
        "direction": "right",
        "buttons": buttons,
        "showactive": True,
        "x": 0,
        "xanchor": "left",
        "y": 1 + 6 / plot,
        "yanchor": "bottom",
        "pad": {"t": 0, "b": 0},
        "bgcolor": "rgba(127,127,127,0.18)",
        "bordercolor": "rgba(127,127,127,0.6)",
        "font": {"size": 12},
    }
    drawn.update_layout(height=height, margin={"t": top}, updatemenus=[menu])
    drawn.update_layout(legend={"traceorder": "normal"})
    return drawn


def _bars(result: Result) -> go.Figure:
    has_rest = result.arrow.num_rows > _BARS + 1
    rows = _rows(result, 0, _BARS if has_rest else _BARS + 1)
    fig = theme.figure(result.headline, x="total time (ms)", height=160 + 30 * (len(rows) + 1))
    if has_rest:
        rows.append(_rest(result))
    fig.add_bar(
        x=[row["total_ms"] for row in rows],
        y=[_name(place, row) for place, row in enumerate(rows, start=1)],
        orientation="h",
        name="total ms",
        text=[_label(row) for row in rows],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [_colour(row) for row in rows]},
        hovertext=[theme.safe(row["what"], 600) for row in rows],
        hovertemplate="%{hovertext}<br>%{x:,.1f} ms in all<extra></extra>",
    )
    fig.update_yaxes(
        autorange="reversed", showgrid=False, tickfont={"family": "monospace", "size": 11}
    )
    # room for the labels behind the longest bar
    longest = max((row["total_ms"] for row in rows), default=0.0)
    fig.update_xaxes(range=[0, longest * 1.6 or 1], tickformat=",~r")
    return fig


def _rows(result: Result, start: int, count: int) -> list[dict[str, Any]]:
    """Return some rows of the table, ``what`` in words: a statement, or the values of a group."""
    table = result.arrow
    keys = table.column_names[: table.column_names.index("calls")]
    part = table.slice(start, count)
    columns = [*keys, "calls", "total_ms", "share"]
    rows: list[dict[str, Any]] = part.select(columns).to_pylist()
    for row in rows:
        named = (str(row[key]) for key in keys)
        row["what"] = row["fingerprint"] or "no text" if "fingerprint" in row else ", ".join(named)
    return rows


def _rest(result: Result) -> dict[str, Any]:
    others = result.arrow.slice(_BARS)
    calls, total = (others[name].to_numpy().sum().item() for name in ("calls", "total_ms"))
    share = others["share"].to_numpy().sum().item()
    text = f"{others.num_rows:,} other {result.noun}"
    return {"what": text, "calls": calls, "total_ms": total, "share": share, "rest": True}


def _name(place: int, row: dict[str, Any]) -> str:
    if "rest" in row:
        return str(row["what"])
    text = None if row.get("fingerprint", "") is None else row["what"]
    return theme.safe(f"{place}. {shown(text, 48)}")


def _label(row: dict[str, Any]) -> str:
    mean = row["total_ms"] / row["calls"] if row["calls"] else float("nan")
    return (
        f"{units.format_share(row['share'])}: {units.format_count(row['calls'])}"
        f" × {units.format_ms(mean)}"  # noqa: RUF001 - the sign of multiplication is meant
    )


def _colour(row: dict[str, Any]) -> str:
    return theme.COLOURS["grey" if "rest" in row else "blue"]
