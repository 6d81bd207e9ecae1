"""Parallel plans that got too few workers, do not pay, or leave one process most of the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import evidence, inclusive_ms, large, own_ms, spent
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import MATTERS_SHARE
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_ms

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Starting and stopping workers takes some 10 ms each: less cannot be won back for sure.
START_MS = 20.0
#: The slowest process against the mean, and by how much: late workers explain less.
SKEW, SKEW_MS = 2.0, 50.0
_GATHER_SHARE = 0.5
_REFERENCE = "PostgreSQL documentation, Parallel Plans"


@dataclass(frozen=True, kw_only=True)
class _Gather:
    """A Gather that ran: workers, and wall times of it and of what ran below it."""

    node: Node
    below: Node
    planned: float
    launched: float
    whole_ms: float
    below_ms: float
    processes: float

    @property
    def one_process_ms(self) -> float:
        """What the part below takes when one process does it all."""
        return self.below_ms * self.processes


def workers(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find parallel parts with missing workers, with losses, or with uneven work; one each."""
    found = (
        _missing(plan, gather) or _lost(plan, gather) or _uneven(plan, gather)
        for gather in _gathers(plan)
    )
    return [finding for finding in found if finding is not None]


def _gathers(plan: Plan) -> list[_Gather]:
    return [
        gather
        for node in plan.tree
        if node.kind in {"Gather", "Gather Merge"}
        and node.loops
        and (gather := _gather(plan, node)) is not None
    ]


def _gather(plan: Plan, node: Node) -> _Gather | None:
    below = [plan.tree[c] for c in node.children if plan.tree[c].relationship != "InitPlan"]
    planned, launched = node.number("Workers Planned"), node.number("Workers Launched")
    if len(below) != 1 or not planned or launched is None or not below[0].loops:
        return None
    return _Gather(
        node=node,
        below=below[0],
        planned=planned,
        launched=launched,
        whole_ms=inclusive_ms(plan, node),
        below_ms=inclusive_ms(plan, below[0]),
        processes=max(plan.times.processes[below[0].node_id], 1.0),
    )


def _missing(plan: Plan, gather: _Gather) -> Finding | None:
    """Find fewer workers than planned, where they would have taken work off the others."""
    share = (gather.processes + gather.planned - gather.launched) / gather.processes
    saved = gather.below_ms * (1.0 - 1.0 / share) if share > 1 else 0.0
    if gather.launched >= gather.planned or not large(plan, saved):
        return None
    return _finding(
        plan,
        gather,
        title=f"{format_count(gather.launched)} of {format_count(gather.planned)} planned workers "
        f"started: the part below the {gather.node.kind} takes {spent(plan, gather.below_ms)}",
        saved=saved,
        fix=Fix(
            text="Others had taken the workers: max_parallel_workers and max_worker_processes "
            "limit all statements of the server together. Raise them if cores are idle, or "
            "reserve workers for this statement by lowering max_parallel_workers_per_gather "
            "elsewhere.",
            test="SELECT name, setting FROM pg_settings WHERE name IN ('max_worker_processes', "
            "'max_parallel_workers', 'max_parallel_workers_per_gather');",
        ),
    )


def _lost(plan: Plan, gather: _Gather) -> Finding | None:
    """Find a Gather that takes longer than one process alone would have."""
    own = own_ms(plan, gather.node)
    saved = gather.whole_ms - gather.one_process_ms
    pays = saved < START_MS or not large(plan, saved)
    if pays or own < _GATHER_SHARE * gather.whole_ms:
        return None
    return _finding(
        plan,
        gather,
        title=f"The {gather.node.kind} takes {spent(plan, own)} to start "
        f"{format_count(gather.launched)} workers and to collect their rows; one process "
        f"alone would need about {format_ms(gather.one_process_ms)}",
        saved=saved,
        fix=Fix(
            text="Parallel execution does not pay here. Compare without it; if that is faster, "
            "raise parallel_setup_cost, parallel_tuple_cost or min_parallel_table_scan_size.",
            snippet="SET LOCAL max_parallel_workers_per_gather = 0;",
            language="sql",
            test=trial(plan, "max_parallel_workers_per_gather = 0"),
        ),
    )


def _uneven(plan: Plan, gather: _Gather) -> Finding | None:
    """Find one process that did twice the mean while the others waited."""
    times = _process_ms(gather)
    mean = sum(times) / len(times) if times else 0.0
    slowest = max(times, default=0.0)
    saved = slowest - mean
    even = slowest < SKEW * mean or saved < SKEW_MS
    if len(times) < 2 or even or not large(plan, saved, MATTERS_SHARE):  # noqa: PLR2004 - to compare
        return None
    return _finding(
        plan,
        gather,
        title=f"The work below the {gather.node.kind} is uneven: the slowest of "
        f"{len(times)} processes took {spent(plan, slowest)}, their mean is {format_ms(mean)}",
        saved=saved,
        fix=Fix(
            text="The others waited for it. Parts that cannot be divided (a partition scanned by "
            "one process, an index range, a costly function on few rows) make it so: smaller "
            "partitions, or an index that lets the large part be scanned in parallel.",
            test=trial(plan, options="ANALYZE, BUFFERS, VERBOSE"),
        ),
        skew=slowest / mean if mean else None,
    )


def _process_ms(gather: _Gather) -> list[float]:
    """Return the total time of each process (VERBOSE), the leader last if it took part."""
    entries = gather.below.properties.get("Workers")
    whole = gather.below.total_ms
    if not isinstance(entries, list) or not entries or whole is None:
        return []
    pairs = [(e.get("Actual Total Time"), e.get("Actual Loops")) for e in entries]
    known = [float(once) * float(loops) for once, loops in pairs if once and loops]
    leader = whole - sum(known)
    return [*known, leader] if len(known) < round(gather.below.loops or 0.0) else known


def _finding(
    plan: Plan, gather: _Gather, *, title: str, saved: float, fix: Fix, **more: object
) -> Finding:
    return Finding(
        rule="workers",
        severity="warning",
        title=title,
        evidence=[
            evidence(
                plan,
                gather.node,
                workers_planned=gather.planned,
                workers_launched=gather.launched,
                one_process_ms=gather.one_process_ms,
                **more,
            ),
            evidence(plan, gather.below),
        ],
        fix=fix,
        saves_ms=min(saved, gather.whole_ms),
        saves_basis="per execution",
        effort="low",
        reference=_REFERENCE,
    )


RULES = (
    Rule(
        name="workers",
        looks_at="parallel parts without their workers, without gain, or uneven",
        find=workers,
    ),
)
