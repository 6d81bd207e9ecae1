"""Which requests ask one by one for what could be asked at once? The N+1 problem."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, units
from perfkit.analyses import n_plus_one_findings
from perfkit.analyses.n_plus_one_pattern import Pattern, patterns
from perfkit.analyses.repeats import example, from_queries, from_spans
from perfkit.analyses.repeats.find import FEWEST, Repeat, repeats
from perfkit.analyses.statements import shown
from perfkit.recording import as_recording
from perfkit.results import Result
from perfkit.routes import routes

if TYPE_CHECKING:
    from perfkit.analyses.repeats.calls import Calls
    from perfkit.recording import Recording

__all__ = ["n_plus_one"]

_TEXTS = ("fingerprint", "url", "parent", "route")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("repeats", pa.int64()),
        ("requests", pa.int64()),
        ("time_ms", pa.float64()),
        ("saves_ms", pa.float64()),
        ("calls", pa.int64()),
        ("least_repeats", pa.int64()),
        ("most_repeats", pa.int64()),
        ("total_ms", pa.float64()),
        ("time_share", pa.float64()),
        ("source_statement", pa.string()),
        ("peer", pa.string()),
        ("fingerprint_id", pa.string()),
    ]
)
_OCCURRENCE = pa.schema(
    [
        *((name, pa.string()) for name in ("trace_id", "route", "fingerprint", "url", "peer")),
        ("repeats", pa.int64()),
        ("time_ms", pa.float64()),
        ("saves_ms", pa.float64()),
    ]
)
_CHECKED = (
    f"statements and URLs called {FEWEST} times or more in a request, whatever runs in between",
    "left out: retries, pages of a list, polling, pings, units of a batch, what hardly any does",
)


def n_plus_one(data: Any) -> Result:
    """Find statements and HTTP calls that one request repeats for every item of a list.

    Works on spans (grouped by the request that owns them), and on logged statements with a
    request or trace id where no span holds a statement. A pattern is one statement or
    templated URL on one route; it is reported once, confirmed over all its requests. What is
    worth reporting: see :func:`perfkit.analyses.n_plus_one_pattern.worth_reporting`.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow).

    Returns:
        One row per pattern. ``repeats`` is the median per request, ``time_ms`` the median time
        per request in which one of the calls was running, ``saves_ms`` that time less one
        call; ``series["occurrences"]`` has one row per request.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import perfkit
        >>> n_plus_one(perfkit.sample("n_plus_one")).table  # doctest: +SKIP
    """
    rec = as_recording(data, "spans")
    tree = from_spans.Tree(rec.arrow("spans"))
    calls = [from_spans.calls_of(tree)]
    logged = not any(target.fingerprint for target in calls[0].targets)
    served = from_spans.served_by_route(tree)
    if logged:
        requests = sources.primary(rec, "requests")
        calls.append(from_queries.calls_of(_of_requests(rec), requests))
        served |= Counter(routes(requests).to_pylist())
    found = [repeat for some in calls for repeat in repeats(some)]
    chosen = patterns(found, served)
    return Result(
        analysis="n_plus_one",
        question="Which requests ask one by one for what could be asked at once?",
        headline=_headline(chosen),
        arrow=_table(chosen),
        noun="patterns",
        findings=[n_plus_one_findings.finding(pattern) for pattern in chosen],
        caveats=_caveats(rec, calls, logged=logged),
        checked=_CHECKED,
        totals={
            "patterns": len(chosen),
            "requests": sum(len(some.owners.served) for some in calls),
            "calls": sum(map(len, calls)),
            "saves_total_ms": sum(pattern.saves_ms * pattern.requests for pattern in chosen),
        },
        series={
            "occurrences": _occurrences(found),
            "example": _example(chosen, tree, calls),
        },
    )


def _of_requests(rec: Recording) -> pa.Table:
    """Return the statements that name their request or trace, each once.

    Those without are left out first: a server's log of the same statements, which knows no
    requests, would otherwise take their place.
    """
    queries = rec.arrow("queries")
    named = pc.or_(queries["request_id"].is_valid(), queries["trace_id"].is_valid())
    contents = {**rec.contents, "queries": queries.filter(named)}
    return sources.primary(replace(rec, contents=contents), "queries")


def _example(chosen: list[Pattern], tree: from_spans.Tree, calls: list[Calls]) -> pa.Table:
    if not chosen:
        return example.none()
    typical = chosen[0].typical
    if typical.target.fingerprint and len(calls) > 1:
        return example.of_calls(typical, calls[-1])
    return example.of_spans(typical, tree)


def _headline(chosen: list[Pattern]) -> str:
    if not chosen:
        return "No request repeats a statement or an HTTP call for every item of a list."
    first = chosen[0]
    more = f"; {len(chosen) - 1} more such patterns" if len(chosen) > 1 else ""
    return (
        f"{first.route or 'A request'} sends {shown(first.target.text, 60)} {first.repeats} times"
        f" per request: {units.format_ms(first.saves_ms)} of each could be saved{more}"
    )


def _table(chosen: list[Pattern]) -> pa.Table:
    return pa.Table.from_pylist([_row(pattern) for pattern in chosen], schema=_SCHEMA)


def _row(pattern: Pattern) -> dict[str, Any]:
    target = pattern.target
    counts = [repeat.repeats for repeat in pattern.found]
    return {
        "fingerprint": target.fingerprint,
        "url": target.url,
        "parent": pattern.typical.parent,
        "route": pattern.route,
        "repeats": pattern.repeats,
        "requests": pattern.requests,
        "time_ms": pattern.time_ms,
        "saves_ms": pattern.saves_ms,
        "calls": sum(counts),
        "least_repeats": min(counts),
        "most_repeats": max(counts),
        "total_ms": sum(sorted(repeat.time_ms for repeat in pattern.found)),
        "time_share": statistics.median(repeat.share for repeat in pattern.found),
        "source_statement": pattern.source,
        "peer": target.peer,
        "fingerprint_id": target.fingerprint_id,
    }


def _occurrences(found: list[Repeat]) -> pa.Table:
    rows = [
        {
            "trace_id": repeat.trace_id,
            "route": repeat.route,
            "fingerprint": repeat.target.fingerprint,
            "url": repeat.target.url,
            "peer": repeat.target.peer,
            "repeats": repeat.repeats,
            "time_ms": repeat.time_ms,
            "saves_ms": repeat.saves_ms,
        }
        for repeat in found
    ]
    return pa.Table.from_pylist(rows, schema=_OCCURRENCE)


def _caveats(rec: Recording, calls: list[Calls], *, logged: bool) -> list[str]:
    notes = rec.caveats()
    if not sum(map(len, calls)):
        notes.append("There are neither spans nor statements with a request or trace id.")
    if logged and "server" in pc.unique(rec.arrow("queries")["duration_kind"]).to_pylist():
        notes.append("Times are the server's: every round trip costs the network on top of them.")
    return notes
