"""Make a candidate for a want: name, table, estimate and notes in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.cover import replaced
from perfkit.plans.candidates.estimate import rows_with
from perfkit.plans.candidates.index import Candidate
from perfkit.units import format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import SortKey
    from perfkit.plans.facts import IndexFacts, Partition, TableFacts

__all__ = ["build", "existing", "explained", "whole_table"]

#: A table whose updates are mostly HOT loses that for columns that an index holds.
_HOT_SHARE, _MANY_UPDATES = 0.3, 1000


def build(want: Want, keys: Sequence[SortKey], equality: int, why: str) -> Candidate:
    """Return the b-tree on ``keys``."""
    candidate = Candidate(
        schema=want.schema,
        table=want.relation,
        keys=tuple(keys),
        equality=equality,
        compared_as_text=_as_text(want, keys),
        partitions=_partitions(want),
        taken=want.facts.names,
        rows_after=rows_with(want, keys, equality),
    )
    return explained(want, candidate, why)


def explained(want: Want, candidate: Candidate, why: str) -> Candidate:
    """Return the candidate with its reason, its estimate, and what has to be known about it."""
    before = want.rows_read or None
    reason = why
    if before and candidate.rows_after is not None:
        reason += (
            f": about {format_count(max(round(candidate.rows_after), 1))} rows instead of "
            f"{format_count(round(before))}"
        )
    old = replaced(candidate, existing(want))
    if old is not None:
        reason += f"; {old.name} becomes superfluous"
    return replace(
        candidate,
        rows_before=before,
        reason=f"{reason}.",
        replaces=old,
        notes=(*candidate.notes, *_hot(want, candidate)),
    )


def existing(want: Want) -> tuple[IndexFacts, ...]:
    """Return the indexes of the table that would get the new one, and of the part scanned."""
    whole = whole_table(want)
    return whole.indexes if whole else ()


def whole_table(want: Want) -> TableFacts | None:
    """Return the facts of the table itself: of a partition those of the partitioned table."""
    return want.facts.whole(want.table) if want.table else None


def _as_text(want: Want, keys: Sequence[SortKey]) -> tuple[str, ...]:
    """Return the keys that are compared as text though their type is unknown."""
    names = {key.column for key in keys}
    return tuple(dict.fromkeys(p.column for p in want.found if p.cast and p.column in names))


def _partitions(want: Want) -> tuple[Partition, ...]:
    whole = whole_table(want)
    return whole.partitions if whole else ()


def _hot(want: Want, candidate: Candidate) -> tuple[str, ...]:
    """Say that updates of the indexed columns stop being HOT, where there are such updates."""
    table = whole_table(want)
    updates, hot = (table.updates or 0, table.hot_updates or 0) if table else (0, 0)
    if updates < _MANY_UPDATES or hot < _HOT_SHARE * updates:
        return ()
    held = dict.fromkeys((*candidate.columns, *candidate.include, *candidate.where_columns))
    note = (
        f"{format_share(hot / updates)} of the table's updates are HOT (they touch no index): "
        f"those that change {', '.join(held)} stop being so."
    )
    return (note,)
