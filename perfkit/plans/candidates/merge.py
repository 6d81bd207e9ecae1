"""The candidates of all scans of a plan as one list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.candidates.want import Want

__all__ = ["Group", "merged"]

_APPENDS = {"Append", "Merge Append"}


@dataclass(frozen=True)
class Group:
    """A candidate with its twins, and how many rows a statement saves by it."""

    want: Want
    twins: tuple[Candidate, ...]
    saved: float


def merged(groups: Iterable[Group]) -> list[Candidate]:
    """Return each index once, most rows saved first; what another index begins with is in it."""
    ordered = sorted(groups, key=lambda group: -group.saved)
    by_table: dict[tuple[str | None, str], dict[str, Candidate]] = {}
    found: list[Candidate] = []
    for candidate in _once(ordered):
        same = by_table.setdefault((candidate.schema, candidate.table), {})
        if same.setdefault(candidate.body, candidate) is candidate:
            found.append(candidate)
    return [
        one
        for one in found
        if not any(_begins(one, other) for other in by_table[one.schema, one.table].values())
    ]


def _once(groups: Iterable[Group]) -> Iterator[Candidate]:
    """Yield the candidates; of partitions whose parent is unknown those of the first only."""
    seen: dict[tuple[int, str], None] = {}
    for group in groups:
        append = _append(group.want)
        for twin in group.twins:
            if append is None:
                yield twin
                continue
            key = (append, twin.body)
            if key not in seen:
                seen[key] = None
                yield replace(twin, notes=(*twin.notes, _of_a_part(group.want)))


def _append(want: Want) -> int | None:
    """Return the Append whose parts all are scanned alike, if nothing is known of the tables."""
    if want.table is not None or want.node.parent_id is None:
        return None
    parent = want.plan.tree[want.node.parent_id]
    return parent.node_id if parent.kind in _APPENDS else None


def _of_a_part(want: Want) -> str:
    return (
        f"{want.relation} is one of several tables that are read alike: if they are partitions, "
        "build the index on the partitioned table."
    )


def _begins(one: Candidate, other: Candidate) -> bool:
    """Whether ``other`` serves what ``one`` would: its keys go on behind those of ``one``."""
    same = (one.where, one.method) == (other.where, other.method)
    shorter = len(one.keys) < len(other.keys) and not one.include and not one.companions
    return same and shorter and one.method == "btree" and other.keys[: len(one.keys)] == one.keys
