"""Foreign keys without an index: every delete of a referenced row reads the referring table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.names import built, names_of
from perfkit.tasks.audit.one_line import lines
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from perfkit.probes.foreign_keys import ForeignKey

__all__ = ["LEAST_ROWS", "at_rest", "foreign_key_advice"]

#: Below this a scan of the referring table costs less than keeping an index.
LEAST_ROWS = 1000
_ROW_BYTES = 100  # of a table that was never analysed: a guess at the width of its rows
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
    names = set(taken)
    advices: dict[tuple[str, str, frozenset[str]], Advice] = {}
    for key in found:
        seen = (key.schema, key.table, key.columns[0]) in joined
        what = (key.schema, key.table, frozenset(key.columns))
        if _large(key) and (key.parent_deletes or seen) and what not in advices:
            wanted = _wanted(key, names)
            names |= names_of(wanted)
            advices[what] = _advice(key, wanted)
    return list(advices.values())


def _large(key: ForeignKey) -> bool:
    """Whether a scan of the table costs something; one never analysed is judged by its size."""
    return (key.rows or key.size_bytes / _ROW_BYTES) >= LEAST_ROWS


def at_rest(found: Iterable[ForeignKey], advised: Iterable[Advice]) -> list[Advice]:
    """Return one advice about all foreign keys without index that nothing needs so far."""
    asked = {(advice.place, advice.evidence[0]["foreign_key"]) for advice in advised}
    left = [
        key for key in found if _large(key) and ((key.schema, key.table), key.name) not in asked
    ]
    if not left:
        return []
    listed = [f"{key.table} ({', '.join(key.columns)})" for key in left]
    named = ", ".join(listed[:_NAMED]) + (" and others" if len(left) > _NAMED else "")
    have = "keys have" if len(left) > 1 else "key has"
    title = (
        f"{format_count(len(left))} foreign {have} no index and needed none so far (no rows were "
        f"deleted there, no slow statement joins by it): {named}"
    )
    return [
        Advice(
            action="look",
            kind="foreign-key-without-index",
            schema=left[0].schema,
            table=left[0].table,
            title=title,
            reason=title,
            fix="Leave them as they are unless rows of the referenced tables are going to be "
            "deleted, or their keys changed: each of them reads the referring table then.",
            confidence="low",
            reference=_REFERENCE,
            evidence=[_evidence(key) for key in left],
        )
    ]


def _wanted(key: ForeignKey, taken: Iterable[str]) -> Candidate:
    return Candidate(
        schema=key.schema,
        table=key.table,
        keys=tuple(SortKey(column=column) for column in key.columns),
        equality=len(key.columns),
        partitions=key.partitions,
        taken=frozenset(taken),
    )


def _reason(key: ForeignKey) -> str:
    if not key.parent_deletes:
        return f"the workload joins {key.table} with {key.parent} by it"
    read = f"all of {key.table} was read ({format_bytes(key.size_bytes)})"
    if key.partly:
        read = f"what {key.partly} finds by one of the columns was read"
    return (
        f"{format_count(key.parent_deletes)} rows were deleted from {key.parent}, each time {read}"
    )


def _evidence(key: ForeignKey) -> dict[str, Any]:
    return {
        "foreign_key": key.name,
        "table": key.table,
        "columns": ", ".join(key.columns),
        "references": key.parent,
        "rows": key.rows,
        "size_bytes": key.size_bytes,
        "parent_deletes": key.parent_deletes,
    }


def _advice(key: ForeignKey, wanted: Candidate) -> Advice:
    reason = _reason(key)
    harm = bool(key.parent_deletes) and not key.partly
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
        do="\n".join(line for each in built(wanted) for line in lines(each)),
        undo="\n".join(lines(wanted.undo)),
        severity="warning" if harm else "info",
        confidence="medium" if harm else "low",
        reference=_REFERENCE,
        evidence=[_evidence(key)],
    )
