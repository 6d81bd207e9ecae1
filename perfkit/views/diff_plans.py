"""Two plans as pairs of bars: what each node takes on either side, the largest change on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.units import format_count, format_ms
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

    Row = dict[str, Any]

__all__ = ["figure"]

_ROWS = 30
_PER_PAIR = 34  # pixels
_LONGEST = 44  # characters of a name
#: Colour and pattern of either side: neither alone must tell them apart.
_LOOKS = (("sky", ""), ("red", "/"))


def figure(result: Result) -> go.Figure:
    """Draw the nodes that differ most; all others are one pair at the end."""
    timed = result.totals["measure"] == "time"
    columns = ("self_ms_a", "self_ms_b") if timed else ("cost_a", "cost_b")
    rows = result.arrow.to_pylist()
    if not any(row[column] for row in rows for column in columns):
        return theme.nothing(result.headline, "The plans have neither times nor costs.")
    drawn = _folded(rows, columns)
    names = _names(drawn)
    what = "time of the node alone, ms" if timed else "estimated cost of the node alone"
    fig = theme.figure(result.headline, x=what, height=150 + _PER_PAIR * len(drawn))
    show = format_ms if timed else _cost
    for column, name, (colour, pattern) in zip(
        columns, result.totals["names"], _LOOKS, strict=True
    ):
        values = [row[column] for row in drawn]
        fig.add_bar(
            orientation="h",
            name=theme.safe(name, 30),
            x=[value or 0.0 for value in values],
            y=names,
            marker={
                "color": theme.COLOURS[colour],
                "pattern": {"shape": pattern, "solidity": 0.25},
            },
            text=["none" if value is None else show(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[_hover(row, column[-1], show(row[column])) for row in drawn],
            hovertemplate="%{y}<br>%{customdata}<extra>%{fullData.name}</extra>",
        )
    _axes(fig, drawn, columns, names)
    return fig


def _axes(
    fig: go.Figure, drawn: Sequence[Row], columns: Sequence[str], names: Sequence[str]
) -> None:
    most = max(row[column] or 0.0 for row in drawn for column in columns)
    fig.update_xaxes(range=[0, most * 1.18])  # room for the number behind the longest bar
    fig.update_yaxes(
        type="category", categoryorder="array", categoryarray=list(names), autorange="reversed"
    )
    fig.update_layout(
        barmode="group",
        bargap=0.25,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )


def _cost(value: float | None) -> str:
    return "n/a" if value is None else format_count(round(value))


def _folded(rows: Sequence[Row], columns: tuple[str, str]) -> list[Row]:
    """Return the rows to draw; what is beyond them is summed up as one."""
    if len(rows) <= _ROWS:
        return list(rows)
    rest = rows[_ROWS - 1 :]
    sums = {column: sum(row[column] or 0.0 for row in rest) for column in columns}
    last = dict.fromkeys(rows[0]) | sums | {"what": f"{len(rest):,} other nodes", "change": ""}
    return [*rows[: _ROWS - 1], last]


def _names(rows: Sequence[Row]) -> list[str]:
    """Return a name for every row; what would be called the same gets a number."""
    found: list[str] = []
    seen: dict[str, int] = {}
    for row in rows:
        name = theme.safe(row["what"], _LONGEST)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _hover(row: Row, side: str, shown: str) -> str:
    kind, index = row.get(f"type_{side}"), row.get(f"index_{side}")
    if kind is None:
        return shown if not row["change"] else "not in this plan"
    lines = [f"{kind} using {index}" if index else kind, shown]
    for name, title in (("actual_rows", "rows per loop"), ("loops", "loops"), ("blocks", "blocks")):
        value = row[f"{name}_{side}"]
        lines += [f"{title}: {value:,.0f}"] if value is not None else []
    lines += [row["change"]]
    return "<br>".join(theme.safe(line, 100) for line in lines)
