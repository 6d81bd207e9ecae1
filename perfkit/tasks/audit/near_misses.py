"""Indexes that look redundant beside another and are not: why they must stay."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.drops import meaning
from perfkit.tasks.audit.predicates import same_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from perfkit.probes.catalog import Index, Key

__all__ = ["near_misses"]

_MOST = 20
_ONLY_BTREES = "only a b-tree serves what its first columns would alone"
_BACKWARDS = 3  # bits of an index option: descending, nulls first


def near_misses(found: Sequence[Index], gone: Collection[tuple[str, str]]) -> list[Advice]:
    """Return at most 20 indexes whose columns another one begins with, each with the reason.

    ``gone`` are those (schema, name) to be dropped.
    """
    tables: dict[tuple[str, str], list[Index]] = defaultdict(list)
    for index in found:
        if index.valid and (index.schema, index.name) not in gone:
            tables[index.schema, index.table].append(index)
    kept = (
        _kept(index, group) for group in tables.values() for index in group if index.part_of is None
    )
    return [advice for advice in kept if advice is not None][:_MOST]


def _kept(index: Index, group: Sequence[Index]) -> Advice | None:
    names = tuple(key.expression for key in index.keys)
    for other in group:
        longer = tuple(key.expression for key in other.keys)
        if other is index or longer[: len(names)] != names or _less(other, index):
            continue
        reason = f"it is not replaced by {other.name} ({other.columns}): {_why(index, other)}"
        return Advice(
            action="keep",
            kind="keep-index",
            schema=index.schema,
            table=index.table,
            index=index.name,
            columns=index.columns,
            title=f"{index.name} stays: {reason}",
            reason=reason,
            proven=True,
            size_bytes=index.size_bytes,
        )
    return None


def _less(other: Index, index: Index) -> bool:
    """Whether of two with the same columns ``index`` is the one that would stay anyway."""
    same = len(other.keys) == len(index.keys)
    return same and (index.needed, -index.size_bytes, index.name) > (
        other.needed, -other.size_bytes, other.name,
    )  # fmt: skip


def _why(index: Index, other: Index) -> str:
    leading = other.keys[: len(index.keys)]
    pairs = list(zip(index.keys, leading, strict=True))
    differences = (
        (index.method != other.method, f"it is {index.method}, the other {other.method}"),
        (_same_constraint(index, other), "both enforce a constraint (ALTER TABLE drops one)"),
        (index.constrained, "it enforces a constraint"),
        (index.unique, "it is unique"),
        (index.replica_identity or index.exclusion, "it has a role of its own"),
        (
            same_rows(index.predicate) != same_rows(other.predicate),
            "they hold different rows (WHERE)",
        ),
        (any(a.operator_class != b.operator_class for a, b in pairs), "other operator class"),
        (any(a.collation != b.collation for a, b in pairs), "other collation"),
        (_turned(pairs), "other directions of its columns"),
        (index.method != "btree" and len(leading) < len(other.keys), _ONLY_BTREES),
        (not set(index.included) <= _held(other), "the other lacks its included columns"),
        (index.parameters != other.parameters, "other parameters"),
    )
    return next((text for applies, text in differences if applies), "the other may go instead")


def _same_constraint(index: Index, other: Index) -> bool:
    """Whether they say the same twice: a primary key, and a unique constraint on its columns."""
    return index.constrained and other.constrained and meaning(index) == meaning(other)


def _held(index: Index) -> set[str]:
    return {key.expression for key in index.keys} | set(index.included)


def _turned(pairs: Sequence[tuple[Key, Key]]) -> bool:
    """Whether neither reading forwards nor reading backwards makes the orders equal."""
    differ = {a.option ^ b.option for a, b in pairs}
    return differ not in ({0}, {_BACKWARDS})
