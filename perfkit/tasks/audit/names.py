"""New indexes under names of their own, each checked to be there and valid before going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Partition

__all__ = ["built", "names_of"]


def names_of(candidate: Candidate) -> set[str]:
    """Return the names that it takes: its own, and those of its indexes on partitions."""
    return {candidate.name, *(candidate.name_on(name) for name in _tables(candidate.partitions))}


def _tables(parts: Sequence[Partition]) -> Iterator[str]:
    for part in parts:
        yield part.name
        yield from _tables(part.parts)


def built(candidate: Candidate) -> tuple[str, ...]:
    """Return the statements that build it, and one that fails unless it is valid then.

    IF NOT EXISTS passes over an INVALID one that an earlier run left, and psql goes on after
    an error unless it is told to stop: what an index replaces must not be dropped then.
    """
    return (*candidate.statements, _valid(candidate))


def _valid(candidate: Candidate) -> str:
    """Divide by zero if the index is missing or INVALID: plain SQL that every client stops at."""
    name = literal(candidate.qualified_name)
    own = f"indexrelid = pg_catalog.to_regclass({name})"
    found = f"(SELECT indisvalid::int FROM pg_catalog.pg_index WHERE {own})"  # noqa: S608 - quoted
    return f"SELECT 1 / coalesce({found}, 0) AS valid;"
