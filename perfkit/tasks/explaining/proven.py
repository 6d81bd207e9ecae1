"""Findings that propose an index, with the proof that it helps: or with the news that it does not.

A hypothetical index (HypoPG) changes nothing and may be tried on any server; on the lab, or
where the database is called expendable, the index itself is built and rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.plans.advice import CREATE_NOTE, index_fix
from perfkit.plans.candidates import candidates
from perfkit.plans.postgres_sql import code
from perfkit.plans.rules import NOTHING_TO_FIX_MS
from perfkit.plans.rules.rerun import statement_of
from perfkit.results import Finding, Fix
from perfkit.tasks.explaining.observed import LEAST_COST
from perfkit.tasks.explaining.proof_text import figures, index_text, method, tried, why_not
from perfkit.tasks.proofs import Question, best, prove
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan
    from perfkit.tasks.explaining.model import ExplainResult
    from perfkit.tasks.proofs import Proof
    from perfkit.tasks.proofs.model import Method

__all__ = ["Ground", "helped", "proven", "typical_values"]

_MOST = 4  # candidates that are tried: each is built on the lab
_UNPROVEN = "Not proven:"
_REFERENCE = "PostgreSQL documentation, Examining Index Usage"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where and with what a proof is made; ``methods`` None takes all that are allowed there."""

    engine: Engine
    question: Question
    methods: tuple[Method, ...] | None
    expendable: bool
    timeout_s: float

    def prove(self, tried: Sequence[Candidate]) -> list[Proof]:
        """Try the candidates, each alone."""
        return prove(
            self.engine,
            self.question,
            tried,
            methods=self.methods,
            expendable=self.expendable,
            timeout_s=self.timeout_s,
        )


def proven(result: ExplainResult, ground: Ground, facts: Facts) -> ExplainResult:
    """Return ``result`` with its proposals proven, withdrawn, or said to be not proven.

    A plan with estimates only has no findings; an index that is proven to help becomes one.
    """
    known = candidates(result.plan, facts) if _worth(result) else []
    wanted = _tables(result, known)
    chosen = [one for one in known if (one.schema, one.table) in wanted and _fixed(result, one)]
    chosen = chosen[:_MOST]
    if not chosen:
        return result
    proofs = ground.prove(chosen)
    whole = result.plan.execution_ms
    findings = [_bounded(_with_proof(finding, proofs), whole) for finding in result.findings]
    if not result.plan.analyzed:
        findings += _from_estimates(result.plan, proofs)
    shown = [proof for proof in proofs if proof.plan_after is not None]
    section = {"indexes that were tried": tried(shown)} if shown else {}
    return replace(
        result,
        findings=findings,
        caveats=[*result.caveats, *typical_values(shown)],
        sections={**result.sections, **section},
    )


def typical_values(proofs: Sequence[Proof]) -> list[str]:
    """Say with which values the statement was tried, where none were given."""
    for proof in proofs:
        given = proof.question.values
        made = {n: v for n, v in (proof.values or {}).items() if n not in given}
        if made:
            said = ", ".join(f"{name} = {value!r}" for name, value in sorted(made.items()))
            return [f"Indexes were tried with typical values, from the statistics: {said}."]
    return []


def _worth(result: ExplainResult) -> bool:
    plan = result.plan
    if plan.analyzed:
        return bool(result.findings) and (plan.execution_ms or 0.0) >= NOTHING_TO_FIX_MS
    return (plan.root.number("Total Cost") or 0.0) >= LEAST_COST


def _tables(
    result: ExplainResult, known: Sequence[Candidate]
) -> set[tuple[str | None, str | None]]:
    """Return the tables that an index is proposed for."""
    if not result.plan.analyzed:
        return {(one.schema, one.table) for one in known}
    return {
        (one.schema, one.table)
        for finding in result.findings
        for one in known
        if _proposes(finding, one)
    }


def _fixed(result: ExplainResult, candidate: Candidate) -> bool:
    """Whether the predicate of a partial index holds for the statement, not for one value of it.

    A value that was bound looks like a constant in the plan; next time it is another.
    """
    if not candidate.where:
        return True
    written = {token.text for token in code(result.plan.statement or "")}
    return all(
        token.text in written
        for token in code(candidate.where)
        if token.kind in {"string", "number"}
    )


def _proposes(finding: Finding, candidate: Candidate) -> bool:
    return bool(finding.fix.snippet) and candidate.sql() in finding.fix.snippet


def _with_proof(finding: Finding, proofs: Sequence[Proof]) -> Finding:
    """Return the finding with the best index for the table that its own index is for."""
    own = next((proof for proof in proofs if _proposes(finding, proof.candidate)), None)
    if own is None:
        return finding
    table = (own.candidate.schema, own.candidate.table)
    rivals = [p for p in proofs if (p.candidate.schema, p.candidate.table) == table]
    found = best(rivals)
    if found is not None:
        return helped(finding, found)
    if own.plan_after is None or own.verdict == "not proven":
        return replace(finding, fix=_unproven(finding.fix, own))
    return _withdrawn(finding, own)


def _bounded(finding: Finding, whole: float | None) -> Finding:
    """Save no more than was spent: the proof is an execution of its own, maybe a slower one."""
    if finding.saves_ms is None or whole is None:
        return finding
    return replace(finding, saves_ms=min(finding.saves_ms, whole))


def helped(finding: Finding, proof: Proof) -> Finding:
    """Return the finding with the index of ``proof``, which helps, as its fix."""
    before, _, _ = finding.fix.text.partition(_UNPROVEN)
    fix = index_fix(proof.candidate, statement=_runnable(proof))
    executed = proof.before_ms is not None
    return replace(
        finding,
        fix=replace(fix, text=f"{before}{_sentence(proof)}"),
        saves_ms=proof.saves_ms if executed else finding.saves_ms,
        confidence="high" if executed else "medium",
    )


def _sentence(proof: Proof) -> str:
    candidate = proof.candidate
    said = (f"Proven: an index on {index_text(candidate)}: {figures(proof)}.",
            candidate.reason, CREATE_NOTE, *candidate.notes, *proof.notes)  # fmt: skip
    return " ".join(part for part in said if part)


def _withdrawn(finding: Finding, proof: Proof) -> Finding:
    """Return the finding without the index, which was tried and does not help."""
    before, _, _ = finding.fix.text.partition(_UNPROVEN)
    found = f"saves too little: {figures(proof)}" if proof.used else "is not used"
    how = "tried" if proof.used else f"tried ({method(proof)})"
    said = f"Not advised: an index on {index_text(proof.candidate)} was {how} and {found}."
    text = " ".join((f"{before}{said}", *proof.notes))
    return replace(
        finding,
        severity="info",
        fix=replace(finding.fix, text=text, snippet="", language="", test=""),
        saves_ms=None,
        confidence="low",
    )


def _runnable(proof: Proof) -> str | None:
    return statement_of(proof.plan_before) if proof.plan_before else None


def _from_estimates(plan: Plan, proofs: Sequence[Proof]) -> Iterator[Finding]:
    """Yield a finding per table: the best index by the planner's own estimates.

    Where nothing could be tried, the first candidate, said to be not proven.
    """
    for table in dict.fromkeys((p.candidate.schema, p.candidate.table) for p in proofs):
        rivals = [p for p in proofs if (p.candidate.schema, p.candidate.table) == table]
        found = best(rivals)
        if found is not None:
            yield _estimated(found)
        elif all(proof.plan_after is None for proof in rivals):
            yield _guessed(plan, rivals[0])


def _estimated(proof: Proof) -> Finding:
    candidate = proof.candidate
    before, after = proof.before_cost or 0.0, proof.after_cost or 0.0
    return Finding(
        rule="missing-index",
        severity="warning",
        title=f"An index on {index_text(candidate)} would lower the estimated cost from "
        f"{format_count(round(before))} to {format_count(round(after))}",
        fix=replace(index_fix(candidate, statement=_runnable(proof)), text=_sentence(proof)),
        effort="low",
        confidence="medium",
        reference=_REFERENCE,
        keys={"table": candidate.qualified_table},
    )


def _unproven(fix: Fix, proof: Proof) -> Fix:
    """Return the fix with the reason why nothing proves it, and what to type where that can be."""
    by_hand = proof.test if not proof.question.values and ":p" not in proof.test else ""
    return replace(fix, text=f"{fix.text} Why not: {why_not(proof)}.", test=by_hand or fix.test)


def _guessed(plan: Plan, proof: Proof) -> Finding:
    candidate = proof.candidate
    fix = index_fix(candidate, statement=statement_of(plan))
    return Finding(
        rule="missing-index",
        severity="info",
        title=f"An index on {index_text(candidate)} may help, by estimates that nobody has tried",
        fix=_unproven(fix, proof),
        effort="low",
        confidence="low",
        reference=_REFERENCE,
        keys={"table": candidate.qualified_table},
    )
