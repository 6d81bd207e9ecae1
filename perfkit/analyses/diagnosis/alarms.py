"""What the alert rules add to the causes: failures, and, where no cause was found, all they see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit import sources
from perfkit.analyses.alerts import found
from perfkit.analyses.diagnosis.symptoms import with_route

if TYPE_CHECKING:
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["CHECKED", "findings"]

#: No cause of slowness explains these.
_FAILURES = {
    "error-rate",
    "error-window",
    "errors-with-load",
    "unavailable-burst",
    "contract-change",
    "worker-timeouts",
    "workers-and-cores",
}
#: These say again, of the whole recording, that a route is slow.
_SLOW = {"slow-route", "critical-p99", "long-tail"}
CHECKED = "failures, bursts of 502 to 504, traffic, worker time-outs (see perfkit.baseline)"


def findings(rec: Recording, *, explained: bool) -> list[Finding]:
    """Return the alerts of the whole recording that say more than the causes do.

    They rank behind what a fix would save: their own saving would count time again that a cause
    or a symptom has.
    """
    requests = sources.primary(rec, "requests")
    if not requests.num_rows:
        return []
    raised = found(rec, with_route(requests)).findings
    wanted = [alert for alert in raised if alert.rule not in _SLOW]
    if explained:
        wanted = [alert for alert in wanted if alert.rule in _FAILURES]
    return [replace(alert, saves_ms=None) for alert in wanted]
