"""Critical paths: of one request a waterfall, of many a bar per route, of a what-if both times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.views import critical_path_bars, critical_path_waterfall

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from perfkit.results import Result

__all__ = ["figure"]

_PICTURES = {
    "sections": critical_path_waterfall.waterfall,
    "operations": critical_path_bars.held,
    "routes": critical_path_bars.before_and_after,
}


def figure(result: Result) -> go.Figure:
    """Draw what the rows of the result are: sections, operations of routes, or routes."""
    return _PICTURES[result.noun](result)
