"""Whether a spell is more than a few requests of the slower kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perfkit import statistics
from perfkit.analyses.alerts import series

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.spells import Spell

__all__ = ["is_certain"]

#: There are many routes and bins: intervals hold with this probability.
_CONFIDENCE = 0.9999


def is_certain(look: Look, spell: Spell, ratio: float) -> bool:
    """Say whether the median of a route that rose ``ratio``-fold surely rose by half of that.

    The distribution-free interval of the median of all its requests in the spell must lie above:
    where half of the requests find a cache filled, the median of some dozens jumps by chance.
    """
    rose = spell.raised & (spell.ratio >= ratio)
    routes = zip(spell.routes[rose], spell.ratio[rose], strict=True)
    return any(_lowest_rise(look, spell, row, rise) > 1 + (ratio - 1) / 2 for row, rise in routes)


def _lowest_rise(look: Look, spell: Spell, row: int, rise: float) -> float:
    """Return the smallest factor by which the median can have risen; NaN for too few requests."""
    bins = look.course
    assert bins is not None
    mine = look.rows_of(int(bins.routes[row]))
    start, end = bins.grid.window(spell.low, spell.high)
    inside = (look.rows.start[mine] >= start) & (look.rows.start[mine] < end)
    low, _ = statistics.quantile_interval(look.rows.duration_ms[mine[inside]], 0.5, _CONFIDENCE)
    level = series.quantile(bins.route_level[row, spell.low : spell.high], 0.5)
    usual = float(look.routes.p50_ms[bins.routes[row]]) * math.exp(level) / rise
    return float(np.divide(low, usual)) if usual > 0 else math.nan
