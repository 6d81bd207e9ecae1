"""What a survey comes to: all advices, the ones to act on first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.tasks.audit.creating import creates, worth_it
from perfkit.tasks.audit.dropping import dropping, rarely_used
from perfkit.tasks.audit.drops import drops
from perfkit.tasks.audit.foreign_keys import foreign_key_advice
from perfkit.tasks.audit.invalid import invalid_indexes
from perfkit.tasks.audit.missing import served
from perfkit.tasks.audit.near_misses import near_misses
from perfkit.tasks.audit.table_health import (
    hot_loss,
    many_indexes,
    sequential_reads,
    stale_statistics,
)
from perfkit.tasks.proofs import DropProof, Question, prove_drop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.tasks.audit.advice import Advice
    from perfkit.tasks.audit.drops import Drop
    from perfkit.tasks.audit.missing import Proving
    from perfkit.tasks.audit.survey import Survey

__all__ = ["judged"]

#: So many drops are tried against the workload: each plans every statement twice.
_TESTED = 20


def judged(found: Survey, proving: Proving) -> tuple[list[Advice], list[str]]:
    """Return the advices, and sentences about what was tried and is not advised."""
    wanted, useless = served(found.wishes, proving)
    wanted, costly = worth_it(wanted, found.load.inserted)
    create = creates(wanted)
    replaced = {w.candidate.replaces.name for w in wanted if w.candidate.replaces}
    going = [drop for drop in drops(found.indexes, found.age) if drop.index.name not in replaced]
    drop = dropping(going, _tested(going, found, proving))
    names = {f"{advice.schema}.{advice.index}" for advice in drop}
    advices = [
        *create,
        *_not_served(foreign_key_advice(found.foreign_keys, found.wishes.joined), create),
        *drop,
        *invalid_indexes(found.indexes),
        *found.rebuilds,
        *rarely_used(found.indexes, found.states, {id(each.index) for each in going}),
        *_of_tables(found, {advice.place for advice in create}),
        *near_misses(found.indexes, names),
    ]
    return advices, [*useless, *costly]


def _of_tables(found: Survey, answered: set[tuple[str, str]]) -> list[Advice]:
    states, indexes = found.states.values(), found.by_table
    return [
        *stale_statistics(states),
        *hot_loss(states, indexes),
        *many_indexes(states, indexes),
        *sequential_reads(states, answered),
    ]


def _not_served(keys: Sequence[Advice], create: Sequence[Advice]) -> list[Advice]:
    """Leave out foreign keys that an index of the workload begins with."""
    begun = {(advice.place, advice.columns) for advice in create}
    return [
        key
        for key in keys
        if not any(
            place == key.place and f"{columns}, ".startswith(f"{key.columns}, ")
            for place, columns in begun
        )
    ]


def _tested(
    going: Sequence[Drop], found: Survey, proving: Proving
) -> Mapping[tuple[str, str], DropProof]:
    """Plan the workload without each index that may go, where nothing is changed by it."""
    if "hypopg" not in found.wishes.facts.extensions and proving.methods is not None:
        return {}
    questions = [
        Question(statement=asked.text, values=asked.values, calls=asked.calls)
        for asked in found.load.statements
    ]
    if not questions:
        return {}
    tests = (
        prove_drop(
            proving.engine, (drop.index.schema, drop.index.name), questions,
            expendable=proving.expendable, timeout_s=proving.timeout_s,
        )
        for drop in going[:_TESTED]
    )  # fmt: skip
    return {(t.schema, t.index): t for t in tests if t.verdict != "cannot test"}
