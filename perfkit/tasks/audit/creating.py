"""An index that the workload wants, as an advice: what it saves, what it costs, what to run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.plans.advice import index_fix
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.missing import Wanted
from perfkit.tasks.audit.names import built, names_of
from perfkit.tasks.audit.one_line import lines
from perfkit.tasks.audit.restoring import restored
from perfkit.units import format_bytes, format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.catalog import Index
    from perfkit.tasks.audit.workload import Load
    from perfkit.tasks.proofs import Proof

__all__ = ["apart", "creates", "worth_it"]

_REFERENCE = "PostgreSQL documentation: 11. Indexes"
_SHOWN = 5  # statements in the evidence


def worth_it(wanted: Iterable[Wanted], load: Load) -> tuple[list[Wanted], list[str]]:
    """Leave out what costs the workload's own inserts more time than it saves; say so."""
    kept, notes = [], []
    for each in wanted:
        spent = _insert_ms(each, load)
        if spent is not None and spent >= each.total_ms:
            notes.append(
                f"{each.candidate.name} would save {format_ms(each.total_ms)} in "
                f"{format_count(each.calls)} calls and cost the inserts {format_ms(spent)}: "
                "not proposed."
            )
        else:
            kept.append(each)
    return kept, notes


def _insert_ms(wanted: Wanted, load: Load) -> float | None:
    """Return what the index would have cost the inserts of the workload."""
    cost = wanted.proof.write_cost if wanted.proof else None
    rows = load.inserted(wanted.candidate.schema, wanted.candidate.table)
    if cost is None or cost.insert_ms_per_1000 is None or not rows:
        return None
    return cost.insert_ms_per_1000 * rows / 1000


def apart(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Give each a name of its own: they may differ in directions only, which no name tells."""
    found: list[Wanted] = []
    taken: set[str] = set()
    for each in wanted:
        own = _renamed(each, frozenset(taken)) if taken & names_of(each.candidate) else each
        taken |= names_of(own.candidate)
        found.append(own)
    return found


def _renamed(wanted: Wanted, taken: frozenset[str]) -> Wanted:
    """Return it with a candidate whose name is none of ``taken``, for every statement served."""
    served = (
        replace(one, candidate=replace(one.candidate, taken=one.candidate.taken | taken))
        for one in wanted.served
    )
    return Wanted(served=tuple(served))


def creates(wanted: Sequence[Wanted], every: Sequence[Index] = ()) -> list[Advice]:
    """Return one advice per index: create it, or replace a shorter one by it.

    ``every`` index of the database has the replaced ones as they are, to take them back.
    """
    known = {(index.schema, index.name): index for index in every}
    return [_advice(each, known, every) for each in wanted]


def _undo(
    candidate: Candidate, known: Mapping[tuple[str, str], Index], every: Sequence[Index]
) -> str:
    """Return what takes it back: first the index that it replaced, as it was."""
    old = candidate.replaces
    index = known.get((candidate.schema or "", old.name)) if old else None
    if index is None:
        return "\n".join(lines(candidate.undo))
    how = "" if candidate.partitions else "CONCURRENTLY "
    drop = f"DROP INDEX {how}IF EXISTS {candidate.qualified_name};"
    return "\n".join((restored(index, every), *lines(drop)))


def _advice(
    wanted: Wanted, known: Mapping[tuple[str, str], Index], every: Sequence[Index]
) -> Advice:
    candidate, proof, old = wanted.candidate, wanted.proof, wanted.candidate.replaces
    reason = _reason(wanted)
    # One with parts cannot be dropped concurrently.
    how = "" if candidate.partitions else "CONCURRENTLY "
    replaced = (f"DROP INDEX {how}IF EXISTS {candidate.qualified(old.name)};",) if old else ()
    return Advice(
        action="replace" if old else "create",
        kind="missing-index",
        schema=candidate.schema or "",
        table=candidate.table,
        index=candidate.name,
        columns=_columns(candidate),
        title=f"{candidate.table} has no index on ({_columns(candidate)}): {reason}",
        reason=reason,
        fix=_fix(wanted),
        do="\n".join(line for each in (*built(candidate), *replaced) for line in lines(each)),
        undo=_undo(candidate, known, every),
        test=proof.test if proof and proof.test else index_fix(candidate).test,
        proven=proof is not None,
        severity="warning",
        confidence="high" if proof and proof.after_blocks is not None else "medium",
        saves_ms=wanted.total_ms / max(wanted.calls, 1),
        calls=wanted.calls,
        before_ms=_before_ms(wanted),
        after_ms=proof.after_ms if proof else None,
        before_cost=proof.before_cost if proof else None,
        after_cost=proof.after_cost if proof else None,
        size_bytes=proof.size_bytes if proof else None,
        write_cost=proof.write_cost.text if proof and proof.write_cost else "",
        statement=wanted.main.wished.asked.text,
        reference=_REFERENCE,
        evidence=_evidence(wanted),
    )


def _columns(candidate: Candidate) -> str:
    include = f" INCLUDE ({', '.join(candidate.include)})" if candidate.include else ""
    where = f" WHERE {candidate.where}" if candidate.where else ""
    return f"{candidate.key_list}{include}{where}"


def _before_ms(wanted: Wanted) -> float:
    proof = wanted.proof
    measured = proof.before_ms if proof else None
    return wanted.main.wished.asked.mean_ms if measured is None else measured


def _reason(wanted: Wanted) -> str:
    count = len(wanted.served)
    asked = f"{format_count(count)} slow statement{'s' if count != 1 else ''}"
    if wanted.proof is None:
        return f"{asked} would use it; the saving is estimated from the planner's costs"
    return f"{asked} would use it; {_proven(wanted.proof)}"


def _proven(proof: Proof) -> str:
    """Say what was compared, in the units that were measured."""
    if proof.method == "hypopg":
        return (
            f"planned with a hypothetical index: cost {proof.before_cost or 0:,.0f} before, "
            f"{proof.after_cost or 0:,.0f} with it"
        )
    parts = []
    if proof.before_ms is not None and proof.after_ms is not None:
        parts.append(f"{format_ms(proof.before_ms)} before, {format_ms(proof.after_ms)} after")
    if proof.before_blocks is not None and proof.after_blocks is not None:
        parts.append(
            f"{format_count(proof.before_blocks)} blocks before, "
            f"{format_count(proof.after_blocks)} after"
        )
    how = "on a sample copy" if proof.method == "sample" else "built"
    if parts:
        return f"{how} and measured: {'; '.join(parts)}"
    return (
        f"{how} and planned, not executed: cost {proof.before_cost or 0:,.0f} before, "
        f"{proof.after_cost or 0:,.0f} with it"
    )


def _fix(wanted: Wanted) -> str:
    proof, candidate = wanted.proof, wanted.candidate
    parts = [_how_proven(proof)]
    if candidate.replaces is not None:
        parts.append(
            f"It replaces {candidate.replaces.name}, with whose columns it begins: drop that "
            "when the new one is valid."
        )
    if proof is not None and proof.size_bytes:
        parts.append(f"Its size: {format_bytes(proof.size_bytes)} ({proof.size_basis}).")
    if proof is not None and proof.write_cost is not None:
        parts.append(f"Its price: {proof.write_cost.text}.")
    parts += [*candidate.notes, *(proof.notes if proof else ())]
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts)


def _how_proven(proof: Proof | None) -> str:
    said = {
        "hypopg": "Proven by a hypothetical index: the planner uses it; nothing was executed.",
        "sample": "Proven on a sample copy of the table.",
        "built": "Proven by building it, and rolled back.",
    }
    return said[proof.method] if proof else "Not proven: it fits the conditions of the statement."


def _evidence(wanted: Wanted) -> list[dict[str, Any]]:
    rows = []
    for one in sorted(wanted.served, key=lambda each: -each.total_ms)[:_SHOWN]:
        proof = one.proof
        rows.append(
            {
                "statement": one.wished.asked.text,
                "calls": one.wished.asked.calls,
                "mean_ms": one.wished.asked.mean_ms,
                "before_ms": proof.before_ms if proof else None,
                "after_ms": proof.after_ms if proof else None,
                "before_cost": proof.before_cost if proof else None,
                "after_cost": proof.after_cost if proof else None,
            }
        )
    return rows
