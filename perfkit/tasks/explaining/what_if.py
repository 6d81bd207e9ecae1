"""What would the plan be with an index that does not exist yet?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.analyses.diff_plans import diff_plans
from perfkit.plans.advice import CREATE_NOTE
from perfkit.results import Finding, Fix
from perfkit.tasks.explaining import proof_text

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.explaining.model import ExplainResult
    from perfkit.tasks.explaining.proven import Ground
    from perfkit.tasks.proofs import Proof

__all__ = ["what_if"]

_WITHOUT = "without the index"
_VERDICTS = {
    "tie": "Not advised: it is used, but differences under 25 % are none.",
    "not used": "Not advised: the planner passes it over for this statement.",
}


def what_if(result: ExplainResult, ground: Ground, candidate: Candidate) -> ExplainResult:
    """Return ``result`` with what ``candidate`` would do, beside the plan that it would have."""
    proof = ground.prove([candidate])[0]
    changes: dict[str, Any] = {
        "what_if": proof,
        "headline": proof_text.headline(proof),
        "findings": [*result.findings, _finding(proof)],
        "caveats": [*result.caveats, *proof.notes, *_same_values(proof)],
    }
    if proof.plan_before is None or proof.plan_after is None:
        return replace(result, **changes)
    labels = [_WITHOUT, f"with {candidate.name}"]
    return replace(
        result,
        **changes,
        other=proof.plan_after,
        diff=diff_plans(proof.plan_before, proof.plan_after, names=(labels[0], labels[1])),
        series={**result.series, "other": proof.plan_after.arrow},
        totals={**result.totals, "labels": labels},
        sections={**result.sections, "what was tried": proof_text.tried([proof])},
    )


def _finding(proof: Proof) -> Finding:
    return Finding(
        rule="what-if",
        severity="info",
        title=proof_text.headline(proof),
        fix=_fix(proof),
        saves_ms=proof.saves_ms,
        saves_basis="per execution",
        effort="low",
        confidence="high" if proof.before_ms is not None else "medium",
        keys={"table": proof.candidate.qualified_table},
    )


def _fix(proof: Proof) -> Fix:
    if proof.helps:
        text = f"Proven. {CREATE_NOTE}"
        return Fix(text=text, snippet=proof.candidate.sql(), language="sql")
    if proof.verdict in _VERDICTS:
        return Fix(text=_VERDICTS[proof.verdict])
    return Fix(text="Not proven: try it on a copy of the database.", test=proof.test)


def _same_values(proof: Proof) -> list[str]:
    """Say which values were made up."""
    given = dict(proof.question.values) if hasattr(proof.question.values, "items") else {}
    made = {name: value for name, value in (proof.values or {}).items() if name not in given}
    if not made:
        return []
    said = ", ".join(f"{name} = {value!r}" for name, value in sorted(made.items()))
    return [f"The index was tried with typical values, from the statistics: {said}."]
