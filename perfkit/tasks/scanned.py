"""What a scan keeps of each piece instead of its rows, and the sum of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from perfkit import tables
from perfkit.analyses.digests.counted_once import with_fingerprints
from perfkit.analyses.digests.holders import Holders
from perfkit.analyses.digests.merging import merge
from perfkit.analyses.digests.partial import Partial, partial
from perfkit.analyses.digests.rules.repeats import traced
from perfkit.analyses.digests.tellers import by_teller, is_covered, is_split, uncovered
from perfkit.formats.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.digests.tellers import Span, Teller
    from perfkit.ingest.wrapped import Wrapping
    from perfkit.keep import Keep
    from perfkit.recording import Note

__all__ = ["Counted", "Sum", "Terms", "counted"]

#: So many partial digests are added up at once.
_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How rows are counted: grouped by which columns, and without which times of whom."""

    by: tuple[str, ...]
    covered: Mapping[Teller, tuple[Span, ...]]


@dataclass(frozen=True, kw_only=True)
class Around:
    """What held the lines of a piece, how many lines were before it, and which rows are wanted.

    Rows are chosen once their times are known, which the envelope may have to supply.
    """

    wrapping: Wrapping
    line: int
    keep: Keep

    def applied(self, contents: Mapping[str, pa.Table]) -> Parsed:
        """Return the wanted rows, with what the envelope knows of them."""
        parsed = self.wrapping.applied(Parsed(tables=contents).shifted(-self.line))
        wanted = {name: self.keep.rows(table, name) for name, table in parsed.tables.items()}
        return replace(parsed, tables=wanted)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One piece, counted: the statements by who told of them, and the events (None).

    ``names`` are those of the inputs that ``source`` in the examples counts.
    """

    names: Sequence[str]
    parts: Mapping[Teller | None, Partial]
    totals: pa.Table
    notes: tuple[Note, ...] = ()


def counted(
    contents: Mapping[str, pa.Table],
    *,
    terms: Terms,
    names: Sequence[str],
    around: Around | None = None,
) -> Counted:
    """Count the rows of a piece, given as tables whose column ``source`` counts ``names``."""
    parsed = around.applied(contents) if around else Parsed(tables=contents)
    contents = parsed.tables
    queries = contents.get("queries", tables.empty("queries"))
    parts: dict[Teller | None, Partial] = {}
    for teller, rows in by_teller(with_fingerprints(queries)):
        new = uncovered(rows, terms.covered.get(teller, ()))
        parts[teller] = replace(partial(new, by=terms.by), traced=traced(rows))
    events = contents.get("events")
    if events is not None and events.num_rows:
        beside = partial(tables.empty("queries"), events, by=terms.by)
        parts[None] = replace(beside, holders=Holders.of(queries, events))
    totals = contents.get("statement_totals", tables.empty("statement_totals"))
    return Counted(names=names, parts=parts, totals=totals, notes=parsed.notes)


class Sum:
    """All pieces, added up before they are many."""

    def __init__(self, terms: Terms) -> None:
        """Begin with nothing."""
        self.terms = terms
        self.notes: dict[Note, None] = {}
        self._names: dict[str, int] = {}
        self._parts: dict[Teller | None, list[Partial]] = {}
        self._totals: list[pa.Table] = []

    def take(self, piece: Counted) -> None:
        """Add one piece."""
        numbers = [self._names.setdefault(name, len(self._names)) for name in piece.names]
        for teller, part in piece.parts.items():
            parts = self._parts.setdefault(teller, [])
            parts.append(_renumbered(part, numbers))
            if len(parts) >= _BATCH:
                self._parts[teller] = [merge(parts)]
        if piece.totals.num_rows:
            self._totals.append(piece.totals)
        self.notes |= dict.fromkeys(piece.notes)

    @property
    def told(self) -> dict[Teller, Partial]:
        """What each teller told."""
        for teller, parts in self._parts.items():
            self._parts[teller] = [merge(parts)]
        return {teller: part for teller, (part,) in self._parts.items() if teller is not None}

    @property
    def totals(self) -> pa.Table:
        """The totals per statement, which are few, as they are."""
        return tables.concat(self._totals, "statement_totals")

    def whole(self, spans: Mapping[Teller, Sequence[Span]], names: Sequence[str]) -> Partial:
        """Return the sum of what is told by no better source in ``spans``.

        ``names`` are the inputs that ``source`` counts from now on.
        """
        chosen = [
            part
            for teller, part in self.told.items()
            if not is_covered(part, spans.get(teller, ()))
            and not is_split(part, spans.get(teller, ()))
        ]
        known = any(part.traced for part in self.told.values())
        nothing = replace(partial(tables.empty("queries"), by=self.terms.by), traced=known)
        whole = merge([nothing, *chosen, *self._parts.get(None, [])])
        places = {name: place for place, name in reversed(list(enumerate(names)))}
        return _renumbered(whole, [places.get(name) for name in self._names])


def _renumbered(part: Partial, numbers: Sequence[int | None]) -> Partial:
    """Let a part name its sources by other numbers: the examples, and the groups if they are."""
    column = pa.array(numbers, pa.int64()).take(part.examples["source"].combine_chunks())
    index = part.examples.schema.get_field_index("source")
    keys = part.keys
    if "source" in part.by:
        others = {str(old): None if new is None else str(new) for old, new in enumerate(numbers)}
        texts = [others.get(text, text) for text in keys["source"].to_pylist()]
        at = keys.schema.get_field_index("source")
        keys = keys.set_column(at, "source", pa.array(texts, pa.string()))
    examples = part.examples.set_column(index, "source", column)
    return replace(part, keys=keys, examples=examples)
