"""Plans as icicles: the width of a box is the time of a node and everything below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from perfkit.units import format_count, format_ms
from perfkit.views import theme
from perfkit.views.explain_boxes import Box, boxes, measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

__all__ = ["side_by_side", "single"]

_PER_LEVEL, _MOST_HEIGHT = 58, 900
#: Little own time to much of it: light to dark, through colours that all can tell apart.
_SCALE = ((0, "#D9E8F2"), (0.35, theme.COLOURS["orange"]), (1, theme.COLOURS["red"]))
_LEGEND = "width: {what} of a node and all below it; number and colour: the node alone{marks}"
_MARKS = "; \u25b2 and thick edge: a finding"
_HEAD = "head"
#: Beside a plan that takes so many times longer, boxes of the other would be lines.
_MOST_RATIO = 8.0


def single(
    title: str,
    nodes: pa.Table,
    found: Mapping[int, Sequence[str]],
    parts: Sequence[tuple[str, float]] = (),
) -> go.Figure:
    """Return the icicle of one plan; ``parts`` of the execution that no node took stand beside."""
    rows = nodes.to_pylist()
    timed = measured(rows)
    drawn = boxes(rows, found, timed=timed)
    if timed and parts:
        drawn = _beside(drawn, parts)
    picture = theme.figure(title)
    picture.add_trace(_trace(drawn).update(name=_unit(timed=timed)))
    return _fit(picture, _levels([drawn]), timed=timed, marked=bool(found))


def side_by_side(
    title: str,
    plans: Sequence[tuple[str, pa.Table]],
    found: Mapping[int, Sequence[str]],
) -> go.Figure:
    """Return two plans with one scale; one that would be a line is drawn larger, and says so.

    ``plans`` are label and node table; ``found`` belongs to the first.
    """
    tables = [nodes.to_pylist() for _, nodes in plans]
    timed = all(measured(rows) for rows in tables)
    drawn = [boxes(rows, found if n == 0 else {}, timed=timed) for n, rows in enumerate(tables)]
    most = max(each[0].value for each in drawn)
    picture = theme.figure(title)
    for n, (each, (label, _)) in enumerate(zip(drawn, plans, strict=True)):
        trace = _trace(_under_head(each, label, most, timed=timed))
        trace.update(
            domain={"x": [0.51 * n, 0.49 + 0.51 * n]},
            name=theme.safe(f"{label}: {_unit(timed=timed)}", 80),
        )
        picture.add_trace(trace)
    return _fit(picture, _levels(drawn) + 1, timed=timed, marked=bool(found))


def _under_head(drawn: list[Box], label: str, most: float, *, timed: bool) -> list[Box]:
    """Put the plan under a box that names it and is as wide as the longer plan."""
    own = drawn[0].value
    ratio = most / own if own else 1.0
    enlarged = ratio > _MOST_RATIO
    amount = format_ms(own) if timed else f"cost {format_count(round(own))}"
    larger = f", drawn {format_count(ratio)} times wider" if enlarged else ""
    head = Box(
        id=_HEAD, parent="", label=theme.safe(f"{label}: {amount}{larger}", 90), text="", hover="",
        value=own if enlarged else most, own=0.0,
    )  # fmt: skip
    return [head, *_hung(drawn)]


def _beside(drawn: list[Box], parts: Sequence[tuple[str, float]]) -> list[Box]:
    """Put the plan under a box for the whole execution, and the other parts beside it."""
    whole = drawn[0].value + sum(ms for _, ms in parts)
    head = Box(
        id=_HEAD, parent="", label=f"execution, {format_ms(whole)}", text="", hover="",
        value=whole, own=0.0,
    )  # fmt: skip
    others = [
        Box(
            id=f"part {n}", parent=_HEAD, label=theme.safe(name, 40), text=format_ms(ms),
            hover=theme.safe(f"{name}: {format_ms(ms)}, outside of the nodes"), value=ms,
            own=ms / whole,
        )
        for n, (name, ms) in enumerate(parts)
    ]  # fmt: skip
    return [head, *_hung(drawn), *others]


def _hung(drawn: list[Box]) -> list[Box]:
    return [replace(drawn[0], parent=_HEAD), *drawn[1:]]


def _trace(drawn: Sequence[Box]) -> Any:
    return go.Icicle(
        ids=[box.id for box in drawn],
        parents=[box.parent for box in drawn],
        labels=[box.label for box in drawn],
        values=[box.value for box in drawn],
        branchvalues="total",
        text=[box.text for box in drawn],
        textinfo="label+text",
        hovertext=[box.hover for box in drawn],
        hoverinfo="text",
        marker={
            "colors": [box.own for box in drawn],
            "colorscale": [list(step) for step in _SCALE],
            "cmin": 0,
            "cmax": 1,
            "showscale": False,
            "line": {
                "color": [theme.COLOURS["blue"] if box.marked else "#FFFFFF" for box in drawn],
                "width": [3 if box.marked else 1 for box in drawn],
            },
        },
        textfont={"color": "#222222"},  # the boxes are light in every theme
        tiling={"orientation": "v"},
        sort=False,
    )


def _unit(*, timed: bool) -> str:
    return "time (ms)" if timed else "estimated cost"


def _levels(drawn: Sequence[Sequence[Box]]) -> int:
    deepest = 1
    for each in drawn:
        depth: dict[str, int] = {"": 0}
        for box in each:
            depth[box.id] = depth.get(box.parent, 0) + 1
        deepest = max(deepest, *depth.values())
    return deepest


def _fit(picture: go.Figure, levels: int, *, timed: bool, marked: bool) -> go.Figure:
    """Give every level its height, and say below how to read the boxes."""
    top = picture.layout.margin.t
    picture.update_layout(
        height=min(top + _PER_LEVEL * max(2, levels) + 40, _MOST_HEIGHT),
        margin={"l": 10, "r": 10, "b": 40},
        uniformtext={"minsize": 9, "mode": "hide"},
    )
    what = "time" if timed else "estimated cost"
    picture.add_annotation(
        text=_LEGEND.format(what=what, marks=_MARKS if marked else ""),
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        yshift=-8,
        showarrow=False,
    )
    return picture
