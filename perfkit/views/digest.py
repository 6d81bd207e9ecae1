"""Statements by total time: bars, each labelled ``share: calls x mean``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_BARS = 15


def figure(result: Result) -> go.Figure:
    """Draw the statements with the most total time; the rest is one bar of its own."""
    has_rest = result.arrow.num_rows > _BARS + 1
    rows = result.arrow.slice(0, _BARS if has_rest else _BARS + 1).to_pylist()
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
        hovertext=[theme.safe(row["fingerprint"] or "no text", 600) for row in rows],
        hovertemplate="%{hovertext}<br>%{x:,.1f} ms in all<extra></extra>",
    )
    fig.update_yaxes(
        autorange="reversed", showgrid=False, tickfont={"family": "monospace", "size": 11}
    )
    # room for the labels behind the longest bar
    longest = max((row["total_ms"] for row in rows), default=0.0)
    fig.update_xaxes(range=[0, longest * 1.6 or 1], tickformat=",~r")
    return fig


def _rest(result: Result) -> dict[str, Any]:
    others = result.arrow.slice(_BARS)
    calls, total = (others[name].to_numpy().sum().item() for name in ("calls", "total_ms"))
    text = f"{others.num_rows:,} other statements"
    share = others["share"].to_numpy().sum().item()
    return {"fingerprint": text, "calls": calls, "total_ms": total, "share": share, "rest": True}


def _name(place: int, row: dict[str, Any]) -> str:
    if "rest" in row:
        return str(row["fingerprint"])
    return theme.safe(f"{place}. {shown(row['fingerprint'], 48)}")


def _label(row: dict[str, Any]) -> str:
    mean = row["total_ms"] / row["calls"] if row["calls"] else float("nan")
    return (
        f"{units.format_share(row['share'])}: {units.format_count(row['calls'])}"
        f" × {units.format_ms(mean)}"  # noqa: RUF001 - the sign of multiplication is meant
    )


def _colour(row: dict[str, Any]) -> str:
    return theme.COLOURS["grey" if "rest" in row else "blue"]
