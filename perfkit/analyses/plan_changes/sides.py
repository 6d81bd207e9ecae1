"""One of two plans: who it is, and what its nodes show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.plans.identity import identity
from perfkit.plans.model import Plan
from perfkit.plans.read import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Side", "plan_in", "side"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One plan: ``rows`` of its node table, and a ``key`` per node that says what it does."""

    name: str
    plan: Plan
    rows: Sequence[Mapping[str, Any]]
    keys: Sequence[str]

    @property
    def total(self) -> float | None:
        """Execution time in ms; None where it is unknown."""
        return self.plan.execution_ms if self.plan.timed else None

    @property
    def cost(self) -> float | None:
        """The planner's estimate for the whole statement."""
        return self.plan.root.number("Total Cost")

    def below(self, node: int, types: Sequence[str]) -> list[int]:
        """Return the nodes of ``types`` that hang on ``node``, through others of them."""
        found, waiting = [], list(self.plan.tree[node].children)
        while waiting:
            one = waiting.pop(0)
            if self.plan.tree[one].kind in types:
                found.append(one)
                waiting += self.plan.tree[one].children
        return found

    def index(self, node: int) -> str | None:
        """Return the index that a scan reads, of a bitmap scan those below it."""
        names = [self.rows[node]["index"]]
        if self.plan.tree[node].kind == "Bitmap Heap Scan":
            below = self.below(node, ("Bitmap Index Scan", "BitmapAnd", "BitmapOr"))
            names += [self.rows[one]["index"] for one in below]
        return ", ".join(dict.fromkeys(name for name in names if name)) or None


def side(name: str, plan: Plan) -> Side:
    """Return ``plan`` with the table of its nodes."""
    return Side(name=name, plan=plan, rows=plan.arrow.to_pylist(), keys=identity(plan))


def plan_in(source: Any) -> Plan:
    """Return the plan that ``source`` is, has (``.plan``), or holds as text or JSON."""
    if isinstance(source, Plan):
        return source
    held = getattr(source, "plan", None)
    return held if isinstance(held, Plan) else read_plan(source)
