"""Rows of New Relic's events -> the tables of a chunk, and what all chunks tell together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfkit.formats.model import Parsed, kept
from perfkit.formats.requests.cut_off import NOTE as CUT_OFF
from perfkit.formats.traces import newrelic_terms as terms
from perfkit.formats.traces.flat_values import instants
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.whole import Carry
from perfkit.formats.traces.whole import combine as combine_spans
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.conventions import Facts
    from perfkit.formats.traces.flat_rows import Found

__all__ = ["MISSING", "at_limit", "combine", "spans"]

MISSING = (
    "export it with `SELECT * FROM Span`, so that trace.id, id, timestamp (milliseconds) and "
    "duration (seconds) are among its columns"
)
#: NRQL returns 100 rows where no LIMIT is stated; LIMIT MAX was 1,000, then 2,000, then 5,000.
_LIMITS = frozenset({100, 1_000, 2_000, 5_000})
_SAMPLED = Note(
    kind="sampling",
    message="New Relic's agents send the spans of sampled transactions only: counts are those of "
    "what was kept",
)


@dataclass
class _Spans:
    rows: list[Row] = field(default_factory=list)
    facts: dict[Facts, Facts] = field(default_factory=dict)
    sampled: bool = False

    def take(self, values: dict[str, Any], line: int, start: int | None) -> str:
        """Take one span; return why it cannot be used, or ""."""
        made = terms.row(values, line, start)
        if isinstance(made, str):
            return made
        self.sampled |= "sampled" in values or "priority" in values
        self.rows.append(made._replace(facts=self.facts.setdefault(made.facts, made.facts)))
        return ""


def spans(found: Found, zone: str | None) -> Parsed:
    """Build the tables of a chunk's Span events; what is none is irrelevant."""
    reader = _Spans()
    events = len(found.rows)
    times = instants([row.values.get("timestamp") for row in found.rows], zone)
    for row, start in zip(found.rows, times.ns, strict=True):
        if terms.is_transaction(row.values):
            found.skip(row.line)
            continue
        reason = reader.take(row.values, row.line, start)
        if reason:
            found.reject(row.line, reason, row.values)
    built = span_tables(reader.rows)
    notes = [*found.notes, *times.notes]
    notes += [_SAMPLED] * reader.sampled + [CUT_OFF] * any(map(_is_cut_off, reader.facts))
    return Parsed(
        tables=built.tables,
        rejected=kept(sorted(found.rejected, key=lambda bad: bad.line)),
        rejected_lines=found.rejected_lines,
        irrelevant=found.irrelevant,
        lines=found.lines,
        notes=tuple(dict.fromkeys(notes)),
        missing=MISSING,
        carry=Carry(built.request_rows, built.query_rows, {"events": events}),
    )


def _is_cut_off(known: Facts) -> bool:
    """Say whether a statement is longer than agents keep (2,000 bytes, with three dots)."""
    return known.statement is not None and known.statement.endswith("...")


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Put chunks together, and say when there are as many rows as a query returns at most."""
    whole = combine_spans(parts)
    events = sum(part.carry.met.get("events", 0) for part in parts if part.carry)
    return replace(whole, notes=(*whole.notes, *at_limit(events)))


def at_limit(events: int) -> list[Note]:
    """Say that an export has exactly as many rows as a limit allows."""
    if events not in _LIMITS:
        return []
    message = (
        f"the export has exactly {events:,} rows, as a limit of NRQL allows: others are missing, "
        "and traces may be incomplete. Narrow the query (WHERE, SINCE), or state LIMIT MAX"
    )
    return [Note(kind="row_limit", message=message)]
