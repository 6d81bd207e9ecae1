"""Random executions whose truth is known, printed the way the server prints plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Ran", "executions"]


@dataclass
class Ran:
    """One node as it ran: ``own`` ms per loop; ``paid`` is what ran inside of it."""

    kind: str
    own: float
    loops: int = 1
    below: list[Ran] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    processes: int = 1
    plans: list[Ran] = field(default_factory=list)  # InitPlans and CTEs that hang on it
    paid: Ran | None = None  # an InitPlan or a CTE that ran inside this node

    @property
    def wall(self) -> float:
        """Wall time over all loops, with everything below and inside."""
        inside = 0.0 if self.paid is None else self.paid.wall
        return self.own * self.loops + inside + sum(one.wall for one in self.below)

    def printed(self) -> dict[str, Any]:
        """The node as JSON: times per loop in microseconds, loops over all processes."""
        loops = self.loops * self.processes
        each = self.wall * self.processes / loops if loops else 0.0
        blocks = {"Shared Hit Blocks": self.blocks, "Shared Read Blocks": 0}
        return {
            "Node Type": self.kind, "Actual Loops": loops, "Actual Rows": 1, "Plan Rows": 1,
            "Actual Startup Time": 0.0, "Actual Total Time": round(each, 3), **blocks,
            **self.more,
            "Plans": [one.printed() for one in self.children],
        }  # fmt: skip

    @property
    def children(self) -> list[Ran]:
        """InitPlans and CTEs stand in front."""
        return [*self.plans, *self.below]

    @property
    def blocks(self) -> int:
        """Blocks of the node, of what is below and of what ran inside."""
        inside = 0 if self.paid is None else self.paid.blocks
        return round(self.own) + inside + sum(one.blocks for one in self.below)

    def truth(self) -> list[float]:
        """Own wall times, depth first."""
        return [self.own * self.loops, *(ms for one in self.children for ms in one.truth())]


_MILLISECONDS = st.one_of(st.just(0.0), st.floats(0.001, 500.0))
_KINDS = ("leaf", "sort", "append", "loop", "init", "cte", "gather")


@st.composite
def executions(
    draw: st.DrawFn,
    depth: int = 3,
    loops: int = 1,
    processes: int = 1,
    numbers: Iterator[int] | None = None,
) -> Ran:
    """Return a tree of nodes: joins in loops, InitPlans, CTEs with one scan, Gathers."""
    counted = iter(range(10_000)) if numbers is None else numbers

    def below(loops: int = loops, processes: int = processes) -> Ran:
        return draw(executions(depth - 1, loops, processes, counted))

    ran = Ran("Seq Scan", own=draw(_MILLISECONDS), loops=loops, processes=processes)
    kind = draw(st.sampled_from(_KINDS)) if depth else "leaf"
    if kind in {"init", "cte", "gather"} and (processes > 1 or loops > 1):
        kind = "sort"
    if kind == "sort":
        ran.kind, ran.below = "Sort", [below()]
    elif kind == "append":
        ran.kind, ran.below = "Append", [below() for _ in range(draw(st.integers(1, 4)))]
    elif kind == "loop":
        often = loops * draw(st.integers(0, 50))
        ran.kind, ran.below = "Nested Loop", [below(), below(loops=often)]
    elif kind == "gather":
        ran.kind, ran.below = "Gather", [below(processes=draw(st.integers(1, 5)))]
    elif kind in {"init", "cte"}:
        _read(ran, below(), draw(executions(depth=0)), f"{kind} {next(counted)}")
    return ran


def _read(owner: Ran, body: Ran, reader: Ran, called: str) -> None:
    """Hang ``body`` on ``owner`` and let ``reader`` run it."""
    kind, number = called.split()
    reader.paid, owner.kind, owner.below, owner.plans = body, "Limit", [reader], [body]
    if kind == "init":
        name = f"InitPlan {number} (returns ${number})"
        reader.more["Filter"] = f"(a > ${number})"
    else:
        name, reader.kind = f"CTE x{number}", "CTE Scan"
        reader.more["CTE Name"] = f"x{number}"
    body.more |= {"Parent Relationship": "InitPlan", "Subplan Name": name}
