"""Plans as trees of bars: every node a row, dark what it takes alone, light with all below it.

Numbers stand beside the bars in columns of equal characters, so that they line up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.units import format_count, format_ms
from perfkit.views import theme
from perfkit.views.explain_rows import COLUMNS, Row, measured, rows
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go
    import pyarrow as pa

__all__ = ["single", "together"]

_PER_ROW, _BELOW_AXIS, _PER_LINE = 21, 40, 18  # pixels
_LONG = 0.5  # of the longest bar: beyond it words stand inside
_OF_TWO = 30  # nodes of each of two plans
_FONT = {"family": "monospace", "size": 11}
_SPACE = "\u00a0"  # ordinary blanks are drawn as one
_BELOW = "rgba(127,127,127,0.28)"
_SCALE = ("dark: the node alone; light: with all below it",)
_MARKS = "\u25b2 striped: a finding"
_LONGEST_HOVER, _LONGEST_LABEL = 160, 48
_GAP = -1  # pixels from the drawing: the header stands over its columns


def single(
    title: str,
    nodes: pa.Table,
    found: Mapping[int, Sequence[str]],
    others: Sequence[Row] = (),
) -> go.Figure:
    """Return the tree of one plan; ``others`` took time outside of the nodes."""
    table = nodes.to_pylist()
    timed = measured(table)
    drawn = [*rows(table, found, timed=timed), *(others if timed else ())]
    return _figure(title, drawn, timed=timed)


def together(
    title: str, plans: Sequence[tuple[str, pa.Table]], found: Mapping[int, Sequence[str]]
) -> go.Figure:
    """Return two plans below each other on one scale, so that lengths can be compared.

    ``plans`` are label and node table; ``found`` belongs to the first.
    """
    tables = [nodes.to_pylist() for _, nodes in plans]
    timed = all(measured(table) for table in tables)
    drawn = []
    for n, (table, (label, _)) in enumerate(zip(tables, plans, strict=True)):
        mark = "AB"[n]
        each = rows(table, {} if n else found, timed=timed, most=_OF_TWO, mark=mark)
        all_of_it = each[0].whole
        took = format_ms(all_of_it) if timed else f"cost {format_count(round(all_of_it))}"
        head = visible(f"{mark}: {took}, {label}", _LONGEST_LABEL)
        drawn += [Row(name=head, own=0.0, whole=all_of_it, hover=label), *each]
    return _figure(title, drawn, timed=timed)


def _figure(title: str, drawn: Sequence[Row], *, timed: bool) -> go.Figure:
    what = "time (ms)" if timed else "estimated cost of all rows"
    said = [what, *_SCALE, *([_MARKS] if any(row.found for row in drawn) else ())]
    picture = theme.figure(title)
    picture.update_xaxes(
        title_text=";<br>".join(said), rangemode="tozero", ticks="outside", nticks=5, tickangle=0,
        tickformat="" if timed else "~s",  # costs are often of eight digits
    )  # fmt: skip
    below = _BELOW_AXIS + _PER_LINE * len(said)
    picture.update_layout(
        height=picture.layout.margin.t + _PER_ROW * (len(drawn) + 1) + below,
        margin={"l": 10, "r": 10, "t": picture.layout.margin.t + _PER_ROW, "b": below},
    )
    names = _named(drawn)
    unit = "ms" if timed else "cost"
    longest = max(row.whole for row in drawn)
    picture.add_bar(
        **_bars(drawn, names, [row.own for row in drawn]), name=f"alone, {unit}", yaxis="y2",
        marker=_looks(drawn), text=[theme.safe(row.note, 60) for row in drawn], textangle=0,
        textposition=["inside" if row.own > _LONG * longest else "outside" for row in drawn],
        insidetextanchor="start", insidetextfont={"color": "#FFFFFF"}, constraintext="none",
    )  # fmt: skip
    whole = _bars(drawn, names, [row.whole for row in drawn])
    picture.add_bar(**whole, name=f"with all below, {unit}", marker={"color": _BELOW})
    _columns(picture, drawn, names)
    return picture


def _named(drawn: Sequence[Row]) -> list[str]:
    """Return names of one length, so that they are aligned on the left."""
    longest = max(len(row.name) for row in drawn)
    return [theme.safe(row.name.ljust(longest).replace(" ", _SPACE), longest) for row in drawn]


def _bars(drawn: Sequence[Row], names: Sequence[str], values: Sequence[float]) -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": list(values),
        "y": list(names),
        "hovertext": [
            "<br>".join(theme.safe(line, _LONGEST_HOVER) for line in row.hover.split("\n"))
            for row in drawn
        ],
        "hoverinfo": "text",
        "showlegend": False,
    }


def _looks(drawn: Sequence[Row]) -> dict[str, Any]:
    """Colour and pattern: neither alone must tell a finding."""
    colours = theme.COLOURS
    return {
        "color": [
            colours["grey" if row.folded else "red" if row.found else "blue"] for row in drawn
        ],
        "pattern": {"shape": ["/" if row.found else "" for row in drawn], "solidity": 0.12},
    }


def _columns(picture: go.Figure, drawn: Sequence[Row], names: Sequence[str]) -> None:
    """Set both axes: names on the left, numbers on the right, a header above them."""
    known = [n for n in range(len(COLUMNS)) if any(row.cells[n] for row in drawn)]
    table = [COLUMNS, *(row.cells for row in drawn)]
    widths = {n: max(len(cells[n]) for cells in table) for n in known}
    header, *lines = (
        "".join("  " + cells[n].rjust(widths[n]) for n in known).replace(" ", _SPACE)
        for cells in table
    )
    # The order of the drawing is that of the traces; the twin in words takes the array's.
    most_first = sorted(range(len(drawn)), key=lambda n: -drawn[n].own)
    axis = {"tickfont": _FONT, "autorange": "reversed", "type": "category", "showgrid": False,
            "fixedrange": True, "automargin": True, "ticks": "", "categoryorder": "trace",
            "tickmode": "array", "tickvals": list(names)}  # fmt: skip
    picture.update_layout(
        barmode="overlay",
        bargap=0.18,
        dragmode=False,
        yaxis=axis | {"categoryarray": [names[n] for n in most_first]},
        yaxis2=axis | {"overlaying": "y", "side": "right", "ticktext": lines},
    )
    picture.add_annotation(
        text=header, font=_FONT, showarrow=False, xref="paper", yref="paper", x=1, y=1,
        xanchor="left", yanchor="bottom", xshift=_GAP,
    )  # fmt: skip
