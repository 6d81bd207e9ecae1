"""Events of Honeycomb that are spans: rows as JSON, JSON lines or CSV, and what Libhoney sends.

``[{"Timestamp", "trace.trace_id", ...}]``, ``{"data": {"results": [{"data": {...}}]}}`` (the
Query Data API), ``{"time", "samplerate", "data": {...}}`` (Libhoney, Refinery). A span that was
sampled stands for ``SampleRate`` spans, which becomes its ``weight``.

Checked: Honeycomb's reference of the Query Data and Events APIs, honeycomb_terms' sources.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfkit.formats.model import Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.traces import honeycomb_terms as terms
from perfkit.formats.traces.flat_rows import FlatRows, objects_in
from perfkit.formats.traces.flat_values import instants
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.uncollected import uncollected
from perfkit.formats.traces.whole import Carry
from perfkit.formats.traces.whole import combine as combine_spans
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.traces.conventions import Facts

__all__ = ["FORMAT"]

#: The Query Data API returns 100 rows where no limit is stated, at most 1,000, and 10,000
#: without series.
_LIMITS = frozenset({100, 1_000, 10_000})
_MISSING = (
    "export raw rows with the fields trace.trace_id, trace.span_id, trace.parent_id, name, "
    "service.name, duration_ms and SampleRate"
)
_NO_DURATIONS = Note(
    kind="duration_unknown",
    message="the export has no field duration_ms: how long its spans took is unknown",
)


def _looks(keys: Mapping[str, object]) -> bool:
    return "trace.trace_id" in keys or "data" in keys


_ROWS = FlatRows(rb'"results"\s*:\s*\[', _looks)


def recognises(head: bytes) -> Recognition:
    """Recognise the names of a span's ids."""
    sure = b"trace.trace_id" in head and any(map(terms.is_span, objects_in(head)))
    return Recognition(confidence=1.0 if sure else 0.0, reason="spans among Honeycomb's events")


@dataclass
class _Spans:
    rows: list[Row] = field(default_factory=list)
    facts: dict[Facts, Facts] = field(default_factory=dict)

    def take(self, values: dict[str, Any], line: int, start: int | None) -> str:
        """Take one span; return why it cannot be used, or ""."""
        made = terms.row(values, line, start)
        if isinstance(made, str):
            return made
        self.rows.append(made._replace(facts=self.facts.setdefault(made.facts, made.facts)))
        return ""


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse events; repeats and self time are left to :func:`combine`."""
    found, reader = _ROWS.read(chunk), _Spans()
    events = [row._replace(values=terms.event(row.values)) for row in found.rows]
    times = instants([_time(row.values) for row in events], chunk.zone)
    for row, start in zip(events, times.ns, strict=True):
        if terms.is_annotation(row.values):
            found.skip(row.line)
            continue
        reason = reader.take(row.values, row.line, start)
        if reason:
            found.reject(row.line, reason, row.values)
    built = span_tables(reader.rows)
    met = {
        "events": len(events),
        "sampled": sum(row.weight is not None for row in reader.rows),
        "timed": sum(row.duration_ns is not None for row in reader.rows),
    }
    return Parsed(
        tables=built.tables,
        rejected=kept(sorted(found.rejected, key=lambda bad: bad.line)),
        rejected_lines=found.rejected_lines,
        irrelevant=found.irrelevant,
        lines=found.lines,
        notes=tuple(dict.fromkeys([*found.notes, *times.notes])),
        missing=_MISSING,
        carry=Carry(built.request_rows, built.query_rows, met),
    )


def _time(values: Mapping[str, Any]) -> Any:
    return next((values[name] for name in terms.TIMES if values.get(name)), None)


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Put chunks together, and say what limits them."""
    whole = combine_spans(parts)
    met = [part.carry.met for part in parts if part.carry]
    events, sampled, timed = (
        sum(one.get(name, 0) for one in met) for name in ("events", "sampled", "timed")
    )
    notes = [_NO_DURATIONS] * ("spans" in whole.tables and not timed)
    if sampled:
        message = (
            f"{sampled:,} spans were sampled and stand for several (SampleRate): counts and "
            "percentiles take their weight into account"
        )
        notes.append(Note(kind="sampling", message=message))
    if events in _LIMITS:
        message = (
            f"the export has exactly {events:,} rows, as a query's limit allows: others are "
            "missing, and traces may be incomplete"
        )
        notes.append(Note(kind="row_limit", message=message))
    return replace(whole, notes=(*whole.notes, *notes))


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return _ROWS.cut(data)


FORMAT = Format(
    name="honeycomb-events",
    title="Honeycomb events (JSON or CSV)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
