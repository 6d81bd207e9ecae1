"""Each statement once, of rows that are not kept: the rule of :mod:`perfkit.sources`, merged.

Partial digests are kept apart by who told of the statements until it is known which times each
covers. Where these are apart, or one holds the other, whole parts count or do not; otherwise
the rows have to be read again, with the times that others cover left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import UNKNOWN_TIME, integers
from perfkit.sources import MARGIN_NS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.digests.partial import Partial

__all__ = ["Span", "Teller", "by_teller", "covered", "is_covered", "is_split", "uncovered"]

_LATEST = np.iinfo(np.int64).max


class Teller(NamedTuple):
    """How the durations of statements were measured, and in which system they ran."""

    kind: str | None
    system: str | None


class Span(NamedTuple):
    """Times from the first to the last, in nanoseconds since 1970."""

    low: int
    high: int

    def holds(self, ns: int) -> bool:
        """Say whether a time is in the span, or so close that clocks may differ."""
        return self.low - MARGIN_NS <= ns <= self.high + MARGIN_NS


_ALWAYS = Span(UNKNOWN_TIME + MARGIN_NS, _LATEST - MARGIN_NS)


def by_teller(queries: pa.Table) -> Iterator[tuple[Teller, pa.Table]]:
    """Yield the rows of every teller; mostly there is one, and no row is copied."""
    if not queries.num_rows:
        return
    kinds, systems = (groups.encode(queries[name]) for name in ("duration_kind", "system"))
    code = kinds.codes.astype(np.int64) * len(systems.labels) + systems.codes
    present = np.unique(code)
    for one in present.tolist():
        kind, system = divmod(one, len(systems.labels))
        mine = queries if len(present) == 1 else queries.filter(pa.array(code == one))
        yield Teller(kinds.labels[kind], systems.labels[system]), mine


def covered(
    parts: Mapping[Teller, Partial], order: Sequence[str | None]
) -> dict[Teller, tuple[Span, ...]]:
    """Return the times in which a better source tells of the statements of each teller.

    Args:
        parts: what each teller told.
        order: the kinds of duration, best first (:func:`perfkit.sources.by_trust`).
    """
    found: dict[Teller, tuple[Span, ...]] = {}
    known: dict[str | None, Span] = {}
    for kind in order:
        mine = [teller for teller in parts if teller.kind == kind]
        for teller in mine:
            found[teller] = tuple(
                span
                for system, span in known.items()
                if None in (system, teller.system) or system == teller.system
            )
        for teller in mine:
            ends = _outside(_span(parts[teller]) or _ALWAYS, found[teller])
            spans = [*ends, *filter(None, [known.get(teller.system)])]
            if spans:
                known[teller.system] = Span(min(s.low for s in spans), max(s.high for s in spans))
    return found


def is_covered(part: Partial, spans: Sequence[Span]) -> bool:
    """Say whether all that a part tells, others tell as well."""
    own = _span(part)
    if own is None:
        return bool(spans)
    return any(span.holds(own.low) and span.holds(own.high) for span in spans)


def is_split(part: Partial, spans: Sequence[Span]) -> bool:
    """Say whether others tell of some statements of a part and not of others."""
    own = _span(part)
    if own is None or is_covered(part, spans):
        return False
    return any(span.holds(own.low) or span.holds(own.high) or own.holds(span.low) for span in spans)


def uncovered(queries: pa.Table, spans: Sequence[Span]) -> pa.Table:
    """Return the rows outside of ``spans``; one without a time is inside any."""
    if not spans:
        return queries
    ns = integers(queries["started_at"])
    inside: NDArray[np.bool_] = ns == UNKNOWN_TIME
    for span in spans:
        inside |= (ns >= span.low - MARGIN_NS) & (ns <= span.high + MARGIN_NS)
    return queries.filter(pc.invert(pa.array(inside)))


def _outside(own: Span, spans: Sequence[Span]) -> list[Span]:
    """Return the ends of a span that count although ``spans`` are covered."""
    return [Span(ns, ns) for ns in own if not any(span.holds(ns) for span in spans)]


def _span(part: Partial) -> Span | None:
    first, last = part.lows["first_seen"], part.highs["last_seen"]
    known = first != _LATEST
    return Span(int(first[known].min()), int(last[known].max())) if known.any() else None
