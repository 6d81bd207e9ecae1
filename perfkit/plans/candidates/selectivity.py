"""Which share of a table a condition keeps, as the planner would estimate it from pg_stats.

The arithmetic is that of selfuncs.c: most common values by their share, others evenly among
the remaining distinct ones, ranges by the histogram. What cannot be told is None.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import ColumnFacts, TableFacts

__all__ = ["combined", "distinct", "share"]

#: The planner's least share for both ends of a range (DEFAULT_RANGE_INEQ_SEL in selfuncs.h).
BETWEEN_SHARE = 0.005
_NUMBERS = ("int", "big", "small", "numeric", "real", "double", "oid")
_TIMES = ("timestamp", "date")


def share(predicate: Predicate, table: TableFacts | None) -> float | None:
    """Return the share of the rows for which ``predicate`` holds, None if it is not known."""
    column = table.columns.get(predicate.column) if table and not predicate.expression else None
    if column is None or table is None:
        return None
    nulls = column.null_share or 0.0
    if predicate.operator == "IS":
        return column.null_share
    if predicate.kind == "not_null":
        return None if column.null_share is None else 1.0 - nulls
    if predicate.kind in {"equality", "any"}:
        return _equal(predicate, column, table.rows)
    return _range(predicate, column) if predicate.kind == "range" else None


def combined(used: Sequence[Predicate], table: TableFacts | None) -> float | None:
    """Return the share that all predicates keep together, as if they were independent."""
    whole = 1.0
    by_column: dict[str, list[float]] = {}
    for predicate in used:
        found = share(predicate, table)
        if found is None:
            return None
        by_column.setdefault(predicate.column, []).append(found)
    for shares in by_column.values():
        # Two ends of a range: what is below one and above the other.
        both = sum(shares) - (len(shares) - 1)
        whole *= both if both > 0.0 or len(shares) == 1 else BETWEEN_SHARE
    return whole


def distinct(column: ColumnFacts | None, rows: float | None) -> float | None:
    """Return the number of distinct values of a column, None if it is not known."""
    if column is None or not column.distinct:
        return None
    if column.distinct > 0:
        return column.distinct
    return None if rows is None else max(-column.distinct * rows, 1.0)


def _equal(predicate: Predicate, column: ColumnFacts, rows: float | None) -> float | None:
    if predicate.source == "constant" and predicate.literals:
        shares = [_value_share(literal, column, rows) for literal in predicate.literals]
        known = [one for one in shares if one is not None]
        return min(sum(known), 1.0) if len(known) == len(shares) else None
    several = distinct(column, rows)
    if several is None:
        return None
    times = 10 if predicate.kind == "any" else 1  # the planner's guess for an unknown array
    return min(times * (1.0 - (column.null_share or 0.0)) / several, 1.0)


def _value_share(literal: str, column: ColumnFacts, rows: float | None) -> float | None:
    for value, found in zip(column.common, column.shares, strict=False):
        if value == literal or _same_number(value, literal, column):
            return found
    several = distinct(column, rows)
    if several is None:
        return None
    others = several - len(column.common)
    left = 1.0 - sum(column.shares) - (column.null_share or 0.0)
    if others < 1:  # every value is a common one: this is none of them
        return min(1.0 / rows, 1.0) if rows else 0.0
    return max(left, 0.0) / others


def _same_number(value: str, literal: str, column: ColumnFacts) -> bool:
    return _is_number(column) and _number(value) is not None and _number(value) == _number(literal)


def _range(predicate: Predicate, column: ColumnFacts) -> float | None:
    if predicate.source != "constant" or len(predicate.literals) != 1 or predicate.row:
        return None
    values = _comparable([*column.bounds, predicate.literals[0]], column)
    if values is None or len(values) <= 2:  # noqa: PLR2004 - a histogram has two ends
        return None
    below = _below(values[:-1], values[-1])
    kept = below if predicate.operator in {"<", "<="} else 1.0 - below
    return min(max(kept, 0.0), 1.0) * (1.0 - (column.null_share or 0.0))


def _below(bounds: list[Any], value: Any) -> float:
    """Return the share of the histogram below ``value``; numbers are interpolated in their bin."""
    place = bisect_left(bounds, value)
    if place in {0, len(bounds)}:
        return 1.0 if place else 0.0
    low, high = bounds[place - 1], bounds[place]
    inside = (value - low) / (high - low) if isinstance(value, float) and high > low else 0.5
    return float((place - 1 + inside) / (len(bounds) - 1))


def _comparable(texts: Sequence[str], column: ColumnFacts) -> list[float] | list[str] | None:
    """Return texts as what sorts like the column's type: numbers, or dates as ISO prints them."""
    if _is_number(column):
        numbers = [_number(text) for text in texts]
        return None if None in numbers else [n for n in numbers if n is not None]
    return list(texts) if column.type.startswith(_TIMES) else None


def _is_number(column: ColumnFacts) -> bool:
    return column.type.startswith(_NUMBERS)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
