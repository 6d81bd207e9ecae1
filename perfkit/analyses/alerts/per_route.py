"""Counts, failures and percentiles of every route, from one sort of all requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.rows import Floats, Ints, Rows

__all__ = ["Routes", "measure"]


@dataclass(frozen=True)
class Routes:
    """One element per route (the last one: unknown); percentiles in ms, NaN without durations.

    ``timed`` counts the requests with a duration.
    """

    labels: Sequence[str | None]
    requests: Ints
    known: Ints
    failed: Ints
    timed: Ints
    p50_ms: Floats
    p95_ms: Floats
    p99_ms: Floats

    def most(self, count: int) -> Ints:
        """Return up to ``count`` routes that have a name and durations, most requests first."""
        named = np.array([label is not None for label in self.labels]) & (self.timed > 0)
        places = np.flatnonzero(named)
        return places[np.argsort(-self.requests[places], kind="stable")][:count]


def measure(rows: Rows) -> Routes:
    """Return what is known of every route of ``rows``."""
    by, durations = rows.route, rows.durations
    return Routes(
        labels=by.labels,
        requests=by.sizes,
        known=by.count(rows.known),
        failed=by.count(rows.failed),
        timed=durations.counts,
        p50_ms=durations.quantile(0.5),
        p95_ms=durations.quantile(0.95),
        p99_ms=durations.quantile(0.99),
    )
