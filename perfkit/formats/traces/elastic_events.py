"""Events of Elastic APM, from the intake protocol or from documents, collected -> tables.

Both bring a span or a transaction into the shape of :class:`Event`; what is common is here:
ids, errors, and what is left to :mod:`.elastic_whole`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.traces import ids
from perfkit.formats.traces.elastic_terms import failed, identifier
from perfkit.formats.traces.elastic_whole import Carry, Counts, Key, Message
from perfkit.formats.traces.span_columns import SpanColumns, SpanTables, column_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.conventions import Facts
    from perfkit.formats.traces.elastic_process import Process

__all__ = ["NO_IDS", "Event", "Events", "Told"]

NO_IDS = "it has no trace id or no id"

_NO_PARENT = "0" * ids.SPAN_DIGITS


class Told(NamedTuple):
    """What an event says that others say just so: they share this object."""

    kind: str
    facts: Facts
    category: str | None
    process: Process
    attributes: bytes


class Event(NamedTuple):
    """One span or transaction, with its ids as they are written; times in nanoseconds.

    ``offset_ns``: since its transaction began. ``calls``: as many calls are in it, ``calls_ns``:
    how long they took together. ``result``: what a transaction says of itself.
    """

    trace: str | None
    span: str | None
    parent: str | None
    transaction: str | None
    told: Told
    name: str
    started_ns: int | None
    duration_ns: int | None
    outcome: str | None
    offset_ns: int | None = None
    result: str | None = None
    calls: int | None = None
    calls_ns: int | None = None
    weight: float | None = None


class Events:
    """Collects the events of one chunk."""

    def __init__(self) -> None:
        """Begin with none."""
        self.counts = Counts()
        self._events: list[Event] = []
        self._lines: list[int] = []
        self._messages: dict[Key, Message] = {}

    def add(self, event: Event, line: int) -> str:
        """Add an event; return why that cannot be done, or ""."""
        if not event.trace or not event.span:
            return NO_IDS
        self._events.append(event)
        self._lines.append(line)
        return ""

    def count(self, **more: int) -> None:
        """Add to the counts."""
        added = {name: getattr(self.counts, name) + value for name, value in more.items()}
        self.counts = self.counts._replace(**added)

    def failure(
        self, trace: str | None, span: str | None, transaction: str | None, message: str | None
    ) -> None:
        """Keep the message of an error event for the span it is in, and for its transaction."""
        trace_id = identifier(trace, ids.TRACE_DIGITS)
        if not trace_id or not message:
            return
        for name, within in ((span, False), (transaction, True)):
            span_id = identifier(name, ids.SPAN_DIGITS)
            if span_id:
                first = Message(message, within=within)
                kept = self._messages.setdefault((trace_id, span_id), first)
                if kept.within and not within:
                    self._messages[trace_id, span_id] = first

    def built(self) -> tuple[SpanTables, Carry]:
        """Return the tables, and what is left to be decided."""
        events = self._events
        columns, failures = _columns(events, self._lines)
        built = column_tables(columns)
        if any(event.calls_ns is not None for event in events):
            built.tables["queries"] = _with_means(built, events)
        composites = sum((event.calls or 0) > 1 for event in events)
        carry = Carry(
            requests=built.request_rows,
            queries=built.query_rows,
            failed={row: (_key(columns, row), sure) for row, sure in failures.items()},
            offsets=_offsets(events, columns),
            messages=self._messages,
            counts=self.counts._replace(composites=composites),
            spans=len(events),
        )
        return built, carry


def _columns(events: Sequence[Event], lines: Sequence[int]) -> tuple[SpanColumns, dict[int, bool]]:
    """Return the columns, and the rows that failed (or, False, may have)."""
    place: dict[int, int] = {}
    fact = np.array([place.setdefault(id(event.told), len(place)) for event in events], np.int64)
    distinct = {id(event.told): event.told for event in events}
    told = list(distinct.values())
    errors, failures = _errors(events)
    span = _identifiers([event.span for event in events], ids.SPAN_DIGITS)
    columns = SpanColumns(
        trace_id=_identifiers([event.trace for event in events], ids.TRACE_DIGITS),
        span_id=span,
        parent_id=_parents([event.parent or event.transaction for event in events], span),
        service=_taken([one.process.service for one in told], fact),
        name=pa.array([event.name for event in events], pa.string()),
        kind=_taken([one.kind for one in told], fact),
        started_ns=pa.array([event.started_ns for event in events], pa.int64()),
        duration_ns=pa.array([event.duration_ns for event in events], pa.int64()),
        error=pa.array(errors, pa.string()),
        line=pa.array(lines, pa.int64()),
        facts=[one.facts for one in told],
        fact=fact,
        attributes=pa.array([one.attributes for one in told], pa.binary()).take(pa.array(fact)),
        category=_taken([one.category for one in told], fact),
        calls=pa.array([event.calls for event in events], pa.int64()),
        weight=pa.array([event.weight for event in events], pa.float64()),
        resource=_taken([one.process.resource for one in told], fact),
    )
    return columns, failures


def _identifiers(texts: Sequence[str | None], digits: int) -> pa.Array:
    """Return ids: hexadecimal digits padded, others as they are."""
    return pc.coalesce(ids.column(texts, digits), pa.array(texts, pa.string()))


def _parents(texts: Sequence[str | None], own: pa.Array) -> pa.Array:
    found = _identifiers([text or None for text in texts], ids.SPAN_DIGITS)
    none = pc.or_(pc.equal(found, _NO_PARENT), pc.equal(found, own))
    return pc.if_else(pc.fill_null(none, fill_value=False), pa.scalar(None, pa.string()), found)


def _taken(texts: Sequence[str | None], each: Any) -> pa.Array:
    words = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(pa.array(each)), words.dictionary)


def _errors(events: Sequence[Event]) -> tuple[list[str | None], dict[int, bool]]:
    texts: list[str | None] = [None] * len(events)
    failures: dict[int, bool] = {}
    for row, event in enumerate(events):
        if event.outcome == "success":
            continue
        told = event.told
        bad = failed(event.outcome, told.facts.status, served=told.kind == "server")
        if bad:
            texts[row] = event.result or told.facts.error or "failure"
        if bad is not False:
            failures[row] = bool(bad)
    return texts, failures


def _key(columns: SpanColumns, row: int) -> Key:
    return columns.trace_id[row].as_py(), columns.span_id[row].as_py()


def _offsets(events: Sequence[Event], columns: SpanColumns) -> dict[int, tuple[Key, int]]:
    """Return rows without a timestamp: their transaction, and how much later they began."""
    found = {}
    for row, event in enumerate(events):
        if event.started_ns is None and event.offset_ns is not None:
            transaction = identifier(event.transaction, ids.SPAN_DIGITS)
            if transaction:
                found[row] = (columns.trace_id[row].as_py(), transaction), event.offset_ns
    return found


def _with_means(built: SpanTables, events: Sequence[Event]) -> pa.Table:
    """Put the mean of a composite's calls (ms) in the place of a share of its whole time."""
    queries = built.tables["queries"]
    values = queries["duration_ms"].to_pylist()
    for place, row in enumerate(built.query_rows.tolist()):
        event = events[row]
        if event.calls and event.calls_ns is not None:
            values[place] = event.calls_ns / event.calls / 1e6
    return tables.with_column(queries, "duration_ms", pa.array(values, pa.float64()))
