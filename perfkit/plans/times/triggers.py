"""Triggers: which ran inside a node (BEFORE), and which after the plan (AFTER).

EXPLAIN lists both together with their times. BEFORE triggers are part of ModifyTable's time;
AFTER triggers, among them every foreign key check and cascade, run when the root is done, so
that they explain what the execution took beyond the root. Which is which is told, best first,
by the server's catalog (``Timing`` of an entry, which whoever has a connection may add: BEFORE
or AFTER, from ``pg_trigger.tgtype & 2``), by the name (constraint triggers are AFTER), and by
the times: those after the root must fit into the time after the root.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.plans.model import Plan

__all__ = ["Trigger", "after_triggers_ms", "triggers"]

_FOREIGN_KEY = "RI_ConstraintTrigger"
_ROUNDING_MS = 0.002  # four printed times, each rounded to a microsecond
_UNSURE = 0.03  # of the time to be explained: closer fits cannot be told apart
_EXECUTOR_MS = 0.3  # to start and to end an execution; below, any trigger fits
_TRIED = 12  # triggers that are told apart by their times: 4,096 ways


class Trigger(NamedTuple):
    """One trigger over all its calls; ``before`` is None where it cannot be told."""

    name: str
    relation: str | None
    constraint: str | None
    calls: float | None
    time_ms: float | None
    before: bool | None


def triggers(plan: Plan, after_root_ms: float | None) -> list[Trigger]:
    """Return the triggers of ``plan``, as printed.

    ``after_root_ms`` is the time between the root's last row and the end of the execution,
    without serialization; None where the plan does not say when the execution ended.
    """
    entries = [entry for entry in _listed(plan.document.get("Triggers")) if _is_trigger(entry)]
    told = [_told(entry) for entry in entries]
    times = [_number(entry.get("Time")) or 0.0 for entry in entries]
    if after_root_ms is not None:
        inside_ms = sum(
            own or 0.0
            for node, own in zip(plan.tree, plan.times.self_ms, strict=True)
            if node.kind == "ModifyTable"
        )
        told = _fitted(times, told, after_root_ms, inside_ms)
    return [_trigger(entry, before) for entry, before in zip(entries, told, strict=True)]


def after_triggers_ms(found: Sequence[Trigger], after_root_ms: float) -> float:
    """Return the time of the triggers that ran after the root.

    Of those that cannot be told the ones count that explain most of the time there is: which
    of two equal ones it was makes no difference.
    """
    sure = sum(trigger.time_ms or 0.0 for trigger in found if trigger.before is False)
    unsure = [trigger.time_ms or 0.0 for trigger in found if trigger.before is None]
    if not unsure or len(unsure) > _TRIED:
        return sure
    sums = (sum(unsure[place] for place in chosen) for chosen in _subsets(range(len(unsure))))
    return sure + max(ms for ms in sums if not ms or sure + ms <= after_root_ms + _ROUNDING_MS)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _is_trigger(entry: Any) -> bool:
    return isinstance(entry, dict)


def _told(entry: Mapping[str, Any]) -> bool | None:
    """Return whether it is a BEFORE trigger, as far as the entry alone tells."""
    timing = str(entry.get("Timing") or "").upper()
    if timing:
        return timing != "AFTER"  # INSTEAD OF runs inside the node as well
    name = str(entry.get("Trigger Name") or "")
    return False if entry.get("Constraint Name") or name.startswith(_FOREIGN_KEY) else None


def _fitted(
    times: Sequence[float], told: Sequence[bool | None], after_ms: float, inside_ms: float
) -> list[bool | None]:
    """Return ``told`` with the gaps filled by what fits the times; None where both do."""
    unknown = [place for place, before in enumerate(told) if before is None]
    if not unknown or len(unknown) > _TRIED:
        return list(told)
    likely = _likely(times, told, after_ms, inside_ms)
    return [
        before if before is not None else _unanimous({place in after for after in likely})
        for place, before in enumerate(told)
    ]


def _likely(
    times: Sequence[float], told: Sequence[bool | None], after_ms: float, inside_ms: float
) -> list[frozenset[int]]:
    """Return which of the triggers not told may have run after the root, all likely choices.

    These fit into the time after the root, the others into that of the writing nodes, and they
    leave hardly more of it unexplained than the best choice does.
    """
    unknown = [place for place, before in enumerate(told) if before is None]
    sure = {
        side: sum(ms for ms, before in zip(times, told, strict=True) if before is side)
        for side in (False, True)
    }
    slack = _EXECUTOR_MS + _UNSURE * after_ms
    whole = sum(times[place] for place in unknown)
    fits = []
    for chosen in _subsets(unknown):
        moved = sum(times[place] for place in chosen)
        missing = after_ms - sure[False] - moved
        if missing >= -_ROUNDING_MS and sure[True] + whole - moved <= inside_ms + slack:
            fits.append((missing, chosen))
    least = min((missing for missing, _ in fits), default=0.0)
    return [chosen for missing, chosen in fits if missing <= least + slack]


def _unanimous(after: set[bool]) -> bool | None:
    """Return whether a trigger is a BEFORE one, None where the choices do not agree."""
    return None if len(after) != 1 else True not in after


def _subsets(places: Sequence[int]) -> Iterator[frozenset[int]]:
    for size in range(len(places) + 1):
        yield from map(frozenset, combinations(places, size))


def _trigger(entry: Mapping[str, Any], before: bool | None) -> Trigger:  # noqa: FBT001 - a cell
    texts = (entry.get(key) for key in ("Trigger Name", "Relation", "Constraint Name"))
    name, relation, constraint = (None if text is None else str(text) for text in texts)
    return Trigger(
        name=name or "",
        relation=relation,
        constraint=constraint,
        calls=_number(entry.get("Calls")),
        time_ms=_number(entry.get("Time")),
        before=before,
    )


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else None
