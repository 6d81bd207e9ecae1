"""What would the plan be with an index that does not exist yet?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.analyses.diff_plans import diff_plans
from perfkit.plans.advice import CREATE_NOTE
from perfkit.results import Finding, Fix
from perfkit.tasks.explaining import proof_text
from perfkit.tasks.explaining.proven import helped, typical_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.model import Plan
    from perfkit.plans.node import Node
    from perfkit.tasks.explaining.model import ExplainResult
    from perfkit.tasks.explaining.proven import Ground
    from perfkit.tasks.proofs import Proof

__all__ = ["what_if"]

#: What a trial calls its index: built ones by this name, HypoPG's ``<13245>btree_orders_a``.
_TRIAL = re.compile(r"perfkit_proof_|<[0-9]+>")
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
        "findings": _findings(result.findings, proof),
        "caveats": [*result.caveats, *proof.notes, *typical_values([proof])],
    }
    if proof.plan_before is None or proof.plan_after is None:
        return replace(result, **changes)
    after = _renamed(proof.plan_after, candidate)
    labels = [_WITHOUT, f"with {candidate.name}"]
    return replace(
        result,
        **changes,
        other=after,
        diff=diff_plans(proof.plan_before, after, names=(labels[0], labels[1])),
        series={**result.series, "other": after.arrow},
        totals={**result.totals, "labels": labels},
        sections={**result.sections, "what was tried": proof_text.tried([proof])},
    )


def _renamed(plan: Plan, candidate: Candidate) -> Plan:
    """Return the plan with the index under the name that it will have, not that of the trial."""
    if candidate.companions:
        return plan
    return replace(plan, tree=tuple(_with_name(node, candidate.name) for node in plan.tree))


def _with_name(node: Node, name: str) -> Node:
    if not _TRIAL.match(node.text("Index Name") or ""):
        return node
    return replace(node, properties={**node.properties, "Index Name": name})


def _findings(found: Sequence[Finding], proof: Proof) -> list[Finding]:
    """Return the findings, those that want an index on the table with this one if it helps."""
    own = [one for one in found if _wants_index(one, proof.candidate)]
    if not (proof.helps and own):
        return [*found, _finding(proof)]
    return [helped(one, proof) if one in own else one for one in found]


def _wants_index(finding: Finding, candidate: Candidate) -> bool:
    table = finding.keys.get("table", "").rpartition(".")[2]
    return table == candidate.table and "CREATE INDEX" in finding.fix.snippet


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
