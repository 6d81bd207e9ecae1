"""How many rows a scan would read with an index on certain keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates.selectivity import combined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import Predicate, SortKey

__all__ = ["kept_share", "rows_with"]


def rows_with(want: Want, keys: Sequence[SortKey], equality: int) -> float | None:
    """Return the rows read per execution with an index on ``keys``, None if it is not known.

    Behind the equal keys either the order is read until the Limit has what it needs, or the
    next keys narrow the scan further.
    """
    names = [key.column for key in keys]
    equal = [p for p in want.found if p.kind == "equality" and p.column in names[:equality]]
    limit = want.order.limit
    first = kept_share(want, equal)
    if limit is not None and _ordered(want, names[equality:], equal):
        whole = want.table_rows or want.rows_read
        read = whole if first is None else whole * first
        density = max(want.rows_kept, 1.0) / max(read, 1.0)
        wanted = limit
        if want.order.groups:
            wanted = limit * max(want.rows_kept / want.order.groups, 1.0)
        return min(read, wanted / min(density, 1.0))
    used = [p for p in want.found if p.column in names]
    narrowed = kept_share(want, used)
    return None if narrowed is None else want.table_rows * narrowed


def kept_share(want: Want, used: Sequence[Predicate]) -> float | None:
    """Return the share of the table that the predicates ``used`` keep, None if unknown.

    What the plan tells of all conditions together is a lower bound for some of them; where
    statistics are missing, equality is trusted to be what narrows, a range alone is not.
    """
    if not used:
        return 1.0
    observed = want.rows_kept / want.table_rows if want.table_rows > 0 else None
    columns = {p.column for p in used}
    if want.complete and all(p.column in columns for p in want.found):
        return observed
    estimated = combined(used, want.table)
    if estimated is not None:
        return max(estimated, observed or 0.0)
    narrow = any(p.kind in {"equality", "contains", "pattern"} for p in used)
    return observed if narrow else None


def _ordered(want: Want, names: Sequence[str], equal: Sequence[Predicate]) -> bool:
    """Whether the keys behind the equal ones are the wanted order."""
    fixed = {p.column for p in equal}
    order = [key.column for key in want.order.keys if key.column not in fixed]
    return bool(order) and list(names[: len(order)]) == order
