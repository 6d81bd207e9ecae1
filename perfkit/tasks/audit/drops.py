"""Indexes that could go: duplicates, redundant prefixes, unused ones. Catalogue rows in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.tasks.audit.predicates import same_rows
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from perfkit.probes.catalog import Index, StatisticsAge

__all__ = ["LEAST_BYTES", "Drop", "drops", "meaning"]

#: Eight pages: smaller indexes cost nothing worth a change.
LEAST_BYTES = 8 * 8192
_BTREE = "btree"
_UNORDERED = {"gin", "brin"}
_PHYSICAL = {
    "fillfactor", "deduplicate_items", "fastupdate", "gin_pending_list_limit", "buffering",
    "autosummarize",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drop:
    """An index to drop: why, instead of which other one, and whether that is proven.

    ``kind`` is duplicate, redundant or unused; the first two follow from definitions alone.
    ``enough``: the evidence suffices; not, when scans were counted for a few minutes only.
    """

    index: Index
    kind: str
    reason: str
    proven: bool
    kept: Index | None = None
    enough: bool = True


def drops(found: Sequence[Index], age: StatisticsAge) -> list[Drop]:
    """Return the indexes to drop; following ``kept`` ends at one that stays.

    Except for twins that nobody reads: one goes as a duplicate, the other as unused.
    With enough evidence an unused index goes before the shorter one that it makes redundant;
    without, definitions are the better reason.
    """
    usable = [index for index in found if index.valid]
    result = list(_duplicates(usable))
    steps = (_unused, _redundant) if age.enough else (_redundant, _unused)
    for step in steps:
        gone = {id(drop.index) for drop in result}
        rest = [index for index in usable if id(index) not in gone]
        result += step(rest, result, age)
    return result


def _duplicates(found: Sequence[Index]) -> Iterator[Drop]:
    groups: dict[Hashable, list[Index]] = defaultdict(list)
    for index in found:
        groups[meaning(index)].append(index)
    for twins in groups.values():
        kept: list[Index] = []
        for index in sorted(twins, key=_rank):
            keeper = next((other for other in kept if _replaceable(index, other)), None)
            if keeper is None:
                kept.append(index)
            else:
                yield Drop(
                    index=index,
                    kind="duplicate",
                    reason=f"the same as {keeper.name}{_role(keeper)}",
                    proven=True,
                    kept=keeper,
                )


def meaning(index: Index) -> Hashable:
    """Return what two indexes must share to answer the same questions at the same cost.

    A b-tree may be read backwards. GIN and BRIN search their columns independently: the order of
    those does not count. How full pages are and when they are filled changes no answer.
    """
    keys = index.keys
    parameters = tuple(p for p in index.parameters if p.split("=")[0] not in _PHYSICAL)
    if index.method == _BTREE:
        keys = min(keys, tuple(key.flipped() for key in keys))
    elif index.method in _UNORDERED and not any(p[0].isdigit() for p in parameters):
        keys = tuple(sorted(keys))  # an operator class's parameters name columns by number
    return (
        index.schema, index.table, index.method, keys,
        frozenset(index.included), same_rows(index.predicate), parameters,
    )  # fmt: skip


def _rank(index: Index) -> tuple[object, ...]:
    """Sort what is kept to the front: guarantees first, then the one in use."""
    guarantees = (
        index.part_of is not None, index.constrained, index.replica_identity, index.exclusion,
        index.unique, index.clustered, index.immediate, index.nulls_not_distinct,
    )  # fmt: skip
    return (*(not each for each in guarantees), -(index.scans or 0), index.oid, index.name)


def _replaceable(index: Index, by: Index) -> bool:
    """Whether ``by`` guarantees all that ``index`` does.

    A deferrable constraint lets through for a while what a unique index refuses at once, and
    ON CONFLICT cannot use it. What refuses two nulls refuses all that others do.
    """
    if index.constrained or index.replica_identity or index.exclusion or index.part_of:
        return False
    if not index.unique:
        return True
    return by.unique and by.immediate and (by.nulls_not_distinct or not index.nulls_not_distinct)


def _redundant(found: Sequence[Index], _: Sequence[Drop], __: StatisticsAge) -> Iterator[Drop]:
    by_table: dict[Hashable, list[Index]] = defaultdict(list)
    for index in found:
        if index.method == _BTREE:
            by_table[index.schema, index.table, same_rows(index.predicate)].append(index)
    for group in by_table.values():
        yield from _prefixes(group)


def _prefixes(group: Sequence[Index]) -> Iterator[Drop]:
    """Yield the b-trees of one table that begin others, for the smallest one that stays."""
    longer = {id(index): _longer(index, group) for index in group}
    going = [index for index in group if longer[id(index)]]
    for index in going:
        staying = [other for other in longer[id(index)] if not longer[id(other)]]
        keeper = min(staying, key=lambda other: (other.size_bytes, other.name))
        yield Drop(index=index, kind="redundant", reason=_prefix(keeper), proven=True, kept=keeper)


def _longer(index: Index, group: Sequence[Index]) -> list[Index]:
    return [
        other
        for other in group
        if _covers(other, index) and (not index.needed or _guarantees(other, index))
    ]


def _guarantees(other: Index, index: Index) -> bool:
    """Whether a longer index, by further included columns only, is as strict."""
    return len(other.keys) == len(index.keys) and _replaceable(index, other)


def _covers(longer: Index, index: Index) -> bool:
    """Whether ``longer`` begins with the keys of ``index`` and holds its included columns.

    With the same keys it has to hold more: equal ones are duplicates.
    """
    count = len(index.keys)
    held = {key.expression for key in longer.keys} | set(longer.included)
    if len(longer.keys) < count or not set(index.included) <= held:
        return False
    if len(longer.keys) == count and not set(longer.included) > set(index.included):
        return False
    leading = longer.keys[:count]
    return index.keys in (leading, tuple(key.flipped() for key in leading))


def _unused(found: Sequence[Index], before: Sequence[Drop], age: StatisticsAge) -> Iterator[Drop]:
    """Yield what nothing read; an index that stays for a dropped one inherits its readers."""
    inherits = {id(d.kept) for d in before if d.kind == "redundant" or not _unread(d.index, age)}
    for index in found:
        if id(index) in inherits or not _idle(index, age):
            continue
        enough = age.enough or index.scans != 0
        reason = _unused_for(index, age)
        yield Drop(
            index=index,
            kind="unused",
            reason=reason if enough else f"{reason}: not enough evidence yet",
            proven=False,
            enough=enough,
        )


def _unused_for(index: Index, age: StatisticsAge) -> str:
    if index.scans == 0 or index.last_scan is None:
        return f"never scanned {age.where} {_days(age)}"
    ago = _amount((age.now - index.last_scan).total_seconds())
    return (
        f"last scanned {age.where} {ago} ago, on {index.last_scan:%Y-%m-%d} "
        f"({format_count(index.scans or 0)} scans before)"
    )


def _unread(index: Index, age: StatisticsAge) -> bool:
    """Whether nothing scanned it, or nothing for a month; what this role may not see is a scan."""
    if index.scans == 0:
        return True
    return index.scans is not None and index.last_scan is not None and age.month_since(
        index.last_scan
    )  # fmt: skip


def _idle(index: Index, age: StatisticsAge) -> bool:
    """Whether nothing read it, and nothing but reading is it there for."""
    return (
        _unread(index, age)
        and not index.needed
        and not index.supports_foreign_key
        and index.size_bytes >= LEAST_BYTES
    )


_SHORTEST = "less than a minute"


def _days(age: StatisticsAge) -> str:
    amount = _amount(age.seconds)
    return f"in {amount}" if age.known else f"since its start {amount} ago"


def _amount(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{format_count(count)} {unit}{'s' if count != 1 else ''}"
    return _SHORTEST


def _role(index: Index) -> str:
    if index.constrained:
        return ", which enforces a constraint"
    if index.part_of is not None:
        return f", which is a part of {index.part_of[1]}"
    return ", which is unique" if index.unique else ""


def _prefix(keeper: Index) -> str:
    return (
        f"{keeper.name} ({keeper.columns}) begins with the same columns "
        f"({format_bytes(keeper.size_bytes)})"
    )
