"""Foreign keys without an index: every delete of a referenced row reads the referring table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.one_line import lines
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from perfkit.probes.foreign_keys import ForeignKey

__all__ = ["LEAST_ROWS", "at_rest", "foreign_key_advice"]

#: Below this a scan of the referring table costs less than keeping an index.
LEAST_ROWS = 1000
_NAMED = 3
_REFERENCE = "PostgreSQL documentation: 5.5.5 Foreign Keys"


def foreign_key_advice(
    found: Iterable[ForeignKey],
    joined: Collection[tuple[str, str, str]] = (),
    taken: Iterable[str] = (),
) -> list[Advice]:
    """Return an index for each foreign key that is used: rows are deleted, or tables joined.

    ``joined`` holds (schema, table, column) of join conditions seen in the workload. Two
    foreign keys on the same columns ask for one index. ``taken`` are names of other indexes.
    """
    names = frozenset(taken)
    advices: dict[tuple[str, str, frozenset[str]], Advice] = {}
    for key in found:
        seen = (key.schema, key.table, key.columns[0]) in joined
        if (key.rows or 0) >= LEAST_ROWS and (key.parent_deletes or seen):
            advices.setdefault((key.schema, key.table, frozenset(key.columns)), _advice(key, names))
    return list(advices.values())


def at_rest(found: Iterable[ForeignKey], advised: Iterable[Advice]) -> list[str]:
    """Return a sentence about the foreign keys without index that nothing needs so far."""
    asked = {(advice.place, advice.evidence[0]["foreign_key"]) for advice in advised}
    left = [
        f"{key.table} ({', '.join(key.columns)})"
        for key in found
        if (key.rows or 0) >= LEAST_ROWS and ((key.schema, key.table), key.name) not in asked
    ]
    if not left:
        return []
    named = ", ".join(left[:_NAMED]) + (" and others" if len(left) > _NAMED else "")
    have = "keys have" if len(left) > 1 else "key has"
    said = (
        f"{format_count(len(left))} foreign {have} no index and needed none so far (no rows were "
        f"deleted there, no slow statement joins by it): {named}."
    )
    return [said]


def _advice(key: ForeignKey, taken: frozenset[str]) -> Advice:
    wanted = Candidate(
        schema=key.schema,
        table=key.table,
        keys=tuple(SortKey(column=column) for column in key.columns),
        equality=len(key.columns),
        partitions=key.partitions,
        taken=taken,
    )
    deletes = key.parent_deletes or 0
    reason = (
        f"{format_count(deletes)} rows were deleted from {key.parent}, each time all of "
        f"{key.table} was read ({format_bytes(key.size_bytes)})"
        if deletes
        else f"the workload joins {key.table} with {key.parent} by it"
    )
    return Advice(
        action="create",
        kind="foreign-key-without-index",
        schema=key.schema,
        table=key.table,
        index=wanted.name,
        columns=wanted.key_list,
        title=f"{key.table} has no index for its foreign key {key.name} "
        f"({wanted.key_list}): {reason}",
        reason=reason,
        fix=f"Not proven: an index that begins with {wanted.key_list} lets the check find the "
        "referring rows.",
        do="\n".join(line for each in wanted.statements for line in lines(each)),
        undo="\n".join(lines(wanted.undo)),
        severity="warning" if deletes else "info",
        confidence="medium" if deletes else "low",
        reference=_REFERENCE,
        evidence=[
            {
                "foreign_key": key.name,
                "references": key.parent,
                "rows": key.rows,
                "size_bytes": key.size_bytes,
                "parent_deletes": key.parent_deletes,
            }
        ],
    )
