"""The statements that cost most: how much of their recorded time the findings would save."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from perfkit.analyses.statements import shown
from perfkit.units import format_count, format_ms, format_share
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go

    from perfkit.results import Finding, Result

    Row = Mapping[str, Any]

__all__ = ["figure"]

_BARS, _PER_BAR = 25, 34  # the first of them; pixels
_NAME, _LINE = 44, 90  # characters
_ROOM = 1.3  # of the longest bar: for the words behind it
_ID = "fingerprint_id"
#: Colour and pattern of either part: neither alone must tell them apart.
_SAVED, _KEPT = ("red", "/"), ("sky", "")


def figure(result: Result) -> go.Figure:
    """Draw the recorded time of each statement: what may be saved, and what would remain.

    What several findings save of one statement is not added up: they may want the same time.
    """
    rows = result.arrow.slice(0, _BARS).to_pylist()
    if not any(row["total_ms"] for row in rows):
        return theme.nothing(result.headline, "No statement has a recorded time.")
    saved = _saved(result.findings)
    parts = [min(saved[row[_ID]], row["total_ms"] or 0.0) for row in rows]
    picture = theme.figure(
        result.headline,
        x="recorded time, all calls (ms)",
        height=150 + _PER_BAR * max(2, len(rows)),
    )
    names = [_name(n, row) for n, row in enumerate(rows, start=1)]
    kept = [(row["total_ms"] or 0.0) - part for row, part in zip(rows, parts, strict=True)]
    hover = [_hover(row, part) for row, part in zip(rows, parts, strict=True)]
    words = [_words(row, part) for row, part in zip(rows, parts, strict=True)]
    for name, values, (colour, pattern), text in (
        ("may be saved by a finding", parts, _SAVED, None),
        ("remains", kept, _KEPT, words),
    ):
        picture.add_bar(
            orientation="h", name=name, x=values, y=names, hovertext=hover, hoverinfo="text",
            marker={
                "color": theme.COLOURS[colour], "pattern": {"shape": pattern, "solidity": 0.25},
            },
            text=text, textposition="outside", cliponaxis=False,
        )  # fmt: skip
    _axes(picture, rows, names)
    return picture


def _axes(picture: go.Figure, rows: Sequence[Row], names: Sequence[str]) -> None:
    most = max(row["total_ms"] or 0.0 for row in rows)
    picture.update_xaxes(range=[0, most * _ROOM])
    picture.update_yaxes(
        type="category", categoryorder="array", categoryarray=list(names), autorange="reversed",
        showgrid=False,
    )  # fmt: skip
    picture.update_layout(
        barmode="stack",
        bargap=0.3,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}
        | {"traceorder": "normal"},
    )


def _saved(findings: Sequence[Finding]) -> Mapping[str, float]:
    """Return the most that one finding saves of each statement, over all recorded calls, in ms."""
    saved: dict[str, float] = defaultdict(float)
    for finding in findings:
        for key, ms in _of_each(finding):
            saved[key] = max(saved[key], ms)
    return saved


def _of_each(finding: Finding) -> list[tuple[str, float]]:
    """Return statement and ms saved: a finding of several has a row of evidence for each."""
    if _ID in finding.keys:
        return [(finding.keys[_ID], finding.saves_total_ms)]
    return [
        (row[_ID], (row.get("saves_ms") or 0.0) * max(row.get("calls") or 0, 1))
        for row in finding.evidence
        if _ID in row
    ]


def _name(number: int, row: Row) -> str:
    return theme.safe(f"{number}. {shown(row['fingerprint'] or '', _NAME)}", _NAME + 4)


def _words(row: Row, part: float) -> str:
    took = format_ms(row["total_ms"])
    if row["slowest_node"] is None:
        return f"{took}: not explained"
    if part:
        return f"{took}, {format_share(part / row['total_ms'])} may be saved"
    if row["findings"]:
        return f"{took}: {format_count(row['findings'])} finding{'s' * (row['findings'] > 1)}"
    return f"{took}: {'nothing to fix' if row['executed'] else 'planned only'}"


def _hover(row: Row, part: float) -> str:
    calls = format_count(row["calls"])
    lines = [
        *textwrap.wrap(row["fingerprint"] or "", _LINE, max_lines=3),
        f"{calls} calls, {format_ms(row['total_ms'])}, {format_share(row['share'])} of all",
        f"may be saved: {format_ms(part)}" if part else "",
        *textwrap.wrap(row["verdict"] or "", _LINE, max_lines=3),
        f"slowest node: {row['slowest_node']}" if row["slowest_node"] else "",
        *textwrap.wrap(row["index"] or "", _LINE, max_lines=2),
    ]
    return "<br>".join(theme.safe(line) for line in lines if line)
