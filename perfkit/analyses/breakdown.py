"""Where does the wall time of requests go? Exclusive time per category and service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.breakdowns.caveats import caveats
from perfkit.analyses.breakdowns.kinds import SUSPECTS
from perfkit.analyses.breakdowns.spent import Spent, column
from perfkit.analyses.statements import shown
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.analyses.traces.entries import asked_for
from perfkit.analyses.traces.forest import Forest
from perfkit.errors import UsageError
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

__all__ = ["breakdown"]


def breakdown(data: Any, *, by: Literal["route"] | None = None, route: str | None = None) -> Result:
    """Add up what the spans of requests spend their own time on.

    Every instant of a request's wall time belongs to the deepest span that runs then, in equal
    parts to those that run side by side: the rows add up to the wall time. A span counts within
    its parent; work that goes on behind the request, or asynchronously, does not count. The own
    time of the request's span is ``app``: its own code, and calls that nothing instruments; in
    a trace with lost spans it is ``unattributed``.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow).
        by: ``"route"``: a row per route, category and service.
        route: only requests of this route, also those that other requests make.

    Returns:
        One row per category and service: ``self_ms`` in all requests, ``share`` of their wall
        time, ``mean_ms`` per request, ``requests`` that have it, and which of the usual
        ``suspect`` it is (database, external, blocking, own code, between services; see
        :mod:`perfkit.analyses.breakdowns.kinds`). The suspects per route, with the coverage (the
        share of wall time in which a child span ran), are a section below.

    Raises:
        UsageError: ``data`` is neither, ``by`` is something else, there is no such route.

    Example:
        >>> import perfkit
        >>> perfkit.breakdown(perfkit.sample("shop_launch"), by="route").table  # doctest: +SKIP
    """
    if by not in {None, "route"}:
        raise UsageError(f"breakdown: cannot group by {by!r}", hint='by="route", or nothing')
    rec = as_recording(data, "spans")
    forest = Forest(rec.arrow("spans"))
    spent = Spent(forest, asked_for(forest, route, "breakdown"))
    table = spent.table(by_route=by == "route")
    suspects = spent.suspects()
    return Result(
        analysis="breakdown",
        question="Where does the wall time of requests go?",
        headline=_headline(spent, suspects),
        arrow=table,
        noun="parts",
        caveats=[*caveats_of(rec, forest), *caveats(rec, spent, suspects)],
        totals=_totals(spent),
        sections={"The usual suspects, time per request": _shown(suspects)},
        series={"routes": spent.table(by_route=True), "suspects": suspects},
    )


def _totals(spent: Spent) -> dict[str, Any]:
    return {
        "requests": len(spent),
        "wall_ms": spent.wall_ms,
        "coverage": spent.coverage,
        "parallel_share": spent.parallel_share,
    }


def _headline(spent: Spent, suspects: pa.Table) -> str:
    if not spent.wall_ms:
        return "There are no requests with spans whose time could be broken down."
    row = suspects.slice(0, 1).to_pylist()[0]
    most = max(SUSPECTS, key=lambda name: row[column(name)])
    return (
        f"{most[0].upper()}{most[1:]}: {units.format_share(row[column(most)] / row['mean_ms'])} of"
        f" the {units.format_ms(spent.wall_ms)} that {len(spent):,} requests{_whose(spent.by_time)}"
    )


def _whose(routes: Sequence[str]) -> str:
    first = shown(routes[0], 60)
    return f" of {first} took" if len(routes) == 1 else f" took; {first} takes the most"


def _shown(suspects: pa.Table) -> pa.Table:
    """Return the table without suspects that nobody meets."""
    unmet = [
        column(name)
        for name in SUSPECTS
        if not pc.any(pc.greater(suspects[column(name)], 0)).as_py()
    ]
    return suspects.drop_columns(unmet)
