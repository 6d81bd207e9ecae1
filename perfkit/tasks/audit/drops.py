"""Indexes that could go: duplicates, redundant prefixes, unused ones. Catalogue rows in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from perfkit.probes.catalog import Index, StatisticsAge

__all__ = ["LEAST_BYTES", "Drop", "drops"]

#: Eight pages: smaller indexes cost nothing worth a change.
LEAST_BYTES = 8 * 8192
_BTREE = "btree"


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
        groups[_meaning(index)].append(index)
    for twins in groups.values():
        keeper, *others = sorted(twins, key=_rank)
        for other in others:
            if _replaceable(other, keeper):
                yield Drop(
                    index=other,
                    kind="duplicate",
                    reason=f"the same as {keeper.name}{_role(keeper)}",
                    proven=True,
                    kept=keeper,
                )


def _meaning(index: Index) -> Hashable:
    """Return what two indexes must share to answer the same questions at the same cost."""
    keys, parameters = index.keys, index.parameters
    if index.method == _BTREE:
        keys = min(keys, tuple(key.flipped() for key in keys))
        parameters = ()  # how full its pages are: no matter of what it answers
    return (
        index.schema, index.table, index.method, keys,
        frozenset(index.included), index.predicate, parameters,
    )  # fmt: skip


def _rank(index: Index) -> tuple[object, ...]:
    """Sort what is kept to the front: guarantees first, then the one in use."""
    guarantees = (
        index.constrained, index.replica_identity, index.exclusion, index.unique, index.clustered,
    )  # fmt: skip
    return (*(not each for each in guarantees), -(index.scans or 0), index.name)


def _replaceable(index: Index, by: Index) -> bool:
    """Whether ``by`` guarantees all that ``index`` does."""
    if index.constrained or index.replica_identity or index.exclusion:
        return False
    if not index.unique:
        return True
    return by.unique and by.nulls_not_distinct == index.nulls_not_distinct


def _redundant(found: Sequence[Index], _: Sequence[Drop], __: StatisticsAge) -> Iterator[Drop]:
    by_table: dict[Hashable, list[Index]] = defaultdict(list)
    for index in found:
        if index.method == _BTREE:
            by_table[index.schema, index.table, index.predicate].append(index)
    for group in by_table.values():
        yield from _prefixes(group)


def _prefixes(group: Sequence[Index]) -> Iterator[Drop]:
    """Yield the b-trees of one table that begin others, for the smallest one that stays."""
    longer = {id(index): _longer(index, group) for index in group}
    going = [index for index in group if longer[id(index)] and not index.needed]
    for index in going:
        staying = [other for other in longer[id(index)] if other not in going]
        keeper = min(staying, key=lambda other: (other.size_bytes, other.name))
        yield Drop(index=index, kind="redundant", reason=_prefix(keeper), proven=True, kept=keeper)


def _longer(index: Index, group: Sequence[Index]) -> list[Index]:
    return [other for other in group if _covers(other, index)]


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
    # Scans that this role may not see count as readers: unknown is not none.
    inherits = {id(d.kept) for d in before if d.kind == "redundant" or d.index.scans != 0}
    enough = age.enough
    reason = f"never scanned {age.where} in {_days(age)}"
    for index in found:
        if id(index) in inherits or not _idle(index):
            continue
        yield Drop(
            index=index,
            kind="unused",
            reason=reason if enough else f"{reason}: not enough evidence yet",
            proven=False,
            enough=enough,
        )


def _idle(index: Index) -> bool:
    """Whether nothing read it, and nothing but reading is it there for."""
    return (
        index.scans == 0
        and not index.needed
        and not index.supports_foreign_key
        and index.size_bytes >= LEAST_BYTES
    )


_SHORTEST = "less than a minute"


def _days(age: StatisticsAge) -> str:
    amount = _amount(age.seconds)
    return amount if age.known or amount == _SHORTEST else f"at least {amount}"


def _amount(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{format_count(count)} {unit}{'s' if count != 1 else ''}"
    return _SHORTEST


def _role(index: Index) -> str:
    if index.constrained:
        return ", which enforces a constraint"
    return ", which is unique" if index.unique else ""


def _prefix(keeper: Index) -> str:
    return (
        f"{keeper.name} ({keeper.columns}) begins with the same columns "
        f"({format_bytes(keeper.size_bytes)})"
    )
