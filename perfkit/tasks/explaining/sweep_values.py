"""Which column a parameter is compared with, and which of its values are worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.conditions import conditions
from perfkit.tasks.proofs.examples import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
    from perfkit.plans.model import Plan

__all__ = ["Swept", "Value", "swept", "values"]

_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Join Filter")
#: The places of the common values and the parts of the histogram that are looked at: dense
#: where the shares change fast.
_PLACES = (0, 1, 2, 4, 8, 16, 32, 64)
_PARTS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_KINDS = {"equality", "any", "range"}


class Swept(NamedTuple):
    """A parameter compared with a column of a table; ``table`` is the whole of a partition."""

    predicate: Predicate
    table: TableFacts
    column: ColumnFacts


class Value(NamedTuple):
    """A value as the server prints it; ``share`` of the rows that it finds, None if unknown."""

    text: str | None
    kind: str  # common, rare, bound
    share: float | None


def swept(generic: Plan, facts: Facts, number: int) -> Swept | str:
    """Return what ``$number`` of the generic plan is compared with, or why nothing is swept.

    Of several columns (both sides of a join, for example) that of the largest table counts.
    """
    found = [
        Swept(predicate, table, table.columns[predicate.column])
        for predicate, table in _comparisons(generic, facts, str(number))
        if predicate.column in table.columns and not predicate.expression
    ]
    if found:
        return max(found, key=lambda one: one.table.rows or 0.0)
    other = next(iter(_comparisons(generic, facts, str(number))), None)
    if other is None:
        return "it is compared with no column of a table"
    if other[0].expression:
        return f"it is compared with an expression ({other[0].column}), not with a column"
    return f"nothing is known of the column {other[0].column}: this role may not read it"


def values(found: Swept) -> list[Value]:
    """Return common and rare values, or points of the histogram, of the column that is swept.

    Nothing for a column without statistics.
    """
    if found.predicate.kind == "range":
        return list(_points(found))
    listed = found.predicate.kind == "any"
    chosen = [*_common(found.column), *_rare(found)]
    return [one._replace(text=_array(one.text)) for one in chosen] if listed else chosen


def _comparisons(plan: Plan, facts: Facts, number: str) -> Iterator[tuple[Predicate, TableFacts]]:
    for node in plan.tree:
        table = facts.of(node)
        if table is None:
            continue
        for key in _CONDITIONS:
            for one in conditions(node.text(key), node.text("Alias")).predicates:
                if one.kind in _KINDS and parameter(one.value) == number:
                    yield one, facts.whole(table)


def _common(column: ColumnFacts) -> Iterator[Value]:
    last = len(column.common) - 1
    for place in sorted({place for place in (*_PLACES, last) if 0 <= place <= last}):
        yield Value(column.common[place], "common", column.shares[place])


def _rare(found: Swept) -> Iterator[Value]:
    """Yield values that are not among the common ones: from both ends, and from the middle."""
    column = found.column
    bounds = column.bounds
    for at in dict.fromkeys((0, len(bounds) // 2, len(bounds) - 1) if bounds else ()):
        yield Value(bounds[at], "rare", _rare_share(found))


def _rare_share(found: Swept) -> float | None:
    """Return the share of one value that is not common: the rest, divided among the others."""
    column, rows = found.column, found.table.rows
    if column.distinct is None or (column.distinct < 0 and not rows):
        return None
    distinct = column.distinct if column.distinct >= 0 else -column.distinct * (rows or 0.0)
    rest = max(1.0 - sum(column.shares) - (column.null_share or 0.0), 0.0)
    return rest / max(distinct - len(column.common), 1.0)


def _points(found: Swept) -> Iterator[Value]:
    """Yield values that a comparison finds less and less, or more and more, of."""
    column, upwards = found.column, found.predicate.operator.startswith("<")
    bounds: Sequence[str] = column.bounds
    mass = max(1.0 - sum(column.shares) - (column.null_share or 0.0), 0.0)
    last = len(bounds) - 1
    for at in sorted({round(part * last) for part in _PARTS} if bounds else ()):
        below = at / max(last, 1)
        yield Value(bounds[at], "bound", mass * (below if upwards else 1.0 - below))
    if not bounds:
        yield from (Value(text, "bound", None) for text in column.common[: len(_PARTS)])


def _array(text: str | None) -> str:
    """Return a list of one value as an array's text."""
    escaped = (text or "").replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped + '"}'
