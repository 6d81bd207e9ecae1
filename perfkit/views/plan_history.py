"""A statement's executions over time, by the shape of their plan; flips are lines."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import clock
from perfkit.units import format_share
from perfkit.views import theme
from perfkit.views.thinning import kept

if TYPE_CHECKING:
    from datetime import tzinfo

    import plotly.graph_objects as go
    import pyarrow as pa

    from perfkit.results import Result

__all__ = ["figure"]

_SHAPES = 5  # that have a look of their own
#: Colour and symbol of each shape: neither alone must tell them apart.
_LOOKS = (
    ("blue", "circle-open"),
    ("red", "triangle-up"),
    ("green", "square-open"),
    ("purple", "diamond"),
    ("orange", "x"),
    ("grey", "cross-thin-open"),
)
_OTHERS = "other plans"
_LONGEST = 70  # characters of a name
_HEIGHT = 300  # pixels
_POINTS, _FEWEST = 3000, 20  # executions that are drawn: of all shapes, of one at least
_OF_EXTREMES = 20  # one in so many is a lowest or highest of its stretch


def figure(result: Result) -> go.Figure:
    """Draw the statement that lost most by its plans, or the one with most of them."""
    points = result.series.get("points")
    if points is None or not points.num_rows:
        return theme.nothing(result.headline, "No plan has a time.")
    shapes = [(name, rows, _sample(rows, points.num_rows)) for name, rows in _by_shape(points)]
    drawn = sum(thin.num_rows for _, _, thin in shapes)
    fig = theme.figure(
        result.headline,
        x=f"time ({result.totals['zone']}){_note(points.num_rows, drawn)}",
        y="duration with a plan, ms (logarithmic)",
    )
    zone = clock.time_zone(result.totals["zone"])
    for (name, rows, thin), look in zip(shapes, _LOOKS, strict=False):
        title = f"{name} ({rows.num_rows:,}, {format_share(rows.num_rows / points.num_rows)})"
        fig.add_scatter(**_marks(thin, title, look, zone))
    flips = result.series["flips"]
    ends = _times(points, zone)
    middle = _middle(ends[0], ends[-1])
    for at, ratio in zip(_times(flips, zone), flips["ratio"].to_pylist(), strict=True):
        fig.add_vline(x=at, line={"color": theme.COLOURS["grey"], "dash": "dash"})
        fig.add_annotation(
            x=at,
            y=1,
            yref="paper",
            text=f"another plan, {ratio:,.3g} times",
            showarrow=False,
            xanchor="left" if at < middle else "right",
            yanchor="bottom",
        )
    fig.update_yaxes(type="log")
    theme.legend_below(fig, _HEIGHT)
    return fig


def _sample(rows: pa.Table, all_shapes: int) -> pa.Table:
    """Return every so manieth execution, and a few of the lowest and highest.

    Extremes alone would draw two bands with nothing between them, where most executions are.
    """
    limit = max(_FEWEST, int(_POINTS * rows.num_rows / all_shapes))
    if rows.num_rows <= limit:
        return rows
    extremes = kept(rows["duration_ms"].to_numpy(), max(2, limit // _OF_EXTREMES))
    evenly = np.linspace(0, rows.num_rows - 1, limit - extremes.size).astype(np.int64)
    return rows.take(np.union1d(evenly, extremes))


def _note(total: int, drawn: int) -> str:
    return "" if drawn >= total else f"; {drawn:,} of {total:,} executions drawn"


def _middle(first: str, last: str) -> str:
    """Return the time between two others: left of it a text stands on the right of its line."""
    low, high = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return f"{low + (high - low) / 2:%Y-%m-%dT%H:%M:%S.%f}"


def _by_shape(points: pa.Table) -> list[tuple[str, pa.Table]]:
    """Return the executions of each shape by its name, most frequent first, others as one."""
    shapes = points["shape_id"].to_pylist()
    names = dict(zip(shapes, points["shape"].to_pylist(), strict=True))
    usual = [shape for shape, _ in Counter(shapes).most_common(_SHAPES)]
    places: dict[str, list[int]] = {shape: [] for shape in usual}
    for place, shape in enumerate(shapes):
        places.setdefault(shape if shape in usual else _OTHERS, []).append(place)
    seen: Counter[str] = Counter()
    found = []
    for shape, rows in places.items():
        name = str(names.get(shape) or shape)
        seen[name] += 1
        title = name if seen[name] == 1 else f"{name} ({seen[name]})"
        found.append((title, points.take(rows)))
    return found


def _marks(points: pa.Table, name: str, look: tuple[str, str], zone: tzinfo) -> dict[str, Any]:
    colour, symbol = look
    return {
        "x": _times(points, zone),
        "y": points["duration_ms"].to_pylist(),
        "mode": "markers",
        "name": theme.safe(name, _LONGEST + 20),
        "marker": {"color": theme.COLOURS[colour], "symbol": symbol, "size": 8},
        "hovertemplate": "%{x}<br>%{y:,.3~f} ms<extra>%{fullData.name}</extra>",
    }


def _times(rows: pa.Table, zone: tzinfo) -> list[str]:
    """Return times of day as plotly takes them; it knows no time zones."""
    micros = rows["at"].cast("int64").to_numpy() // 1000
    return [f"{datetime.fromtimestamp(us / 1e6, zone):%Y-%m-%dT%H:%M:%S.%f}" for us in micros]
