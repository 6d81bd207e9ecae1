"""A step of a plan while it is read: what it is, what is below it, and the time it took.

The servers say of some steps how long they took alone, of others how long everything below
them took as well, of some neither. :func:`document_node` makes of that what the plan model
wants: the inclusive time per loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "Step", "deeper", "document_node", "walk"]

#: As in ``perfkit.plans.read``: nothing that a person or a server wrote is nested deeper.
MAX_DEPTH = 300


@dataclass(kw_only=True)
class Step:
    """One step; times in ms over all loops.

    ``own_ms`` is the time of the step alone, ``total_ms`` that of everything below it too;
    None where the server does not say it. ``overlaps``: part of ``own_ms`` may have been
    measured in a step below as well (a temporary table is written while that one runs).
    """

    properties: dict[str, Any]
    children: list[Step] = field(default_factory=list)
    own_ms: float | None = None
    total_ms: float | None = None
    overlaps: bool = False

    @property
    def kind(self) -> str:
        """The node type."""
        return str(self.properties["Node Type"])

    @property
    def loops(self) -> float:
        """Executions, 0 if there were none or nobody counted them."""
        return float(self.properties.get("Actual Loops") or 0)


def deeper(depth: int) -> int:
    """Return ``depth`` + 1.

    Raises:
        InputError: that is deeper than any plan.
    """
    if depth >= MAX_DEPTH:
        raise InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels")
    return depth + 1


def document_node(root: Step, *, timed: bool) -> dict[str, Any]:
    """Return the tree as nested dictionaries with PostgreSQL's keys, without recursion.

    Args:
        root: the topmost step.
        timed: whether the statement was executed and measured.
    """
    order = list(walk(root))
    inclusive: dict[int, float] = {}
    for step in reversed(order) if timed else ():
        inclusive[id(step)] = _inclusive(step, inclusive)
    made: dict[int, dict[str, Any]] = {}
    for step in reversed(order):
        below = [made[id(child)] for child in step.children]
        made[id(step)] = {
            **(_per_loop(step, inclusive[id(step)]) if timed else {}),
            **step.properties,
            **({"Plans": below} if below else {}),
        }
    return made[id(root)]


def walk(root: Step) -> Iterator[Step]:
    """Yield ``root`` and every step below it, depth first."""
    waiting = [root]
    while waiting:
        step = waiting.pop()
        yield step
        waiting.extend(reversed(step.children))


def _inclusive(step: Step, below: dict[int, float]) -> float:
    inner = sum(below[id(child)] for child in step.children)
    if step.total_ms is None:
        return inner + (step.own_ms or 0.0)
    if inner > step.total_ms:
        _take_back(step, inner - step.total_ms, below)
    return step.total_ms


def _take_back(step: Step, excess: float, below: dict[int, float]) -> None:
    """Take what was measured twice out of the steps that may have it twice."""
    for path in _overlapping(step):
        spare = min(excess, path[-1].own_ms or 0.0)
        for on_the_way in path[1:]:
            below[id(on_the_way)] -= spare
        excess -= spare


def _overlapping(step: Step) -> Iterator[list[Step]]:
    """Yield the ways from ``step`` through steps without a total of their own."""
    waiting = [[step]]
    while waiting:
        path = waiting.pop()
        if path[-1].overlaps:
            yield path
        waiting.extend([*path, child] for child in path[-1].children if child.total_ms is None)


def _per_loop(step: Step, inclusive_ms: float) -> dict[str, Any]:
    if not step.loops:
        return {}
    step.properties["Actual Total Time"] = inclusive_ms / step.loops
    return {"Actual Startup Time": 0.0}
