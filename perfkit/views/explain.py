"""The picture of an explained statement: one plan, two beside each other, or a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.units import format_ms
from perfkit.views.explain_rows import Row, percent
from perfkit.views.explain_tree import single, together
from perfkit.views.sweep import sweep

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_PARTS = "parts"
_OWN = "nodes"
_WORTH_A_ROW = 0.01  # of the execution
_LABELS = ("this plan", "the other plan")


def figure(result: Result) -> go.Figure:
    """Return the most telling picture: a sweep, else two plans side by side, else one plan.

    Dark is what a node takes alone, light what it takes with all below it: milliseconds, or
    estimated cost where nothing was executed.
    """
    if "sweep" in result.series:
        return sweep(result.headline, result.series["sweep"])
    found = _found(result)
    if "other" in result.series:
        first, second = result.totals.get("labels") or _LABELS
        plans = [(str(first), result.arrow), (str(second), result.series["other"])]
        return together(result.headline, plans, found)
    return single(result.headline, result.arrow, found, _others(result))


def _found(result: Result) -> dict[int, list[str]]:
    """Return the titles of findings by the nodes that their evidence names."""
    titles: dict[int, list[str]] = {}
    for finding in result.findings:
        nodes = {row.get("node") for row in finding.evidence}
        for node in nodes:
            if isinstance(node, int):
                titles.setdefault(node, []).append(finding.title)
    return titles


def _others(result: Result) -> list[Row]:
    """Return what took time outside of the nodes, and planning, where it is worth a row."""
    table = result.series.get(_PARTS)
    found = [(row["part"], row["time_ms"], row["share"]) for row in table.to_pylist()
             if row["part"] != _OWN] if table is not None else []  # fmt: skip
    whole, planning = result.totals.get("execution_ms"), result.totals.get("planning_ms")
    if whole and planning:
        found.append(("planning, before it", planning, planning / whole))
    fired = any("trigger" in row for finding in result.findings for row in finding.evidence)
    return [
        _other(name, ms, share, found=fired and "trigger" in name)
        for name, ms, share in found
        if (ms or 0) > 0 and (share or 0) >= _WORTH_A_ROW
    ]


def _other(name: str, ms: float, share: float, *, found: bool) -> Row:
    return Row(
        name=f"  {chr(0x25B2) + ' ' if found else ''}{name}",
        own=ms,
        whole=ms,
        cells=(format_ms(ms), percent(share), "", "", ""),
        hover=f"{name}: {format_ms(ms)}, outside of the nodes",
        found=found,
    )
