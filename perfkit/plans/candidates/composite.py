"""The composite b-trees for one scan: which predicates, in which order, how far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.build import build, existing, whole_table
from perfkit.plans.candidates.cover import canonical
from perfkit.plans.candidates.keys import MAX_COLUMNS, key_of, of_kind
from perfkit.plans.candidates.selectivity import distinct, share
from perfkit.plans.candidates.variants import without_nulls
from perfkit.plans.conditions import SortKey
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import Predicate

__all__ = ["FEW_ROWS", "composites", "equal_keys", "narrowing_keys"]

#: A key that keeps more than this of the rows is not worth its place.
USELESS_SHARE = 0.5
#: Behind keys that leave so few rows no further one is worth it, unless it gives order.
FEW_ROWS = 50
#: Sorting fewer rows than this costs next to nothing.
SORT_ROWS = 1000


def composites(want: Want) -> list[Candidate]:
    """Return the b-trees that fit conditions and order, that which reads fewest rows first."""
    equal = equal_keys(want, want.sorted_found)
    unique = bool(equal) and _single_row(want, equal)
    order = [] if unique else _order(want, equal)
    narrowing = [] if unique else narrowing_keys(want, want.sorted_found, equal)
    found = []
    if order:
        full = _built(want, _distinct((*equal, *order, *narrowing)), len(equal))
        found.append(without_nulls(want, full))
    if narrowing or not order:
        found.append(_built(want, _distinct((*equal, *narrowing)), len(equal)))
    usable = [candidate for candidate in found if candidate.keys]
    return sorted(usable, key=lambda c: float("inf") if c.rows_after is None else c.rows_after)


def equal_keys(want: Want, found: Iterable[Predicate]) -> list[SortKey]:
    """Return the keys compared with one value: foreign keys and many-valued columns first.

    Columns of an index that the new one could replace come before all.
    """
    table = whole_table(want)
    rows = want.table_rows or None
    foreign = {name for key in (table.foreign_keys if table else ()) for name in key}
    known = table.columns if table else {}

    def rank(predicate: Predicate) -> tuple[bool, float]:
        several = distinct(known.get(predicate.column), rows)
        named = predicate.column in foreign or (not known and predicate.column.endswith("_id"))
        return (not named, -(several or 0.0))

    kept = [p for p in of_kind(found, "equality") if not _useless(want, [p])]
    keys = [key_of(p) for p in sorted(kept, key=rank)]
    alone = next((key for key in keys if _single_row(want, [key])), None)
    return [alone] if alone else _extending(want, keys)[:MAX_COLUMNS]


def narrowing_keys(
    want: Want, found: Iterable[Predicate], equal: Sequence[SortKey]
) -> list[SortKey]:
    """Return the keys compared with several values, and one range, the narrowest."""
    left = _left(want, equal)
    if equal and left is not None and left < FEW_ROWS:
        return []
    fixed = {key.column for key in equal}
    rest = [p for p in found if p.column not in fixed]
    lists = [key_of(p) for p in of_kind(rest, "any") if not _useless(want, [p])]
    columns = {p.column: [q for q in rest if q.column == p.column] for p in rest}
    ranges = [p for p in of_kind(rest, "range", "pattern") if not _useless(want, columns[p.column])]
    ranges.sort(key=lambda p: _share(want, columns[p.column]))
    if not ranges:
        return lists
    best = ranges[0]
    keys = [SortKey(column=name) for name in best.row] or [_by_bytes(want, key_of(best))]
    return [*lists, *keys]


def _order(want: Want, equal: Sequence[SortKey]) -> list[SortKey]:
    """Return the sort keys that an index should have behind the equal ones."""
    if want.order.limit is None and (want.rows_kept < SORT_ROWS or not equal):
        return []
    fixed = {key.column for key in equal}
    held = {p.column for p in want.found if p.kind == "equality"}
    return [_own(want, key) for key in want.order.keys if key.column not in fixed | held]


def _own(want: Want, key: SortKey) -> SortKey:
    """Drop the collation where it is that of the column."""
    column = want.table.columns.get(key.column) if want.table else None
    own = column is not None and key.collation == quoted(column.collation or "")
    return replace(key, collation="") if own else key


def _left(want: Want, equal: Sequence[SortKey]) -> float | None:
    """Return the rows that the equal keys leave, by statistics alone; None if unknown."""
    names = {key.column for key in equal}
    used = [p for p in want.found if p.kind == "equality" and p.column in names]
    shares = [share(p, want.table) for p in used]
    known = [one for one in shares if one is not None]
    if not used or len(known) < len(used):
        return None
    left = want.table_rows
    for one in known:
        left *= one
    return left


def _single_row(want: Want, equal: Sequence[SortKey]) -> bool:
    """Whether the equal keys leave one row, so that nothing behind them matters."""
    left = _left(want, equal)
    return left is not None and left <= 1.0


def _useless(want: Want, same_column: Sequence[Predicate]) -> bool:
    return _share(want, same_column) > USELESS_SHARE


def _share(want: Want, same_column: Sequence[Predicate]) -> float:
    """Return the share kept by the predicates of one column; unknown counts as little."""
    known = [share(p, want.table) for p in same_column]
    shares = [one for one in known if one is not None]
    if not shares:
        return 0.3
    return max(sum(shares) - (len(shares) - 1), 0.0) if len(shares) > 1 else shares[0]


def _extending(want: Want, keys: list[SortKey]) -> list[SortKey]:
    """Put the columns of an index that could be replaced first, in its order."""
    by_name = {canonical(key.column): key for key in keys}
    for index in sorted(existing(want), key=lambda index: -len(index.keys)):
        names = [canonical(name) for name in index.keys]
        plain = not (index.unique or index.constrained or index.predicate or any(index.classes))
        if plain and index.method == "btree" and set(names) <= set(by_name):
            return [by_name[n] for n in names] + [k for n, k in by_name.items() if n not in names]
    return keys


def _by_bytes(want: Want, key: SortKey) -> SortKey:
    """Drop the operator class for patterns where the column sorts by bytes anyway."""
    column = want.table.columns.get(key.column) if want.table else None
    return replace(key, operator_class="") if column and column.by_bytes else key


def _built(want: Want, keys: Sequence[SortKey], equality: int) -> Candidate:
    kept = keys[:MAX_COLUMNS]
    return build(want, kept, min(equality, len(kept)), _why(want, kept, equality))


def _why(want: Want, keys: Sequence[SortKey], equality: int) -> str:
    ordered = {key.column for key in want.order.keys} & {key.column for key in keys[equality:]}
    if not want.found or not equality:
        return (
            "Gives the order, so that reading can stop early" if ordered else "Fits the condition"
        )
    return "Fits the condition and gives the order" if ordered else "Fits the condition"


def _distinct(keys: Iterable[SortKey]) -> tuple[SortKey, ...]:
    by_column: dict[str, SortKey] = {}
    for key in keys:
        by_column.setdefault(key.column, key)
    return tuple(by_column.values())
