"""Transaction events of New Relic -> requests: results of NRQL as JSON, JSON lines or CSV.

An event says how often and how long its request called databases and other services; these stay
in ``attributes`` (``databaseCallCount``, ``databaseDuration`` in seconds, ...). Background
transactions are no requests.

Checked: New Relic's data dictionary (Transaction), lib/agent.js of newrelic/node-newrelic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.formats.model import Chunk, Format, Parsed, Recognition, concatenate, kept
from perfkit.formats.traces import newrelic_terms as terms
from perfkit.formats.traces.conventions.values import integer, text
from perfkit.formats.traces.datadog_objects import encoded
from perfkit.formats.traces.flat_rows import objects_in
from perfkit.formats.traces.flat_values import Unclear, instants, trace_identifier
from perfkit.formats.traces.newrelic_rows import at_limit
from perfkit.formats.traces.newrelic_spans import ROWS
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMAT"]

_COLUMNS = (
    "duration_ms",
    "method",
    "route",
    "path",
    "status",
    "service",
    "client",
    "response_bytes",
    "request_id",
    "trace_id",
    "error",
    "attributes",
    "line",
)
#: So many statements in one request are many: 10 to 15, in this project's N+1 analysis.
_MANY = 15
_MISSING = (
    "export it with `SELECT * FROM Transaction`, so that name, timestamp (milliseconds) and "
    "duration (seconds) are among its columns"
)
_REPEATED = (
    "{:,} of {:,} requests made more than {} calls to databases, up to {:,} (databaseCallCount): "
    "load their Span events, too, to see which of them repeat"
)


class _Carry(NamedTuple):
    """Events in a chunk, requests, those with many calls to databases, and the most calls."""

    events: int
    requests: int
    many: int
    most: int


def recognises(head: bytes) -> Recognition:
    """Recognise the names of a Transaction event, and no Span events beside them."""
    found = list(objects_in(head))
    sure = any(map(terms.is_transaction, found)) and not any(map(terms.is_span, found))
    return Recognition(confidence=1.0 if sure else 0.0, reason="Transaction events of New Relic")


def parse(chunk: Chunk) -> Parsed:
    """Parse events."""
    found = ROWS.read(chunk)
    stamps = instants([row.values.get("timestamp") for row in found.rows], chunk.zone)
    rows, times, calls = [], [], [0]
    for row, start in zip(found.rows, stamps.ns, strict=True):
        if not _is_web(row.values):
            found.skip(row.line)
            continue
        made = _request(row.values, row.line)
        if isinstance(made, str):
            found.reject(row.line, made, row.values)
            continue
        rows.append(made)
        times.append(start)
        calls.append(integer(row.values.get("databaseCallCount")) or 0)
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else {}
    return Parsed(
        tables={"requests": _table(columns, times)} if rows else {},
        rejected=kept(sorted(found.rejected, key=lambda bad: bad.line)),
        rejected_lines=found.rejected_lines,
        irrelevant=found.irrelevant,
        lines=found.lines,
        notes=tuple(dict.fromkeys([*found.notes, *stamps.notes])),
        missing=_MISSING,
        carry=_Carry(len(found.rows), len(rows), sum(n > _MANY for n in calls), max(calls)),
    )


def _is_web(values: dict[str, Any]) -> bool:
    """Say whether a transaction served a request; one of which nothing is told did."""
    told = text(values.get("transactionType"))
    return told == "Web" if told else not str(values.get("name", "")).startswith("OtherT")


def _request(values: dict[str, Any], line: int) -> tuple[Any, ...] | str:
    """Return the values of :data:`_COLUMNS`, or why there are none."""
    try:
        ns = terms.duration(values)
    except Unclear as unclear:
        return str(unclear)
    if ns is None:
        return "it has no duration"
    known = terms.heard(values)
    name = text(values.get("name")) or ""
    return (
        ns / 1e6,
        known.method,
        known.route or terms.route(name) or (name or None),
        known.path,
        known.status,
        text(terms.first(values, terms.SERVICE)),
        known.client,
        known.response_bytes,
        known.request_id,
        trace_identifier(terms.first(values, terms.TRACE)),
        terms.error(values, known),
        encoded(values),
        line,
    )


def _table(columns: dict[str, Any], times: list[int | None]) -> Any:
    started = pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC"))
    return tables.from_columns("requests", {**columns, "started_at": started})


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Put chunks together, and say what limits them and what their counts show."""
    whole = concatenate(parts)
    carries = [part.carry for part in parts if part.carry]
    notes = at_limit(sum(carry.events for carry in carries))
    many = sum(carry.many for carry in carries)
    if many:
        most = max(carry.most for carry in carries)
        message = _REPEATED.format(many, sum(carry.requests for carry in carries), _MANY, most)
        notes.append(Note(kind="query_counts", message=message))
    return Parsed(**{**vars(whole), "notes": (*whole.notes, *notes)})


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return ROWS.cut(data)


FORMAT = Format(
    name="newrelic-transactions",
    title="New Relic Transaction events (NRQL as JSON or CSV)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
