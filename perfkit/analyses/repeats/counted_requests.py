"""Requests that say themselves how many statements they sent: New Relic's Transaction events.

``databaseCallCount`` and ``databaseDuration`` (seconds) are theirs (docs.newrelic.com, data
dictionary, Transaction). Which statements they were is not told.
"""

from __future__ import annotations

import statistics as plain
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import statistics
from perfkit.analyses.repeats.query_count import MANY, USUAL, Count
from perfkit.routes import routes
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["counts"]

_COUNT, _SECONDS = "databaseCallCount", "databaseDuration"


def counts(requests: pa.Table) -> list[Count]:
    """Return the routes whose requests say that they sent many statements."""
    told = requests.filter(pc.match_substring(requests["attributes"], _COUNT))
    by_route: defaultdict[str | None, list[tuple[int, float, float, str | None]]]
    by_route = defaultdict(list)
    weights = pc.fill_null(told["weight"], 1.0).to_pylist()
    rows = zip(
        routes(told).to_pylist(),
        told["attributes"].to_pylist(),
        weights,
        told["trace_id"].to_pylist(),
        strict=True,
    )
    for route, raw, weight, trace in rows:
        said = decoded(raw)
        calls = _number(said.get(_COUNT))
        if calls is not None:
            spent = (_number(said.get(_SECONDS)) or 0.0) * 1e3
            by_route[route].append((int(calls), spent, weight, trace))
    return [
        _count(route, found)
        for route, found in by_route.items()
        if plain.median(n for n, *_ in found) > USUAL
        and statistics.quantile([n for n, *_ in found], 0.95) > MANY
    ]


def _count(route: str | None, found: list[tuple[int, float, float, str | None]]) -> Count:
    return Count(
        route=route,
        requests=len(found),
        weight=sum(weight for _, _, weight, _ in found),
        each=tuple(n for n, *_ in found),
        time_ms=plain.median(spent for _, spent, _, _ in found),
        top=(),
        trace_id=max(found, key=lambda one: one[:2])[3],
    )


def _number(value: Any) -> float | None:
    """Return a count or a duration, which CSV has as a text; what is none is unknown."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < 1e9 else None  # noqa: PLR2004 - and no NaN
