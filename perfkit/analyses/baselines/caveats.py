"""What limits a baseline."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics, units
from perfkit.sketch import RELATIVE_ERROR

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.analyses.baselines.described import Described

__all__ = ["caveats"]

_GIVEN_UP = (499, 460)  # nginx, AWS load balancer
_REFUSED = 4  # 4xx: the server says that the client erred (RFC 9110, section 15.5)
_MOST = 0.5  # most requests: the percentiles of all are then those of refusals
_SHOWN = 3
_WERE = {401: "not authenticated", 403: "forbidden", 404: "not found", 429: "refused as too many"}


def caveats(described: Described, table: pa.Table, totals: dict[str, Any], sent: int) -> list[str]:
    """Return sentences; ``sent`` is how many requests to others were left out."""
    return [
        *_left_out(sent),
        *_how_counted(described),
        *_mixed(table),
        *_few(table),
        *_unknown(totals),
        *_given_up(described),
        *_refused(described),
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
    told = f"Requests on {len(mixed)} route{'s' * (len(mixed) != 1)} mix methods"
    told += f" ({route}: {methods})"
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
    found = {status: count for status, count in _by_status(described) if status in _GIVEN_UP}
    if not found:
        return []
    count = sum(found.values())
    were = "request was" if count == 1 else "requests were"
    codes = " and ".join(str(status) for status in sorted(found))
    told = f"({codes}): their durations are those of its patience, and they are no failures here."
    return [f"{units.format_count(count)} {were} given up by the client {told}"]


def _refused(described: Described) -> list[str]:
    """Say so where most requests got an answer of 400 to 499 (without those given up)."""
    known = [(status, count) for status, count in _by_status(described) if status >= 0]
    refused = [(s, n) for s, n in known if s // 100 == _REFUSED and s not in _GIVEN_UP]
    of, count = (sum(n for _, n in some) for some in (known, refused))
    if count <= _MOST * of:
        return []
    most, times = max(refused, key=lambda pair: pair[1])
    if times > _MOST * of:
        said = f"{units.format_share(times / of)} of the requests {_meaning(most)} ({most})"
    else:
        codes = ", ".join(str(status) for status, _ in refused[:_SHOWN])
        said = f"{units.format_share(count / of)} of the requests were refused ({codes})"
    told = "durations are mostly those of refusals, which are no failures of the server"
    return [f"{said}: {told}. A scanner, a wrong base address or missing credentials look so."]


def _meaning(status: int) -> str:
    """Return what was done with requests, by the name that RFC 9110 has for their status."""
    if status in _WERE:
        return f"were {_WERE[status]}"
    try:
        return f"were answered {HTTPStatus(status).phrase}"
    except ValueError:
        return "were refused"


def _by_status(described: Described) -> list[tuple[int, float]]:
    """Return how many requests have each status, most first."""
    cells = described.part.statuses
    status, place = np.unique(cells.status, return_inverse=True)
    counts = np.bincount(place, cells.requests, minlength=len(status))
    pairs = zip(status.tolist(), counts.tolist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
