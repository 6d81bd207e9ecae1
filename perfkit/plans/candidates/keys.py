"""In which order the columns of a composite b-tree stand.

Equality first, then the sort's columns with their directions if they spare the sort, then
lists of values, then one range: behind a range an index is not sorted any more. A sort
without LIMIT below which a range filters is left to be sorted: fewer rows to read weigh more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.conditions import Predicate, SortKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MAX_COLUMNS", "arranged", "key_of", "of_kind"]

#: More key columns than this hardly ever narrow a scan further, and cost on every write.
MAX_COLUMNS = 4


def arranged(
    found: Sequence[Predicate], order: Sequence[SortKey], *, limited: bool
) -> tuple[SortKey, ...]:
    """Return the keys for the predicates ``found`` and the ``order`` of the result."""
    equality = [key_of(p) for p in of_kind(found, "equality")]
    lists = [key_of(p) for p in of_kind(found, "any")]
    ranges = [key_of(p) for p in of_kind(found, "range", "pattern")][:1]
    sort = list(order) if limited or not (lists or ranges) else []
    return _distinct((*equality, *sort, *lists, *ranges))[:MAX_COLUMNS]


def of_kind(found: Iterable[Predicate], *kinds: str) -> list[Predicate]:
    """Return the predicates of some kinds, one per column."""
    by_column: dict[str, Predicate] = {}
    for predicate in found:
        if predicate.kind in kinds:
            by_column.setdefault(predicate.column, predicate)
    return list(by_column.values())


def key_of(predicate: Predicate) -> SortKey:
    """Return the key that serves the predicate."""
    patterned = predicate.kind == "pattern"
    return SortKey(
        column=predicate.column,
        expression=predicate.expression,
        operator_class="text_pattern_ops" if patterned else "",
    )


def _distinct(keys: Iterable[SortKey]) -> tuple[SortKey, ...]:
    by_column: dict[str, SortKey] = {}
    for key in keys:
        by_column.setdefault(key.column, key)
    return tuple(by_column.values())
