"""What limits the numbers of one explained statement, and what it left on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.report import caveats as of_the_plan
from perfkit.units import format_bytes, format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfkit.plans.model import Plan
    from perfkit.probes.effects.writes import Writes
    from perfkit.probes.explain_run import Measured
    from perfkit.tasks.explaining.observed import Observed

__all__ = ["caveats"]

_CLOCK = 0.2  # a clock around every node that costs more than this is worth a word
_NOISE_MS = 1.0  # shorter executions differ by that much anyway
_CHEAPER = 0.25  # planner costs closer than this are ties
_MOST_NAMES = 5


def caveats(found: Observed) -> list[str]:
    """Return every caveat as a sentence."""
    measured = found.measured
    notes = [measured.not_executed] if measured.not_executed else []
    notes += _runs(measured) if not measured.not_executed else ()
    notes += _left_behind(measured, measured.writes) if measured.writes else ()
    if found.generic not in {None, measured.plan}:
        notes += _generic(measured.plan, found.generic)
    return [*notes, *found.notes, *measured.notes, *of_the_plan(measured.plan)]


def _runs(measured: Measured) -> Iterator[str]:
    times = measured.times_ms
    if len(times) < 2:  # noqa: PLR2004 - a single execution
        yield "One execution, with the caches as they were."
        return
    best = min(times[1:])
    yield (
        f"{len(times)} executions: the first took {format_ms(times[0])}, the best of the others "
        f"{format_ms(best)}, whose plan this is."
    )
    bare = measured.bare_ms
    if bare and bare >= _NOISE_MS and best - bare > _CLOCK * bare:
        yield (
            f"Without a clock around every node it takes {format_ms(bare)}: measuring adds "
            f"{format_share((best - bare) / bare)} to the times shown."
        )


def _left_behind(measured: Measured, writes: Writes) -> Iterator[str]:
    """Say what a rollback does not undo."""
    plan, runs = measured.plan, len(measured.times_ms)
    tables = _listed(tuple(sorted(_locked(plan))))
    yield (
        f"Executed and rolled back, so the rows are as they were; its row locks on {tables} were "
        f"held for about {format_ms(sum(measured.times_ms))}."
    )
    if any(node.kind == "ModifyTable" for node in plan.tree):
        wal = plan.root.number("WAL Bytes")
        each = f"{format_bytes(wal)} of WAL" if wal is not None else "WAL"
        yield (
            f"What it wrote stays as dead row versions until VACUUM; {each} was written "
            f"{'by each run' if runs > 1 else 'for it'}, and the statistics counters of the "
            "tables count it."
        )
    if writes.sequences:
        yield f"Sequences advanced and do not go back: {_listed(writes.sequences)}."
    fired = [_trigger(one) for one in plan.document.get("Triggers") or ()]
    if fired:
        yield f"Triggers that fired: {_listed(tuple(dict.fromkeys(fired)))}."
    if writes.deferred:
        yield (f"Deferred to the commit, so neither fired nor timed: {_listed(writes.deferred)}.")


def _locked(plan: Plan) -> set[str]:
    """Return the tables whose rows were written or locked, as far as the plan tells."""
    written = {node.qualified for node in plan.tree if node.kind == "ModifyTable"}
    if not any(node.kind == "LockRows" for node in plan.tree):
        return {name for name in written if name}
    return {node.qualified for node in plan.tree if node.qualified}


def _trigger(one: Mapping[str, Any]) -> str:
    return str(one.get("Constraint Name") or one.get("Trigger Name") or "?")


def _generic(custom: Plan, generic: Plan) -> Iterator[str]:
    same = custom.shape_id == generic.shape_id
    mine, other = (plan.root.number("Total Cost") or 0.0 for plan in (custom, generic))
    ratio = other / mine if mine else float("nan")
    near = 1 - _CHEAPER < ratio < 1 + _CHEAPER
    cost = "about the same cost" if near else f"{format_count(round(ratio, 2))} times the cost"
    yield (
        f"The generic plan, which prepared statements may get after five executions, has "
        f"{'the same shape' if same else 'another shape'} at {cost} by the planner's estimates."
    )


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
