"""Rules: each looks at one plan and returns findings. One file per subject.

Thresholds are about one execution. A rule says nothing about a plan without times, and
nothing about one that took less than :data:`NOTHING_TO_FIX_MS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.estimates import nl_misestimate, row_estimate
from perfkit.plans.rules.seq_scans import slow_seq_scan
from perfkit.plans.rules.sorts import sort_spill

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.plans.model import Plan
    from perfkit.results import Finding

__all__ = ["CHECKED", "NOTHING_TO_FIX_MS", "RULES", "findings"]

#: A statement that takes less than this is not what makes a request slow.
NOTHING_TO_FIX_MS = 5.0

RULES: tuple[Callable[[Plan], list[Finding]], ...] = (
    slow_seq_scan,
    sort_spill,
    nl_misestimate,
    row_estimate,
)

#: What the rules look at, for the sentence "nothing wrong was found".
CHECKED = (
    "sequential scans that throw away 90 % of what they read",
    "sorts that spill to disk",
    "row estimates that are wrong by a factor of 10, in nested loops above all",
)


def findings(plan: Plan) -> list[Finding]:
    """Return what all rules find in ``plan``."""
    if not plan.timed or (plan.execution_ms or 0.0) < NOTHING_TO_FIX_MS:
        return []
    return [finding for rule in RULES for finding in rule(plan)]
