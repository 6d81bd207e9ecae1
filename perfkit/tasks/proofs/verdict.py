"""What two plans of one statement, without and with an index, prove; and which index is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Plan
    from perfkit.tasks.proofs.model import Proof, Verdict

__all__ = ["ENOUGH", "TIE", "Figures", "best", "judge"]

#: The planner's cost has to fall to this share: it is no better than that at predicting
#: (11 indexes on 500,000 rows: order of costs and of times agreed beyond a quarter only).
ENOUGH = 0.70
#: Differences under a quarter are none.
TIE = 0.75
#: Times closer than this are the noise of one execution.
_NOISE_MS = 0.5


class Figures(NamedTuple):
    """A plan in numbers; ``ms`` and ``blocks`` are None unless it was executed."""

    cost: float
    ms: float | None = None
    blocks: int | None = None

    @classmethod
    def of(cls, plan: Plan, *, timed: bool = True) -> Figures:
        """Read them off the plan; without ``timed`` its times count for nothing."""
        cost = plan.root.number("Total Cost") or 0.0
        if not plan.analyzed:
            return cls(cost)
        return cls(cost, plan.execution_ms if timed else None, _blocks(plan))


def judge(before: Figures, after: Figures, *, used: bool) -> Verdict:
    """Return helps, tie or "not used".

    An index helps if the plan uses it, the cost falls by 30 % or more and, where both were
    executed, blocks or time fall by a quarter while the other does not grow by as much.

    Example:
        >>> judge(Figures(12325, 98.0, 8271), Figures(82.4, 0.02, 23), used=True)
        'helps'
    """
    if not used:
        return "not used"
    if after.cost > ENOUGH * before.cost:
        return "tie"
    return "helps" if _executed_better(before, after) else "tie"


def best(proofs: Sequence[Proof]) -> Proof | None:
    """Return the proof of the index to choose for one statement, None if none helps.

    Those within 25 % of the best (blocks where all were executed, else cost) are equal. Among
    them the one that a foreign key can use as well goes first, then the smallest, then the
    one with fewest keys, then the one that was proposed first.
    """
    helping = [proof for proof in proofs if proof.helps]
    if not helping:
        return None
    executed = all(proof.after_blocks is not None for proof in helping)
    left = [_left(proof, executed=executed) for proof in helping]
    least = min(left)
    equal = [proof for proof, value in zip(helping, left, strict=True) if value * TIE <= least]
    foreign = [proof for proof in equal if proof.foreign_key] or equal
    sizes = [proof.size_bytes for proof in foreign if proof.size_bytes]
    small = [p for p in foreign if not sizes or (p.size_bytes or min(sizes)) * TIE <= min(sizes)]
    return min(small, key=lambda proof: len(proof.candidate.keys))


def _left(proof: Proof, *, executed: bool) -> float:
    return float((proof.after_blocks if executed else proof.after_cost) or 0.0)


def _executed_better(before: Figures, after: Figures) -> bool:
    """Whether what was executed agrees; True when nothing was."""
    pairs = [
        (float(old), float(new), slack)
        for old, new, slack in (
            (before.blocks, after.blocks, 0.0),
            (before.ms, after.ms, _NOISE_MS),
        )
        if old is not None and new is not None
    ]
    worse = any(new * TIE > old + slack for old, new, slack in pairs)
    return not pairs or (not worse and any(new <= TIE * old for old, new, _ in pairs))


def _blocks(plan: Plan) -> int:
    kinds = [f"{where} {how} Blocks" for where in ("Shared", "Local") for how in ("Hit", "Read")]
    return round(sum(plan.root.number(kind) or 0.0 for kind in kinds))
