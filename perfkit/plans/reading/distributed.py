"""Plans of other servers inside of a plan: Citus' ``Distributed Query``.

In TEXT every task of Citus is a node with the remote plan below it; in JSON they are nested in
a property of the Custom Scan. Both become nodes. Shapes from Citus' multi_explain.c.
"""

from __future__ import annotations

from typing import Any

__all__ = ["below"]

_OUTER = {"Parent Relationship": "Outer"}
_NESTED = frozenset({"Remote Plan", "PlannedStmt", "Plan"})
_QUERY = "Distributed Query"


def below(plan: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return what ``plan`` has itself, and the plans below it, in the order of TEXT."""
    own = {key: value for key, value in plan.items() if key not in {"Plans", _QUERY}}
    plans = plan.get("Plans") or []
    query = plan.get(_QUERY)
    if not isinstance(plans, list) or not isinstance(query, dict):
        return own, plans
    job = query.get("Job")
    own |= {key: value for key, value in query.items() if key not in {"Job", "Subplans"}}
    if isinstance(job, dict):
        own |= {key: value for key, value in job.items() if key not in {"Tasks", "Dependent Jobs"}}
    return own, [*plans, *_subplans(query), *_jobs(job)]


def _listed(value: Any) -> list[dict[str, Any]]:
    """Return the objects in ``value``, however the lists around them are nested."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting = one + waiting
        elif isinstance(one, dict):
            found.append(one)
    return found


def _subplans(query: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _node("Distributed Subplan", one.get("Subplan", one) if isinstance(one, dict) else one)
        for one in _listed(query.get("Subplans"))
    ]


def _jobs(job: Any) -> list[dict[str, Any]]:
    if not isinstance(job, dict):
        return []
    tasks = [_node("Task", task) for task in _listed(job.get("Tasks"))]
    jobs = []
    for one in _listed(job.get("Dependent Jobs")):
        own = {key: value for key, value in one.items() if key != "Dependent Jobs"}
        named = {"Node Type": "MapMergeJob", "Parent Relationship": "child"}
        jobs.append({**own, **named, "Plans": _jobs(one)})
    return [*tasks, *jobs]


def _node(kind: str, found: Any) -> dict[str, Any]:
    node = {"Node Type": kind, "Parent Relationship": "child"}
    if not isinstance(found, dict):
        return node
    remote = _listed(found.get("Remote Plan")) + _listed(found.get("PlannedStmt"))
    plans = [_OUTER | one["Plan"] for one in remote if isinstance(one.get("Plan"), dict)]
    for part in (found, *remote):
        node |= {key: value for key, value in part.items() if key not in _NESTED}
    return node | {"Node Type": kind, "Plans": plans}
