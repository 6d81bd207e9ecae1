"""What a survey comes to: all advices, the ones to act on first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.tasks.audit.creating import apart, creates, worth_it
from perfkit.tasks.audit.dropping import dropping, rarely_used
from perfkit.tasks.audit.drops import drops
from perfkit.tasks.audit.foreign_keys import at_rest, foreign_key_advice
from perfkit.tasks.audit.invalid import invalid_indexes
from perfkit.tasks.audit.missing import served
from perfkit.tasks.audit.names import names_of
from perfkit.tasks.audit.near_misses import near_misses
from perfkit.tasks.audit.table_health import (
    hot_loss,
    many_indexes,
    of_partitions,
    sequential_reads,
    stale_statistics,
)
from perfkit.tasks.proofs import DropProof, Question, prove_drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.catalog import Index
    from perfkit.probes.foreign_keys import ForeignKey
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
    wanted, costly = worth_it(wanted, found.load)
    wanted = apart(wanted)
    create = creates(wanted, found.indexes)
    gone = {
        (each.candidate.schema or "", each.candidate.replaces.name)
        for each in wanted
        if each.candidate.replaces
    }
    going = [each for each in drops(found.indexes, found.age) if _name(each.index) not in gone]
    tested, untested = _tested(going, found, proving)
    drop = dropping(going, tested, found.indexes)
    surely = gone | {(a.schema, a.index) for a in drop if a.action == "drop" and a.enough}
    gone |= {_name(each.index) for each in going}
    unserved = _not_served(found.foreign_keys, [each.candidate for each in wanted])
    names = {index.name for index in found.indexes}
    names |= {name for each in wanted for name in names_of(each.candidate)}
    keys = foreign_key_advice(unserved, found.wishes.joined, names)
    advices = [
        *create,
        *keys,
        *drop,
        *invalid_indexes(found.indexes, found.builds),
        *(advice for advice in found.rebuilds if (advice.schema, advice.index) not in surely),
        *rarely_used(found.indexes, found.states, found.age, gone),
        *_of_tables(found, {advice.place for advice in create}),
        *at_rest(unserved, keys),
        *near_misses(found.indexes, gone),
    ]
    return advices, [*useless, *costly, *untested]


def _name(index: Index) -> tuple[str, str]:
    return index.schema, index.name


def _of_tables(found: Survey, answered: set[tuple[str, str]]) -> list[Advice]:
    states, indexes = found.states.values(), found.by_table
    advices = [
        *stale_statistics(states),
        *hot_loss(states, indexes),
        *many_indexes(states, indexes),
        *sequential_reads(states, answered),
    ]
    return of_partitions(advices, found.states)


def _not_served(keys: Iterable[ForeignKey], candidates: Sequence[Candidate]) -> list[ForeignKey]:
    """Leave out foreign keys whose columns, in any order, an index of the workload begins with."""
    begun = [
        ((each.schema, each.table), each.columns)
        for each in candidates
        if each.method == "btree" and not each.where
    ]
    return [
        key
        for key in keys
        if not any(
            place == (key.schema, key.table)
            and set(columns[: len(key.columns)]) == set(key.columns)
            for place, columns in begun
        )
    ]


def _tested(
    going: Sequence[Drop], found: Survey, proving: Proving
) -> tuple[Mapping[tuple[str, str], DropProof], list[str]]:
    """Plan the workload without each index that may go, where nothing is changed by it.

    The sentences say why that was not possible.
    """
    if "hypopg" not in found.wishes.facts.extensions and proving.methods is not None:
        return {}, []
    questions = [
        Question(statement=asked.text, values=asked.values, calls=asked.calls)
        for asked in found.load.statements
    ]
    tests: dict[tuple[str, str], DropProof] = {}
    for index in [drop.index for drop in going[:_TESTED]] if questions else []:
        proof = prove_drop(
            proving.engine, _name(index), questions,
            expendable=proving.expendable, timeout_s=proving.timeout_s,
        )  # fmt: skip
        if proof.method == "none":  # it is no other with the next one
            return tests, [f"Drops were not tried: {proof.refused.removeprefix('proof: ')}."]
        if proof.verdict != "cannot test":
            tests[_name(index)] = proof
    return tests, []
