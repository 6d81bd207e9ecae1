"""What :func:`perfkit.explain` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.results import Result

if TYPE_CHECKING:
    from perfkit.analyses.diff_plans import PlanDiff
    from perfkit.plans.model import Plan
    from perfkit.tasks.proofs import Proof

__all__ = ["ExplainResult"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExplainResult(Result):
    """A Result with the plan itself; ``.table`` holds its nodes. None is what was not asked for.

    ``generic`` is the plan for unknown values. ``what_if`` is what an index was found to do.
    ``other`` is the plan that this one stands beside (with that index, or compared with) and
    ``diff`` what differs between the two. ``sweep`` has one row per value of a parameter.

    For the picture: ``series["other"]`` holds the nodes of ``other``, ``totals["labels"]`` what
    this plan and the other are called, ``series["sweep"]`` the rows of ``sweep``.
    """

    plan: Plan
    executed: bool
    generic: Plan | None = None
    what_if: Proof | None = None
    other: Plan | None = None
    diff: PlanDiff | None = None
    sweep: Result | None = None
