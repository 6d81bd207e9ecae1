"""Rules: each looks at one plan and returns findings. One file per subject.

A rule is a module of this package with a constant ``RULES``; adding one is adding a file.
Where two rules explain the time of one node, :mod:`perfkit.plans.rules.precedence` decides.
Thresholds are about one execution. A rule says nothing about a plan without times, and
nothing about one whose planning and execution took less than :data:`NOTHING_TO_FIX_MS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from perfkit.plans.facts import Facts
from perfkit.plans.rules.precedence import without_subsumed

if TYPE_CHECKING:
    from perfkit.plans.model import Plan
    from perfkit.plans.rules.rule import Rule
    from perfkit.results import Finding

__all__ = ["NOTHING_TO_FIX_MS", "checked", "findings", "rules"]

#: A statement that takes less than this is not what makes a request slow.
NOTHING_TO_FIX_MS = 5.0


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by name."""
    modules = (
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
    )
    found = [rule for module in modules for rule in getattr(module, "RULES", ())]
    return tuple(sorted(found, key=lambda rule: rule.name))


def checked(plan: Plan) -> tuple[str, ...]:
    """Return what the rules look at in such a plan, for "nothing wrong was found"."""
    asked = [rule for rule in rules() if plan.system in rule.systems]
    subjects = "scans, indexes, blocks, joins, estimates, memory, functions, triggers, planning"
    return (f"{len(asked)} rules on {subjects} (docs/plans.md)",)


def findings(plan: Plan, facts: Facts | None = None) -> list[Finding]:
    """Return what all rules find in ``plan``; ``facts`` of its tables make some of them surer."""
    took = (plan.execution_ms or 0.0) + (plan.planning_ms or 0.0)
    if not plan.timed or took < NOTHING_TO_FIX_MS:
        return []
    known = facts or Facts()
    asked = (rule for rule in rules() if plan.system in rule.systems)
    return without_subsumed([finding for rule in asked for finding in rule.find(plan, known)])
