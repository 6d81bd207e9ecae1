"""Jobs that work through independent units, and calls that nobody would do otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats.statement_kinds import commits, ping, writes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.analyses.repeats.find import Grouped

__all__ = ["excused"]

# Routes that say whether the service is alive: Kubernetes' probes, Spring's actuator, ...
_HEALTH = re.compile(
    r"(?i)(?:[A-Z]+ )?(?:/(?:api|v\d+|actuator|internal|system|management|-|_+))*"
    r"/(?:_*health(?:z|check|[-_]check)?|livez|readyz|live(?:ness)?|ready|readiness|ping|heartbeat"
    r"|up|status|metrics)(?:/(?:live|ready|liveness|readiness))?/?|grpc\.health\.v1\.health/.*"
)


def excused(calls: Calls, every: Grouped) -> NDArray[np.bool_]:
    """Say for each group of calls whether the kind of target and owner excuses them.

    A consumer or a job that writes works through independent units, one transaction each:
    its writes, and the reads that go with them, are the work and no N+1. A health check asks
    whatever it has to.
    """
    none, write, commit = (
        np.array([of(one) for one in calls.targets], dtype=bool)[every.target]
        for of in (_nothing, writes, commits)
    )
    units = np.zeros(len(calls.owners.served), np.int64)
    np.maximum.at(units, every.owner, np.where(write | commit, every.count, 0))
    batch = ~calls.owners.served[every.owner] & (write | (2 * units[every.owner] >= every.count))
    health = np.array([_health(route) for route in calls.owners.route], dtype=bool)
    found: NDArray[np.bool_] = batch | none | health[every.owner]
    return found


def _nothing(target: object) -> bool:
    return ping(target) or target.kind == "queue"  # type: ignore[arg-type, attr-defined]


def _health(route: str | None) -> bool:
    return bool(route and _HEALTH.fullmatch(route[:200]))
