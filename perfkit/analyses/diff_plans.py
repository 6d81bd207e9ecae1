"""Two plans of one statement: what differs, and what of it takes the time?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.analyses.plan_changes.caveats import caveats, refuse_others
from perfkit.analyses.plan_changes.changed import Changed, changed
from perfkit.analyses.plan_changes.data import data
from perfkit.analyses.plan_changes.flips import flips
from perfkit.analyses.plan_changes.headline import headline
from perfkit.analyses.plan_changes.resources import resources
from perfkit.analyses.plan_changes.sides import plan_in, side
from perfkit.analyses.plan_changes.table import table
from perfkit.errors import UsageError
from perfkit.results import Result

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.plans.model import Plan

__all__ = ["PlanDiff", "diff_plans"]

_SIDES = 2
_CHECKED = (
    "scans and joins done another way, and what that takes",
    "rows, estimates and blocks of nodes that both plans have",
    "memory, parallel workers, JIT and settings of the planner",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PlanDiff(Result):
    """What differs between two plans; ``plan_a`` and ``plan_b`` are the plans themselves."""

    plan_a: Plan
    plan_b: Plan


def diff_plans(a: Any, b: Any, *, names: tuple[str, str] = ("a", "b")) -> PlanDiff:
    """Compare two plans of one statement, such as before and after, or staging and production.

    Nodes are matched by what they do, not by where they stand: a Seq Scan and an Index Scan of
    the same alias are one row, and so are joins of the same relations whatever their algorithm
    and order. A single execution is noisy: times that differ by less than 20 % or 1 ms count as
    the same, and no finding rests on a time alone. Where a side was not executed, estimated
    costs are compared (ties within 25 %).

    Args:
        a: a Plan, the text or JSON of one, or what ``explain`` returned.
        b: likewise.
        names: what the two are called in sentences, such as ``("staging", "production")``.

    Returns:
        One row per node, the largest difference first: ``change`` (same, slower, faster,
        changed, added, removed), ``what`` it does, and of either side its type, index, rows,
        loops, blocks of its own and ``self_ms``; ``delta_ms`` is b - a.

    Raises:
        UsageError: the plans are of two systems, or have no table in common.
        InputError: a text holds no plan.

    Example:
        >>> plan = {"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t"}}
        >>> diff_plans(plan, plan).arrow["change"].to_pylist()
        ['same']
    """
    if len(names) != _SIDES or names[0] == names[1] or not all(names):
        raise UsageError(
            f"diff_plans: names={names!r} are not two different names",
            hint='names=("staging", "production")',
        )
    one, other = (side(name, plan_in(source)) for name, source in zip(names, (a, b), strict=True))
    refuse_others(one, other)
    change = changed(one, other)
    rows = table(change)
    return PlanDiff(
        analysis="diff_plans",
        question=f"What differs between the plans of {names[0]} and {names[1]}?",
        headline=headline(change),
        arrow=rows,
        noun="nodes",
        findings=[*flips(change), *data(change), *resources(change)],
        caveats=caveats(change),
        checked=_CHECKED,
        totals=_totals(change, rows),
        plan_a=one.plan,
        plan_b=other.plan,
    )


def _totals(change: Changed, rows: pa.Table) -> dict[str, Any]:
    total_a, total_b = change.totals
    return {
        "names": [change.a.name, change.b.name],
        "measure": change.measure,
        "total_a": total_a,
        "total_b": total_b,
        "shape_a": change.a.plan.shape_id,
        "shape_b": change.b.plan.shape_id,
        "changes": dict(Counter(rows["change"].to_pylist())),
    }
