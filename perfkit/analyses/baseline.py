"""How fast is each route? Latency, errors and rate per route, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import budget as budgets
from perfkit import sources, statistics, units
from perfkit.analyses import alerts, baseline_findings, groups
from perfkit.analyses.alerts import rows as alert_rows
from perfkit.analyses.baselines import load_tests as stated
from perfkit.analyses.baselines.caveats import caveats
from perfkit.analyses.baselines.course import over_time
from perfkit.analyses.baselines.described import from_rows, table, totals
from perfkit.analyses.baselines.result import Baseline
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.baselines.sections import peers, sections
from perfkit.analyses.baselines.tested import headline, load_tests, only_totals
from perfkit.analyses.baselines.timeline import Timeline
from perfkit.analyses.baselines.within_budget import sentence, with_budget
from perfkit.recording import as_recording
from perfkit.routes import coded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.described import Described
    from perfkit.analyses.baselines.rows import Rows
    from perfkit.analyses.ordered import Ordered
    from perfkit.budget import Budget
    from perfkit.recording import Recording

    Ints = NDArray[np.int64]

__all__ = ["baseline", "described"]

_QUESTION = "How fast is each route?"


def baseline(
    data: Any, *, budget: str | None = None, thresholds: Mapping[str, float] | None = None
) -> Baseline:
    """Describe every route: requests, errors, p50 to p99 with 95 % intervals, time in all.

    ``rate_per_s`` is over the whole recording, from the first start to the last end.
    ``error_rate`` counts status 500 and above, 0 (no answer), and requests with an ``error``; it
    is NaN where neither is known. Requests without a route are grouped by path, ids in it taken
    out. A percentile is always that of the samples; its interval (``p95_low_ms``,
    ``p95_high_ms``) is NaN where there are too few of them. Rows that stand for several requests
    (``weight``) count as so many, in percentiles as well
    (:mod:`perfkit.analyses.baselines.percentiles`).

    Args:
        data: a Recording, or a table of requests (DataFrame or Arrow).
        budget: what is fast enough, such as ``"p95<200ms"``: column ``budget`` then says of every
            route whether it is met, broken, unsure, or has too few requests.
        thresholds: other thresholds of rules, by their names.

    Returns:
        One row per route, largest ``total_ms`` first; totals hold the same for all requests.
        ``sections`` have the statuses, latency bands, backend and cache times, and what was
        sent to others. ``.heatmap()`` and ``.load_curve()`` draw the course over time.

    Raises:
        UsageError: ``data`` is neither; the budget or a threshold is not understood.

    Example:
        >>> import pyarrow as pa
        >>> requests = pa.table({"route": ["/orders", "/orders"], "duration_ms": [10.0, 30.0]})
        >>> baseline(requests).arrow["p50_ms"].to_pylist()
        [20.0]
    """
    limit = None if budget is None else budgets.parse(budget)
    rec = as_recording(data, "requests")
    served = sources.primary(rec, "requests")
    tests = load_tests(rec)
    if tests is not None and not len(served):
        return _tested(tests, rec, limit)
    read, by = rows(served), _by_route(served)
    found = from_rows(read, by)
    judged = alerts.judged(rec, _judged(read, by, found.in_order), thresholds)
    return described(found, rec, budget=limit, sent=_sent(rec, served), judged=judged)


def described(
    found: Described,
    rec: Recording,
    *,
    budget: Budget | None = None,
    sent: Described | None = None,
    judged: alerts.Found | None = None,
) -> Baseline:
    """Return the Result of requests that were counted.

    ``rec`` says what was read and what limits it; ``sent`` are requests to others that were left
    out of ``found``. Without what the rules ``judged`` request by request, the rules that need
    no more than counts and percentiles are asked.
    """
    described_rows, order = table(found)
    whole, tests = totals(found), load_tests(rec)
    said = _headline(described_rows, whole)
    if budget is not None and whole["requests"]:
        described_rows = with_budget(described_rows, budget)
        said += f"; {sentence(described_rows, budget)}"
    left_out = 0 if sent is None else totals(sent)["requests"]
    return Baseline(
        analysis="baseline",
        question=_QUESTION,
        headline=said,
        arrow=described_rows,
        noun="routes",
        findings=baseline_findings.findings(described_rows) if judged is None else judged.findings,
        caveats=[
            *rec.caveats(),
            *(sources.doubles(rec) if len(rec.inputs) > 1 else ()),
            *caveats(found, described_rows, whole, left_out),
            *stated.caveats(rec),
        ],
        checked=baseline_findings.CHECKED if judged is None else _checked(judged),
        totals=whole,
        series={"over_time": over_time(found.part.timeline.only(None))},
        sections={
            **sections(found, order),
            **({} if sent is None else peers(sent)),
            **({} if judged is None else {"Rules checked": judged.rows}),
            **({} if tests is None else {"Load tests, as their tools state them": tests}),
        },
        timeline=found.part.timeline,
        drawn=_rows_of(found.part.drawn, order),
        budget_ms=None if budget is None else budget.p95_ms,
    )


def _tested(tests: pa.Table, rec: Recording, budget: Budget | None) -> Baseline:
    """Return the Result of a recording that holds only summaries of load tools."""
    said = headline(tests)
    if budget is not None:
        tests = with_budget(tests, budget)
        said += f"; {sentence(tests, budget)}"
    return Baseline(
        analysis="baseline",
        question=_QUESTION,
        headline=said,
        arrow=tests,
        noun="routes",
        caveats=[
            *rec.caveats(),
            *stated.caveats(rec),
            "Only summaries of load tools were read: percentiles are theirs, without intervals.",
        ],
        totals=only_totals(tests),
        timeline=Timeline.nothing(),
        budget_ms=None if budget is None else budget.p95_ms,
    )


def _by_route(requests: pa.Table) -> groups.Groups:
    return groups.encode(coded(requests))


def _judged(read: Rows, by: groups.Groups, in_order: Ordered | None) -> alert_rows.Rows:
    """Return the requests as rules read them; durations sorted before are not sorted again."""
    possible = alert_rows.possible(read.ms)
    same = in_order is not None and possible is read.ms
    return alert_rows.Rows(
        start=read.ns,
        duration_ms=possible,
        status=read.status,
        failed=read.failed,
        known=read.judged,
        method=read.methods,
        route=by,
        in_order=in_order if same else None,
    )


def _checked(judged: alerts.Found) -> list[str]:
    """Return what the rules looked at that could be judged."""
    rows_of = judged.rows.select(["checked", "status"]).to_pylist()
    return [row["checked"] for row in rows_of if row["status"] != "not judged"]


def _sent(rec: Recording, served: pa.Table) -> Described | None:
    """Describe the requests to others, where those served count instead."""
    kinds = rec.arrow("requests", ["kind"])["kind"]
    if kinds.null_count == len(kinds) or _is_sent(served):
        return None
    requests = sources.sent(rec)
    return from_rows(rows(requests), groups.encode(requests["peer"])) if len(requests) else None


def _is_sent(requests: pa.Table) -> bool:
    return "client" in pc.unique(requests["kind"].cast(pa.string())).to_pylist()


def _rows_of(drawn: Ints | None, order: Ints) -> Ints | None:
    """Return the rows of the table that the drawn routes are."""
    if drawn is None:
        return None
    row = np.zeros(int(order.max(initial=-1)) + 1, np.int64)
    row[order] = np.arange(len(order))
    return row[drawn]


def _headline(rows_of: pa.Table, whole: dict[str, Any]) -> str:
    if not whole["requests"]:
        return "No request is in what was read."
    name = "p95" if whole["timed"] >= statistics.MINIMUM_COUNT[95] else "p50"
    sentence_of = (
        f"{units.format_count(whole['requests'])} requests on {len(rows_of)}"
        f" route{'s' * (len(rows_of) != 1)},"
        f" {name} {units.format_ms(whole[f'{name}_ms'])}"
    )
    trusted = rows_of.filter(pc.is_finite(rows_of[f"{name}_low_ms"]))
    if len(trusted) < 2:  # noqa: PLR2004 - "slowest" compares
        return sentence_of
    slowest = int(np.argmax(trusted[f"{name}_ms"].to_numpy()))
    route = trusted["route"][slowest].as_py() or "no route"
    took = units.format_ms(trusted[f"{name}_ms"][slowest].as_py())
    return f"{sentence_of}; slowest is {route} ({name} {took})"
