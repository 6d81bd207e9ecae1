"""The picture of an explained statement: one plan, two beside each other, or a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.views.explain_icicle import side_by_side, single
from perfkit.views.explain_sweep import sweep

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_PARTS = "parts"
_OWN = "nodes"
_WORTH_A_BOX = 0.01  # of the execution
_LABELS = ("this plan", "the other plan")


def figure(result: Result) -> go.Figure:
    """Return the most telling picture: a sweep, else two plans side by side, else one plan.

    The colour is the node's own share of the whole: what to look at is dark. Planned only,
    boxes are as wide as estimated cost.
    """
    if "sweep" in result.series:
        return sweep(result.headline, result.series["sweep"])
    found = _found(result)
    if "other" in result.series:
        first, second = result.totals.get("labels") or _LABELS
        plans = [(str(first), result.arrow), (str(second), result.series["other"])]
        return side_by_side(result.headline, plans, found)
    return single(result.headline, result.arrow, found, _parts(result))


def _found(result: Result) -> dict[int, list[str]]:
    """Return the titles of findings by the nodes that their evidence names."""
    titles: dict[int, list[str]] = {}
    for finding in result.findings:
        nodes = {row.get("node") for row in finding.evidence}
        for node in nodes:
            if isinstance(node, int):
                titles.setdefault(node, []).append(finding.title)
    return titles


def _parts(result: Result) -> list[tuple[str, float]]:
    """Return what the execution spent outside of the nodes, where it is worth a box."""
    table = result.series.get(_PARTS)
    if table is None:
        return []
    return [
        (row["part"], row["time_ms"])
        for row in table.to_pylist()
        if row["part"] != _OWN and (row["time_ms"] or 0) > 0 and (row["share"] or 0) >= _WORTH_A_BOX
    ]
