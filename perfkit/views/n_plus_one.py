"""One request of the costliest N+1 on a timeline: a lane per operation, the repeats marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_LANES = 14
#: what a bar shows -> (colour, pattern, which rows)
_KINDS: dict[str, tuple[str, str, Callable[[dict[str, Any]], bool]]] = {
    "the request": ("grey", "", lambda row: row["request"]),
    "repeated calls": ("red", "/", lambda row: row["repeated"]),
    "everything else": ("blue", "", lambda row: not (row["request"] or row["repeated"])),
}
_LABEL = 46
_ROOM = 1.25  # behind the request, for what is said of its calls


def figure(result: Result) -> go.Figure:
    """Draw what one typical request did, and when; its repeated calls stand out."""
    rows = result.series["example"].to_pylist()
    if not rows:
        return theme.nothing(result.headline, "no request to show")
    lanes = _lanes(rows)
    fig = theme.figure(result.headline, x="since the start of the request (ms)")
    shown_rows = [row for row in rows if _key(row) in lanes]
    for name, (colour, pattern, is_kind) in _KINDS.items():
        bars = [row for row in shown_rows if is_kind(row)]
        if bars:
            fig.add_bar(**_bars(name, colour, pattern, bars, lanes))
    _direct_labels(fig, shown_rows, lanes)
    order = list(lanes.values())
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=order
    )
    fig.update_layout(barmode="overlay", bargap=0.4)
    theme.legend_below(fig, 34 * max(3, len(lanes)))
    return fig


def _key(row: dict[str, Any]) -> tuple[str, bool]:
    return row["what"], row["request"]


def _lanes(rows: list[dict[str, Any]]) -> dict[tuple[str, bool], str]:
    """Return a label per operation: the request first, the rest in order of time."""
    ordered = sorted(rows, key=lambda row: not row["request"])
    count: dict[tuple[str, bool], int] = {}
    for row in ordered:
        count[_key(row)] = count.get(_key(row), 0) + 1
    must = {_key(row) for row in rows if row["repeated"]}
    kept = [*must, *(key for key in count if key not in must)][:_LANES]
    return {
        key: _label(place, key[0], count[key])
        for place, key in enumerate((key for key in count if key in kept), start=1)
    }


def _label(place: int, what: str, times: int) -> str:
    label = f"{place}. {shown(what, _LABEL)}"
    return theme.safe(f"{label}  x{times}" if times > 1 else label)


def _bars(
    name: str, colour: str, pattern: str, rows: list[dict[str, Any]], lanes: dict[Any, str]
) -> dict[str, Any]:
    return {
        "base": [round(row["start_ms"], 4) for row in rows],
        "x": [round(row["duration_ms"], 4) for row in rows],
        "y": [lanes[_key(row)] for row in rows],
        "orientation": "h",
        "name": name,
        "opacity": 0.6 if name == "repeated calls" and _at_a_time(rows) > 1 else 1.0,
        # a thin gap keeps calls apart that follow each other at once
        "marker": {
            "color": theme.COLOURS[colour],
            "pattern": {"shape": pattern, "size": 4},
            "line": {"color": "rgba(127,127,127,0.6)", "width": 0.5},
        },
        "hovertemplate": "%{y}<br>at %{base:.3~f} ms for %{x:.3~f} ms<extra></extra>",
    }


def _direct_labels(fig: go.Figure, rows: list[dict[str, Any]], lanes: dict[Any, str]) -> None:
    """Say behind each repeated lane how often and how long: no colour is needed to find it."""
    for key, lane in lanes.items():
        repeated = [row for row in rows if row["repeated"] and _key(row) == key]
        if repeated:
            fig.add_annotation(
                x=max(row["start_ms"] + row["duration_ms"] for row in repeated),
                y=lane,
                text=_said(repeated),
                showarrow=False,
                xanchor="left",
                xshift=6,
                font={"color": theme.COLOURS["red"]},
            )
    end = max(row["start_ms"] + row["duration_ms"] for row in rows)
    fig.update_xaxes(range=[0, end * _ROOM])


def _said(rows: list[dict[str, Any]]) -> str:
    took = units.format_ms(sum(row["duration_ms"] for row in rows))
    most = _at_a_time(rows)
    together = f",<br>up to {most} at a time" if most > 1 else ""
    return f"{len(rows)} calls, {took}{together}"


def _at_a_time(rows: list[dict[str, Any]]) -> int:
    """Return how many of the calls run at the same moment at most."""
    ends = [(row["start_ms"] + row["duration_ms"], -1) for row in rows]
    most = running = 0
    for _, step in sorted([*ends, *((row["start_ms"], 1) for row in rows)]):
        running += step
        most = max(most, running)
    return most
