"""Indexes of several tables: the best first, each further one only for what it adds to it.

Two tables of one join may each need an index, and neither helps alone; or one index makes the
other superfluous. Proving each alone tells neither.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from perfkit.tasks.proofs.verdict import Figures, best, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.model import Proof

    Prove = Callable[[Candidate], Proof]

__all__ = ["together"]

#: More indexes at once than this nobody builds for one statement ...
MOST_TABLES = 3
#: ... nor are more pairs tried where no index helps alone.
MOST_PAIRS = 3


def together(prove: Prove, proofs: Sequence[Proof]) -> list[Proof]:
    """Return ``proofs``, each of one index alone, with what several tables' indexes do together.

    The index that helps most is kept. One of another table is tried beside it: if it helps
    further its proof is that of both, which are companions, else it is a tie. If none
    helps alone, one of each of two tables is tried. ``prove`` tries an index with its companions.
    """
    by_table: dict[tuple[str | None, str], list[Proof]] = {}
    for proof in proofs:
        by_table.setdefault((proof.candidate.schema, proof.candidate.table), []).append(proof)
    if len(by_table) == 1:
        return list(proofs)
    first = best(proofs)
    if first is None:
        changed = _pair(prove, [_foremost(rivals) for rivals in by_table.values()])
    else:
        changed = _added(prove, first, _without(by_table.values(), first))
    return [changed.get(id(proof), proof) for proof in proofs]


def _added(prove: Prove, first: Proof, others: Sequence[Sequence[Proof]]) -> dict[int, Proof]:
    """Try an index of each further table beside those chosen so far, the most helpful first."""
    changed: dict[int, Proof] = {}
    chosen, last = [first.candidate], first
    foremost = sorted(others, key=lambda rivals: _rank(_foremost(rivals)))
    for rivals in foremost[: MOST_TABLES - 1]:
        one = _foremost(rivals)
        both = _tried(prove, [*chosen, one.candidate])
        if both is None:
            continue
        verdict = judge(_figures(last), _figures(both), used=both.used)
        if verdict == "helps":
            changed[id(one)] = _joint(one, both, chosen, last)
            chosen.append(one.candidate)
            last = both
        else:
            changed |= {id(rival): _superfluous(rival, both, last) for rival in rivals}
    return changed


def _without(tables: Iterable[list[Proof]], first: Proof) -> list[list[Proof]]:
    return [rivals for rivals in tables if all(proof is not first for proof in rivals)]


def _pair(prove: Prove, foremost: Sequence[Proof]) -> dict[int, Proof]:
    """Try pairs of indexes of which none helps alone, until one pair does."""
    tried = [proof for proof in foremost if proof.verdict != "not proven"]
    for one, two in list(combinations(tried, 2))[:MOST_PAIRS]:
        both = _tried(prove, [one.candidate, two.candidate])
        if both is not None and both.helps:
            return {
                id(one): _joint(one, both, [two.candidate], None),
                id(two): _joint(two, both, [one.candidate], None),
            }
    return {}


def _tried(prove: Prove, chosen: Sequence[Candidate]) -> Proof | None:
    """Return the proof of all of them at once, None if there is none.

    The first stays the first: a sample keeps the keys of its table.
    """
    rest = [each for one in chosen[1:] for each in _alone(one)]
    proof = prove(replace(chosen[0], companions=(*chosen[0].companions, *rest)))
    return proof if proof.plan_after is not None and proof.verdict != "not proven" else None


def _joint(one: Proof, both: Proof, with_: Sequence[Candidate], last: Proof | None) -> Proof:
    """Return the proof of all as one of the index that was added."""
    names = " and ".join(each.name for each in with_)
    alone = "Alone neither helps" if last is None else f"{names} alone: {_said(last)}"
    candidate = one.candidate
    more = tuple(each for other in with_ for each in _alone(other))
    return replace(
        both,
        candidate=replace(candidate, companions=(*candidate.companions, *more)),
        foreign_key=one.foreign_key,
        write_cost=one.write_cost,
        notes=(*both.notes, f"Together with {names}. {alone}."),
    )


def _superfluous(one: Proof, both: Proof, last: Proof) -> Proof:
    """Return the proof of an index that adds nothing: before and after are those beside the other.

    What does not help alone either stays as it was.
    """
    if not one.helps:
        return one
    figures = {
        f"before_{what}": getattr(last, f"after_{what}") for what in ("cost", "ms", "blocks")
    } | {f"after_{what}": getattr(both, f"after_{what}") for what in ("cost", "ms", "blocks")}
    names = last.candidate.name
    return replace(
        one,
        **figures,
        verdict="tie" if both.used else "not used",
        used=both.used,
        plan_before=last.plan_after,
        plan_after=both.plan_after,
        notes=(*one.notes, f"It would help alone; beside {names} it adds too little."),
    )


def _alone(candidate: Candidate) -> Iterator[Candidate]:
    """Yield the candidate and its companions, none of which names any."""
    for one in (candidate, *candidate.companions):
        yield replace(one, companions=())


def _foremost(rivals: Sequence[Proof]) -> Proof:
    """Return the proof of the best index of one table; of those that do not help the first."""
    return best(rivals) or rivals[0]


def _rank(proof: Proof) -> tuple[bool, float]:
    return (not proof.helps, 1.0 if proof.ratio is None else proof.ratio)


def _figures(proof: Proof) -> Figures:
    return Figures(proof.after_cost or 0.0, proof.after_ms, proof.after_blocks)


def _said(proof: Proof) -> str:
    blocks = "" if proof.after_blocks is None else f" and {proof.after_blocks:,} blocks"
    return f"a cost of {proof.after_cost or 0.0:,.0f}{blocks}"
