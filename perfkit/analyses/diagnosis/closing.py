"""The paragraph to paste into the channel, and the sentence that says where to stop."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfkit import units
from perfkit.analyses.diagnosis.symptoms import total_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.diagnosis.chain import Chain
    from perfkit.analyses.diagnosis.symptoms import Symptom
    from perfkit.budget import Budget

__all__ = ["headline", "paragraph", "stop"]

#: A paragraph for a channel holds no more; the rest stands in the table.
MOST_CAUSES = 5


def headline(chains: Sequence[Chain], symptoms: Mapping[str, Symptom], since: str) -> str:
    """Return the conclusion as one sentence."""
    total = total_ms(symptoms)
    saved = sum(chain.saves_ms for chain in chains)
    if not chains:
        return f"No cause of slowness found {since}"
    share = f" ({units.format_share(saved / total)} of request time)" if total else ""
    causes = "1 cause explains" if len(chains) == 1 else f"{len(chains)} causes explain"
    return f"{causes} {units.format_ms(saved)}{share} {since}"


def stop(chains: Sequence[Chain], symptoms: Mapping[str, Symptom], budget: Budget) -> str:
    """Say after which fix every route meets the budget, or which never do."""
    p95 = {route: symptom.p95_ms for route, symptom in symptoms.items()}
    if not p95:
        return ""
    if _over(p95, budget) == []:
        urgent = "none of this is urgent" if chains else "stop here, there is no prize for more"
        return f"Every route meets {budget}: {urgent}."
    for number, chain in enumerate(chains, start=1):
        for route, ms in chain.per_route.items():
            if route in p95:
                p95[route] -= ms / symptoms[route].requests
        if _over(p95, budget) == []:
            return f"After fix {number} every route should meet {budget}: stop there."
    after = "after these fixes" if chains else "and no fix was found"
    return f"Still over {budget} {after}: {_late(p95, budget)}; measure again."


def _late(p95: Mapping[str, float], budget: Budget) -> str:
    worst = _over(p95, budget)[:4]
    return ", ".join(f"{route} (about {units.format_ms(max(0.0, p95[route]))})" for route in worst)


def paragraph(
    chains: Sequence[Chain], symptoms: Mapping[str, Symptom], since: str, ending: str
) -> str:
    """Return plain text that can be pasted: what, how bad, why, what to do first."""
    slower = [s for s in symptoms.values() if _slower(s)]
    worst = sorted(slower, key=lambda symptom: -symptom.excess_ms)[:3]
    parts = []
    if slower:
        said = "; ".join(symptom.say() for symptom in worst)
        parts.append(f"{len(slower)} of {len(symptoms)} routes are slower {since}. {said}.")
    for number, chain in enumerate(chains[:MOST_CAUSES], start=1):
        novelty = " New in the incident." if chain.new else ""
        saved = units.format_ms(chain.saves_ms)
        parts.append(f"({number}) {chain.cause.title}.{novelty} A fix saves about {saved}.")
    if len(chains) > MOST_CAUSES:
        rest = chains[MOST_CAUSES:]
        saved = units.format_ms(sum(chain.saves_ms for chain in rest))
        parts.append(f"{len(rest)} smaller cause{'s'[: len(rest) != 1]}: {saved}.")
    if chains:
        parts.append(f"Start with (1): {chains[0].cause.fix.text}")
    return " ".join([*parts, ending]).strip()


def _slower(symptom: Symptom) -> bool:
    """Half as slow again and 5 ms more than outside the incident: worth naming."""
    if math.isnan(symptom.p95_rest_ms):
        return False
    grown = symptom.p95_ms - symptom.p95_rest_ms
    return grown > max(5.0, 0.5 * symptom.p95_rest_ms)


def _over(p95: Mapping[str, float], budget: Budget) -> list[str]:
    return sorted((r for r, ms in p95.items() if ms > budget.p95_ms), key=lambda r: -p95[r])
