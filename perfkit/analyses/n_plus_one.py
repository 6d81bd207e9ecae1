"""Which requests ask one by one for what could be asked at once? The N+1 problem."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import sources, units
from perfkit.analyses import n_plus_one_findings
from perfkit.analyses.n_plus_one_pattern import Pattern, patterns
from perfkit.analyses.repeats import (
    counted_requests,
    example,
    from_queries,
    from_sessions,
    from_spans,
    query_count,
    report,
    retries,
)
from perfkit.analyses.repeats.find import FEWEST, Repeat, repeats
from perfkit.analyses.repeats.growth import growth
from perfkit.analyses.repeats.loops import loops
from perfkit.analyses.repeats.sender import rows_before, sender
from perfkit.analyses.repeats.variation import merged
from perfkit.analyses.repeats.work import work_ms
from perfkit.analyses.statements import shown
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.recording import as_recording
from perfkit.results import Result
from perfkit.routes import routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["n_plus_one"]

_CHECKED = (
    f"statements, cache commands, URLs and procedures called {FEWEST} times or more in a request",
    "whatever ran in between or at the same time, but not: retries, pages, polling, uploads",
    "nor pings, units of a batch, statements for many rows, shards, what hardly any request does",
    f"calls tried {retries.FEWEST} times or more because they fail",
    f"requests with more than {query_count.USUAL} to {query_count.MANY} statements",
)


def n_plus_one(data: Any) -> Result:
    """Find statements and calls that one request repeats for every item of a list.

    Works on spans (grouped by the request that owns them), on logged statements with a request
    or trace id, and on those that name their session alone; a statement that spans tell of is not
    looked for in logs. A pattern is one statement, cache command, templated URL or remote
    procedure on one route, or those of one loop; it is reported once, confirmed over all its
    requests. What is worth reporting:
    see :func:`perfkit.analyses.n_plus_one_pattern.worth_reporting`; what is saved:
    :mod:`perfkit.analyses.repeats.saving`. Retry storms (``retry-storm``) and requests with many
    different statements (``query-count``) are findings of their own.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow).

    Returns:
        One row per pattern. ``repeats`` is the median per request, ``time_ms`` the median time
        per request in which one of the calls was running, ``saves_ms`` what one call instead of
        all would save, ``saves_low_ms`` and ``saves_high_ms`` its range (NaN below six requests);
        ``series["occurrences"]`` has one row per request.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import perfkit
        >>> n_plus_one(perfkit.sample("n_plus_one")).table  # doctest: +SKIP
    """
    rec = as_recording(data, "spans")
    tree = from_spans.Tree(rec.arrow("spans"))
    looked = _Looked(rec, tree)
    chosen = patterns(looked.found, looked.served)
    grows = [growth(pattern, looked.rows_before) for pattern in chosen]
    return Result(
        analysis="n_plus_one",
        question="Which requests ask one by one for what could be asked at once?",
        headline=_headline(chosen),
        arrow=report.table(chosen, grows),
        noun="patterns",
        findings=[*_findings(chosen, grows, looked), *looked.others],
        caveats=_caveats(rec, looked, chosen),
        checked=_CHECKED,
        totals={
            "patterns": len(chosen),
            "requests": sum(len(some.owners.served) for some in looked.calls),
            "calls": sum(int(some.counts.sum()) for some in looked.calls),
            "saves_total_ms": sum(pattern.saves_ms * pattern.weight for pattern in chosen),
        },
        series={
            "occurrences": report.occurrences(looked.found),
            "example": _example(chosen, looked),
        },
    )


class _Looked:
    """The calls of a recording by where they were told, and what repeats among them."""

    def __init__(self, rec: Recording, tree: from_spans.Tree) -> None:
        self.tree = tree
        self.calls: list[Calls] = []
        self.found: list[Repeat] = []
        self.others: list[Finding] = []
        self.served: Counter[str | None] = from_spans.served_by_route(tree)
        self._of: dict[int, Calls] = {}
        self._work = work_ms(rec)
        self._told: set[str | None] = set()
        self._take(from_spans.calls_of(tree))
        if rec.arrow("queries", ["source"]).num_rows:
            self._take_logged(rec)
        if not self._told:
            self.others += query_count.findings(counted_requests.counts(rec.arrow("requests")))

    def _take_logged(self, rec: Recording) -> None:
        requests = sources.primary(rec, "requests")
        logged = from_queries.calls_of(_of_requests(rec), requests)
        if not self._told:
            self.served |= Counter(routes(requests).to_pylist())
        self._take(logged)
        self._take(from_sessions.calls_of(rec.arrow("queries")))

    def _take(self, calls: Calls) -> None:
        """Add what repeats among some calls, but for statements that were told of before."""
        if not len(calls):
            return
        calls = merged(calls)
        new = [r for r in repeats(calls, self._work) if r.target.fingerprint_id not in self._told]
        joined = loops(calls, new, self._work)
        self._of |= dict.fromkeys(map(id, joined), calls)
        self.calls.append(calls)
        self.found += joined
        statements = {one.fingerprint_id for one in calls.targets} - {None}
        if calls.owners.session is None and not self._told:
            self.others += retries.findings(retries.storms(calls))
            self.others += query_count.findings(query_count.counts(calls))
        self._told |= statements

    def of(self, repeat: Repeat) -> tuple[Calls, from_spans.Tree | None]:
        """Return the calls that a repeat is of, and the spans, if they are."""
        calls = self._of[id(repeat)]
        return calls, (self.tree if calls.busy is not None else None)

    def rows_before(self, found: Sequence[Repeat]) -> list[float | None]:
        """Return the rows that the statement before each repeat returned, where it is told."""
        return rows_before(found, *self.of(found[0]))


def _of_requests(rec: Recording) -> pa.Table:
    """Return the statements that name their request or trace, each once.

    Those without are left out first: a server's log of the same statements, which knows no
    requests, would otherwise take their place.
    """
    queries = rec.arrow("queries")
    named = pc.or_(queries["request_id"].is_valid(), queries["trace_id"].is_valid())
    contents = {**rec.contents, "queries": queries.filter(named)}
    return sources.primary(replace(rec, contents=contents), "queries")


def _findings(chosen: Sequence[Pattern], grows: Sequence[str], looked: _Looked) -> list[Finding]:
    return [
        n_plus_one_findings.finding(
            pattern, sender(pattern.typical, *looked.of(pattern.typical)), grown
        )
        for pattern, grown in zip(chosen, grows, strict=True)
    ]


def _example(chosen: list[Pattern], looked: _Looked) -> pa.Table:
    if not chosen:
        return example.none()
    typical = chosen[0].typical
    calls, tree = looked.of(typical)
    if tree is None:
        return example.of_calls(typical, calls)
    return example.of_spans(typical, calls, tree)


def _headline(chosen: list[Pattern]) -> str:
    if not chosen:
        return "No request repeats a statement or a call for every item of a list."
    first = chosen[0]
    more = f"; {len(chosen) - 1} more such pattern{'s'[: len(chosen) > 2]}" if chosen[1:] else ""  # noqa: PLR2004 - one more
    who = "A database session" if first.session else first.route or "A request"
    return (
        f"{who} sends {shown(first.target.text, 60)} {first.repeats} times"
        f" {'in a row' if first.session else 'per request'}:"
        f" {units.format_ms(first.saves_ms)} of each could be saved{more}"
    )


def _of_server(looked: _Looked, chosen: Sequence[Pattern]) -> bool:
    """Say whether a time that is reported is the server's; without any: of all looked at."""
    if not chosen:
        return bool(looked.calls) and all(some.of_server.all() for some in looked.calls)
    typical = ((looked.of(pattern.typical)[0], pattern.typical.rows) for pattern in chosen)
    return any(calls.of_server[rows].any() for calls, rows in typical)


def _caveats(rec: Recording, looked: _Looked, chosen: Sequence[Pattern]) -> list[str]:
    notes = caveats_of(rec, looked.tree.forest)
    if not sum(map(len, looked.calls)):
        notes.append("There are neither spans nor statements with a request, trace or session id.")
    if _of_server(looked, chosen):
        notes.append("Times are the server's: every round trip costs the network on top of them.")
    if any(pattern.session for pattern in chosen):
        notes.append("Requests were guessed from what database sessions sent: confidence is low.")
    return notes + report.caveats(chosen)
