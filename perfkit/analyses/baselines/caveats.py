"""What limits a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics, units
from perfkit.sketch import RELATIVE_ERROR

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.analyses.baselines.described import Described

__all__ = ["caveats"]

_GIVEN_UP = (499, 460)  # nginx, AWS load balancer


def caveats(described: Described, table: pa.Table, totals: dict[str, Any], sent: int) -> list[str]:
    """Return sentences; ``sent`` is how many requests to others were left out."""
    return [
        *_left_out(sent),
        *_how_counted(described),
        *_mixed(table),
        *_few(table),
        *_unknown(totals),
        *_given_up(described),
    ]


def _left_out(sent: int) -> list[str]:
    if not sent:
        return []
    told = "sent to others are left out; perfkit.external_calls(rec) tells of them."
    return [f"{units.format_count(sent)} requests that were {told}"]


def _how_counted(described: Described) -> list[str]:
    sums, notes = described.part.routes.sums, []
    if sums["requests"].sum() > 0 and not np.array_equal(sums["squares"], sums["timed"]):
        notes.append(
            "Rows stand for several requests (sampling): counts, rates and percentiles are weighted"
            " by how many."
        )
    if not described.exact and sums["timed"].any():
        error = max(RELATIVE_ERROR, described.part.routes.sketch.relative_error)
        notes.append(
            "Percentiles and the ends of their intervals are within"
            f" {units.format_share(error)} of those of the rows, which were not kept; counts, sums"
            " and extremes are exact."
        )
    return notes


def _mixed(table: pa.Table) -> list[str]:
    columns = (table[name].to_pylist() for name in ("route", "methods"))
    mixed = [(r, m) for r, m in zip(*columns, strict=True) if r and " " in (m or "")]
    if not mixed:
        return []
    route, methods = mixed[0]
    alone = f'rec.where(method="{methods.split()[0]}")'
    told = f"{len(mixed)} routes mix methods ({route}: {methods})"
    return [f"{told}; look at one alone with {alone}."]


def _few(table: pa.Table) -> list[str]:
    least = statistics.MINIMUM_COUNT[95]
    few = int((table["requests"].to_numpy() < least).sum())
    if not few:
        return []
    return [f"{few} of {len(table)} routes have fewer than {least} requests: too few for a p95."]


def _unknown(totals: dict[str, Any]) -> list[str]:
    notes = []
    if totals["requests"] and np.isnan(totals["error_rate"]):
        notes.append("Neither status nor errors are known: failures cannot be counted.")
    if missing := totals["requests"] - totals["timed"]:
        counts = (units.format_count(number) for number in (missing, totals["requests"]))
        notes.append("{} of {} requests have no duration.".format(*counts))
    return notes


def _given_up(described: Described) -> list[str]:
    cells = described.part.statuses
    count = float(cells.requests[np.isin(cells.status, _GIVEN_UP)].sum())
    if not count:
        return []
    told = "(499): their durations are those of its patience, and they are no failures here."
    return [f"{units.format_count(count)} requests were given up by the client {told}"]
