"""Is it fast enough? Budgets per route: met, broken, by whom, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import sources
from perfkit.analyses.slos import shown, stated, wording
from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.findings import findings
from perfkit.analyses.slos.judged import judge
from perfkit.analyses.slos.seen import seen
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from perfkit.analyses.slos.judged import Judgement

__all__ = ["slo"]


def slo(
    data: Any,
    budget: str | None = None,
    *,
    route: str | None = None,
    budgets: Mapping[str, str] | None = None,
    show_clients: bool = False,
) -> Result:
    """Judge every route by its budget, with the uncertainty that its requests leave.

    A verdict is ``met`` or ``broken`` where the whole 95 % interval is on one side of the limit,
    otherwise ``cannot say``, and ``more_requests`` would tell. Intervals assume no distribution;
    they are wider where neighbouring requests resemble each other. Met says stop: there is no
    prize for the next 10 ms.

    Args:
        data: a Recording, or a table of requests (DataFrame or Arrow). Where it has summaries of
            load tools only, these are judged as they are stated.
        budget: such as ``"p95<200ms"``, ``"p99.9<=1s"``, ``"max<3s"``, ``"error_rate<1%"``,
            ``"availability>99.9%"``, several joined by ``and``. An average is refused.
        route: only this one.
        budgets: what single routes keep instead: ``{"/orders": "p95<100ms", "*": "p95<300ms"}``.
        show_clients: name the client most of an excess comes from; otherwise it is counted only.

    Returns:
        One row per route and budget, most requests to blame first: ``requests`` (whose duration,
        or failure, is known), ``measured_ms`` from ``low_ms`` to ``high_ms`` (``error_rate`` for
        failures), ``over`` the limit, ``allowed``, ``to_blame`` (over beyond allowed),
        ``burn_rate`` (share over by share allowed), ``worst_at`` (the minute with most), and
        ``first_broken_at``. Totals have the same for all requests together.

    Raises:
        UsageError: ``data`` is neither, a budget is not understood, or no request is on a route.

    Example:
        >>> import pyarrow as pa
        >>> requests = pa.table({"route": ["/orders"] * 99, "duration_ms": [30.0] * 99})
        >>> slo(requests, "p95<200ms").arrow["verdict"].to_pylist()
        ['met']
    """
    wanted = asked(budget, route, budgets)
    rec = as_recording(data, "requests")
    served = sources.primary(rec, "requests")
    tested = None if len(served) else stated.judge(rec, wanted)
    if tested is not None:
        notes = [*rec.caveats(), stated.CAVEAT]
        return _result(tested, notes, {}, wording.headline(tested.routes))
    requests = seen(served)
    found = judge(requests, wanted)
    return _result(
        found,
        [*rec.caveats(), *wording.caveats(found)],
        {"burn": shown.burning(requests, found), "thresholds": shown.thresholds(found)},
        wording.headline(found.routes, found.overall),
        clients=show_clients,
    )


def _result(
    found: Judgement,
    caveats: list[str],
    series: dict[str, pa.Table],
    headline: str,
    *,
    clients: bool = False,
) -> Result:
    sections = {
        "Who is behind the excess": shown.clients(found.routes, show=clients),
        "Worst times": shown.minutes(found.routes),
        "Alerts that would have fired": shown.alerts(found.routes),
        "All requests together": shown.table(found.overall) if found.overall else None,
    }
    return Result(
        analysis="slo",
        question="Is it fast enough?",
        headline=headline,
        arrow=shown.table(found.routes),
        noun="routes",
        findings=findings(found),
        caveats=caveats,
        checked=wording.checked(found),
        totals=shown.totals(found),
        series=series,
        sections={title: table for title, table in sections.items() if table is not None},
    )
