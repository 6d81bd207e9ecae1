"""Spans of any export of Datadog -> rows of the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.model import BadLine, Chunk, Parsed, kept
from perfkit.formats.traces.datadog_ids import Carry
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.formats.traces.datadog_terms import Said

__all__ = ["Found", "Ids", "Rest", "Timing", "clock", "cut_off"]

_SAMPLED = Note(
    kind="sampling",
    message="Datadog's sampling rates below 1 are among the metrics: of the traces that were "
    "made only a part was kept, and counts are those of the part",
)
_SINGLE = Note(
    kind="single_spans",
    message="some spans were kept without the rest of their trace (span sampling): what they "
    "called, and what called them, is missing",
)
_LARGEST = 1 << 62


class Ids(NamedTuple):
    """Who a span is; None: it cannot be used."""

    trace: str
    span: str
    parent: str | None


class Timing(NamedTuple):
    """When a span began and how long it took, in nanoseconds; None: unknown."""

    started_ns: int | None
    duration_ns: int | None


class Rest(NamedTuple):
    """What else a row needs: of the error, its text."""

    service: str | None
    name: str
    error: str | None
    line: int
    attributes: bytes


@dataclass(kw_only=True)
class Found:
    """The spans of one chunk, and what is wrong with the others.

    ``upper``: the upper halves of trace ids; "" where several are told of one.
    """

    rows: list[Row] = field(default_factory=list)
    upper: dict[str, str] = field(default_factory=dict)
    rejected: list[BadLine] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    irrelevant: int = 0
    lines: int = 0
    broken: int = 0

    def add(self, ids: Ids, timing: Timing, says: Said, rest: Rest) -> None:
        """Take one span."""
        if says.upper and self.upper.setdefault(ids.trace, says.upper) != says.upper:
            self.upper[ids.trace] = ""
        self.rows.append(
            Row(
                ids.trace,
                ids.span,
                ids.parent,
                rest.service,
                rest.name,
                says.kind,
                timing.started_ns,
                timing.duration_ns,
                rest.error,
                rest.line,
                says.facts,
                rest.attributes,
                resource=says.process,
            )
        )

    def told(self, says: Iterable[Said]) -> None:
        """Note what the spans say of sampling."""
        every = list(says)
        self.notes += [_SAMPLED] * any(one.sampled for one in every)
        self.notes += [_SINGLE] * any(one.single for one in every)

    def parsed(self) -> Parsed:
        """Return the tables of the chunk."""
        built = span_tables(self.rows)
        upper = dict(self.upper)
        return Parsed(
            tables=built.tables,
            rejected=kept(sorted(self.rejected, key=lambda bad: bad.line)),
            rejected_lines=len(self.rejected),
            irrelevant=self.irrelevant,
            lines=self.lines,
            notes=tuple(dict.fromkeys(self.notes)),
            carry=Carry(built.request_rows, built.query_rows, _met(self.broken), upper),
        )


def _met(broken: int) -> dict[str, int]:
    return {"broken_spans": broken} if broken else {}


def clock(value: Any) -> int | None:
    """Return nanoseconds that the tables can hold: whole ones, or those of a float or text."""
    if type(value) is int and 0 <= value < _LARGEST:
        return value
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LARGEST:
        return None
    return int(value)


def cut_off(chunk: Chunk, *, is_cut: bool) -> Sequence[Note]:
    """Say that the export ends too early."""
    if not (chunk.last and is_cut):
        return ()
    message = "the export ends in the middle of a span: it was cut off, and traces are incomplete"
    return (Note(kind="truncated", message=message),)
