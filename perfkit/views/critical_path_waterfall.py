"""One request as a waterfall: a lane per operation, the critical path on top of the spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["waterfall"]

_LANES = 24  # a lane: an operation of a service, so many levels below the request
_BARS = 800  # of either kind: a figure of them stays far below 300 KB
_LABEL = 46
_STEP, _DEEPEST = "\u203a", 5  # before what is called, once per level


def waterfall(result: Result) -> go.Figure:
    """Draw the spans of the request; what of them is on the critical path stands out."""
    spans = result.series["spans"]
    lanes = _lanes(spans)
    drawn, sections = (_longest(result.series[name], lanes) for name in ("spans", "path"))
    fig = theme.figure(
        _title(result, len(drawn), spans.num_rows), x="since the start of the request (ms)"
    )
    if drawn:
        fig.add_bar(**_spans(drawn, lanes))
    if sections:
        fig.add_bar(**_sections(sections, lanes))
    order = list(lanes.values())
    fig.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=order
    )
    fig.update_layout(barmode="overlay", bargap=0.25)
    theme.legend_below(fig, 28 * max(3, len(lanes)))
    return fig


def _lanes(spans: pa.Table) -> dict[int, str]:
    """Return a label per lane, in the order of their starts.

    If there are too many, those with the most time on the path stay, then the longest.
    """
    counted = spans.append_column("place", pa.array(range(spans.num_rows), pa.int64()))
    every = counted.group_by("lane").aggregate(
        [("place", "min"), ("place", "count"), ("path_ms", "sum"), ("duration_ms", "max")]
    )
    worth = [("path_ms_sum", "descending"), ("duration_ms_max", "descending")]
    most = every.sort_by([*worth, ("place_min", "ascending")]).slice(0, _LANES)
    request = every.filter(pc.equal(every["place_min"], 0))
    chosen = {row["place_min"]: row for table in (request, most) for row in table.to_pylist()}
    firsts = sorted(chosen)
    described = spans.select(["level", "operation", "service"]).take(firsts).to_pylist()
    alone = len(pc.unique(spans["service"])) == 1
    return {
        chosen[first]["lane"]: _label(place, span, chosen[first]["place_count"], alone=alone)
        for place, (first, span) in enumerate(zip(firsts, described, strict=True), start=1)
    }


def _label(place: int, span: dict[str, Any], times: int, *, alone: bool) -> str:
    name = f"{_STEP * min(span['level'], _DEEPEST)} {shown(span['operation'], _LABEL)}".strip()
    of = "" if alone or not span["service"] else f" [{shown(span['service'], 16)}]"
    many = f" x{times}" if times > 1 else ""
    return theme.safe(f"{place}. {name}{of}{many}", _LABEL + 40)


def _title(result: Result, drawn: int, spans: int) -> str:
    if drawn == spans:
        return result.headline
    return f"{result.headline} (showing {drawn:,} of {spans:,} spans)"


def _longest(rows: pa.Table, lanes: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return the longest rows of the lanes."""
    kept = rows.filter(pc.is_in(rows["lane"], value_set=pa.array(lanes, pa.int64())))
    order = pc.sort_indices(kept, sort_keys=[("duration_ms", "descending")])
    found: list[dict[str, Any]] = kept.take(order[:_BARS]).to_pylist()
    return found


def _spans(spans: Sequence[dict[str, Any]], lanes: Mapping[int, str]) -> dict[str, Any]:
    return {
        **_bars(spans, lanes),
        "name": "spans",
        "marker": {
            "color": theme.COLOURS["sky"],
            "opacity": 0.55,
            "line": {"color": "rgba(127,127,127,0.6)", "width": 0.5},
        },
        "customdata": [_told(span) for span in spans],
        "hovertemplate": "%{y}<br>at %{base:.3~f} ms for %{x:.3~f} ms<br>%{customdata}"
        "<extra></extra>",
    }


def _told(span: dict[str, Any]) -> str:
    slack = units.format_ms(span["slack_ms"])
    if span["path_ms"] > 0:
        return f"{units.format_ms(span['path_ms'])} of it on the critical path"
    return "on the path, by its children" if not span["slack_ms"] else f"slack {slack}"


def _sections(pieces: Sequence[dict[str, Any]], lanes: Mapping[int, str]) -> dict[str, Any]:
    return {
        **_bars(pieces, lanes),
        "name": "critical path",
        "width": 0.45,
        "marker": {
            "color": theme.COLOURS["red"],
            "pattern": {"shape": "/", "size": 4, "solidity": 0.2},
            "line": {"color": theme.COLOURS["red"], "width": 1},
        },
        "hovertemplate": "%{y}<br>critical from %{base:.3~f} ms for %{x:.3~f} ms<extra></extra>",
    }


def _bars(rows: Sequence[dict[str, Any]], lanes: Mapping[int, str]) -> dict[str, Any]:
    return {
        "base": [round(row["start_ms"], 4) for row in rows],
        "x": [round(row["duration_ms"], 4) for row in rows],
        "y": [lanes[row["lane"]] for row in rows],
        "orientation": "h",
    }
