"""Before and after as a forest plot: the shift of every key with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_ROWS = 25
_KEYS = ("route", "fingerprint", "category")
#: Okabe and Ito's colours, and a symbol each: neither alone must tell them apart.
_LOOKS = {
    "slower": ("red", "triangle-right"),
    "faster": ("blue", "triangle-left"),
    "no change detected": ("grey", "circle-open"),
    "more frequent": ("orange", "diamond"),
    "less frequent": ("sky", "diamond-open"),
}
#: Changes in per cent that the axis names.
_TICKS = (-99.9, -99, -90, -75, -50, -30, -20, -10, -5, 0, 5, 10, 20, 50, 100, 300, 1000, 10_000)
#: Small ones have room only where the axis reaches no further than so many times.
_FAR = {5: 1.6, 10: 3, 20: 5, 30: 6, 50: 30, 75: 30, 90: 300, 100: 300, 300: 3000}
_ROOM = 1.05


def figure(result: Result) -> go.Figure:
    """Draw the keys with the largest change of total time; ratios are alike in both directions."""
    by = next(name for name in _KEYS if name in result.arrow.column_names)
    rows = [row for row in result.arrow.to_pylist() if not math.isnan(row["p_value"])]
    if not rows:
        return theme.nothing(result.headline, f"No {by} has enough samples on both sides.")
    drawn = sorted(rows[:_ROWS], key=lambda row: -row["shift_pct"])
    title = result.headline
    if len(rows) > len(drawn):
        title += f" (the {_ROWS} with the largest change of total time, of {len(rows)})"
    fig = theme.figure(
        title,
        x="change of latency: multiple of before with its 95 % interval (logarithmic)",
        height=190 + 26 * len(drawn),
    )
    names = _names(drawn, by)
    for word, (colour, symbol) in _LOOKS.items():
        chosen = [at for at, row in enumerate(drawn) if row["verdict"] == word]
        if chosen:
            some = [drawn[at] for at in chosen]
            fig.add_scatter(**_marks(some, [names[at] for at in chosen], word, colour, symbol))
    fig.add_vline(x=1, line={"color": theme.COLOURS["grey"], "width": 1.5, "dash": "dot"})
    ticks = _ticks(drawn)
    texts = [f"{tick:+,g} %" if tick else "0 %" for tick in ticks]
    fig.update_xaxes(type="log", tickvals=list(map(_ratio, ticks)), ticktext=texts, tickangle=0)
    fig.update_yaxes(
        type="category", categoryorder="array", categoryarray=names, autorange="reversed"
    )
    fig.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return fig


def _names(rows: Sequence[dict[str, Any]], by: str) -> list[str]:
    """Return a name for every row; what is shortened to the same gets a number."""
    found: list[str] = []
    for row in rows:
        label = shown(row[by], 44) if by == "fingerprint" else row[by] or f"no {by}"
        name = theme.safe(label, 44)
        same = sum(other == name or other.startswith(f"{name} (") for other in found)
        found.append(f"{name} ({same + 1})" if same else name)
    return found


def _marks(
    rows: Sequence[dict[str, Any]], names: list[str], word: str, colour: str, symbol: str
) -> dict[str, Any]:
    at = [_ratio(row["shift_pct"]) for row in rows]
    return {
        "x": at,
        "y": names,
        "mode": "markers",
        "name": word,
        "marker": {"symbol": symbol, "color": theme.COLOURS[colour], "size": 11},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_ratio(row["high_pct"]) - x for row, x in zip(rows, at, strict=True)],
            "arrayminus": [x - _ratio(row["low_pct"]) for row, x in zip(rows, at, strict=True)],
            "color": theme.COLOURS[colour],
            "thickness": 2,
            "width": 4,
        },
        "customdata": [_told(row) for row in rows],
        "hovertemplate": "%{y}<br>%{customdata}<extra></extra>",
    }


def _told(row: dict[str, Any]) -> str:
    return (
        f"{row['shift_pct']:+,.1f} % ({row['low_pct']:+,.1f} to {row['high_pct']:+,.1f} %),"
        f" p = {row['p_value']:.2g}<br>{row['n_before']:,} before, {row['n_after']:,} after;"
        f" would have been seen: {row['detectable_pct']:.1f} %"
    )


def _ratio(change: float) -> float:
    """Return after to before of a change in per cent."""
    return 1 + max(change, -99.99) / 100


def _ticks(rows: Sequence[dict[str, Any]]) -> list[float]:
    """Return the named changes in reach of the rows' intervals; at least 10 % each way."""
    low = min(0.9, *(_ratio(row["low_pct"]) for row in rows)) / _ROOM
    high = max(1.1, *(_ratio(row["high_pct"]) for row in rows)) * _ROOM
    near = [tick for tick in _TICKS if low <= _ratio(tick) <= high]
    far = high / low
    return [tick for tick in near if far <= _FAR.get(int(abs(tick)), math.inf)]
