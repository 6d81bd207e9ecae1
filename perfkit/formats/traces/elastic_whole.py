"""What all chunks of an Elastic APM export tell together.

Errors name the span they happened in, which may be in another chunk; spans without a timestamp
of their own begin so long after their transaction, which is sent when it has ended: behind them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.formats.traces import whole
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.model import Parsed
    from perfkit.span_ids import Ints

__all__ = ["Carry", "Counts", "Key", "Message", "combine"]

#: Trace id and span (or transaction) id.
Key = tuple[str, str]


class Counts(NamedTuple):
    """What limits conclusions; ``total``: hits that the query had, where that is known."""

    transactions: int = 0
    unsampled: int = 0
    dropped: int = 0
    composites: int = 0
    broken: int = 0
    documents: int = 0
    total: int = 0


#: What is counted -> the note's kind.
_KINDS = {
    "unsampled": "sampled",
    "dropped": "dropped_spans",
    "composites": "composite_spans",
    "total": "row_limit",
}
_SENTENCES = {
    "unsampled": "{unsampled:,} of {transactions:,} transactions were not sampled: agents send no "
    "spans for them",
    "dropped": "agents dropped {dropped:,} spans of their transactions (transaction_max_spans, "
    "exit_span_min_duration): counts of repeated calls are too low",
    "composites": "{composites:,} spans stand for several calls each (span compression): column "
    "calls says for how many",
    "total": "the query had {total:,} hits, {documents:,} are in the export: traces are "
    "incomplete; export all pages",
}


class Message(NamedTuple):
    """What an error event says; ``within``: it happened in a span below."""

    text: str
    within: bool


class Carry(NamedTuple):
    """What a chunk leaves to be decided.

    Attributes:
        requests: which span each request is.
        queries: which span each query is.
        failed: rows whose error takes an error event's message, where there is one, and whether
            they failed: of others nobody knows, but an error event of their own tells.
        offsets: rows without a timestamp: their transaction, and how much later they began (ns).
        messages: of error events, by the span they name.
        counts: what limits conclusions.
        spans: how many rows there were: if some were left out since, the numbers say nothing.
    """

    requests: Ints
    queries: Ints
    failed: dict[int, tuple[Key, bool]]
    offsets: dict[int, tuple[Key, int]]
    messages: dict[Key, Message]
    counts: Counts
    spans: int


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Join errors and begins, then drop repeated spans and fill in the self time."""
    carries = [part.carry for part in parts if "spans" in part.tables]
    messages: dict[Key, Message] = {}
    for carry in carries:
        for key, message in carry.messages.items():
            known = messages.setdefault(key, message)
            if known.within and not message.within:
                messages[key] = message
    begins = _begins(parts)
    mended = [_mended(part, messages, begins) if "spans" in part.tables else part for part in parts]
    found = whole.combine(mended)
    return replace(found, notes=(*found.notes, *_notes([carry.counts for carry in carries])))


def _begins(parts: Sequence[Parsed]) -> dict[Key, int]:
    """Return when the transactions began that some span needs."""
    wanted = {
        key for part in parts if "spans" in part.tables for key, _ in part.carry.offsets.values()
    }
    begins: dict[Key, int] = {}
    for part in parts if wanted else ():
        if "spans" not in part.tables:
            continue
        spans = part.tables["spans"]
        starts = spans["started_at"].cast(pa.int64()).to_pylist()
        names = zip(spans["trace_id"].to_pylist(), spans["span_id"].to_pylist(), strict=True)
        for key, start in zip(names, starts, strict=True):
            if start is not None and key in wanted:
                begins.setdefault(key, start)
    return begins


def _mended(part: Parsed, messages: dict[Key, Message], begins: dict[Key, int]) -> Parsed:
    carry: Carry = part.carry
    counted = whole.Carry(carry.requests, carry.queries, {"broken_spans": carry.counts.broken})
    if part.tables["spans"].num_rows != carry.spans:
        return replace(part, carry=counted)
    errors = {
        row: messages[key].text
        for row, (key, sure) in carry.failed.items()
        if key in messages and (sure or not messages[key].within)
    }
    starts = {
        row: begins[key] + later for row, (key, later) in carry.offsets.items() if key in begins
    }
    contents = dict(part.tables)
    for column, found in (("error", errors), ("started_at", starts)):
        if not found:
            continue
        spans = contents["spans"]
        changed = _changed(spans[column], found)
        contents["spans"] = tables.with_column(spans, column, changed)
        for name, rows in (("requests", carry.requests), ("queries", carry.queries)):
            if len(rows) == contents[name].num_rows:
                taken = changed.take(pa.array(rows))
                contents[name] = tables.with_column(contents[name], column, taken)
    return replace(part, tables=contents, carry=counted)


def _changed(column: pa.ChunkedArray, found: dict[int, str] | dict[int, int]) -> pa.Array:
    """Return a column with other values in some rows."""
    kind = column.type
    plain = column.cast(pa.int64()) if pa.types.is_timestamp(kind) else column
    values = plain.to_pylist()
    for row, value in found.items():
        values[row] = value
    return pa.array(values, plain.type).cast(kind)


def _notes(counts: Sequence[Counts]) -> list[Note]:
    if not counts:
        return []
    total = max(one.total for one in counts)
    summed = {name: sum(getattr(one, name) for one in counts) for name in Counts._fields}
    summed["total"] = total if total > summed["documents"] else 0
    return [
        Note(kind=kind, message=_SENTENCES[name].format_map(summed))
        for name, kind in _KINDS.items()
        if summed[name]
    ]
