"""JSON lines that tell of something that happened: deployments, and reports of AWS Lambda.

A deployment is told by its name (``{"event": "deployed", "version": "v42"}``) or by a key such as
``deployed_at`` beside a version; a word in a message, a path or a URL is none. Words that programs
also use of locks and connections (release, rollout) count only beside a version.

Lambda's JSON log format: ``{"time": ..., "type": "platform.report", "record": {"requestId": ...,
"status": "success", "metrics": {"durationMs": 102.25, "maxMemoryUsedMB": 35, "initDurationMs":
250.11}}}`` (AWS Lambda Developer Guide, "Lambda Telemetry API Event schema reference").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.formats.requests.apps.lambda_reports import MEMORY, MIB
from perfkit.formats.requests.durations import to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AT", "VERSIONS", "deployment", "lambda_metrics", "lambda_report"]

_EVENTS = ("event", "event_type", "event_name", "eventType")
_NAMES = (*_EVENTS, "type", "action", "msg", "message")
_BREAK = re.compile(r"[^a-z0-9]+")
_DEPLOYED = frozenset(
    {"deploy", "deployed", "deployment", "app_deployed", "application_deployed", "service_deployed"}
    | {
        f"{what}_{how}"
        for what in ("deploy", "deployment")
        for how in ("finished", "completed", "complete", "succeeded", "success", "done")
    }
)
_DOUBTFUL = frozenset(
    {"release", "released", "new_release", "rollout", "rolled_out", "rollback", "rolled_back"}
    | {
        f"{what}_{how}"
        for what in ("release", "rollout", "rollback")
        for how in ("finished", "completed", "complete", "succeeded", "success", "done")
    }
)
VERSIONS = (
    "version", "release", "revision", "git_sha", "sha", "commit", "tag", "build", "image",
    "app_version", "service_version", "release_version",
)  # fmt: skip
#: Keys of when something was deployed, and of what.
AT = ("deployed_at", "released_at", "deploy_time", "deployedAt", "releasedAt", "deployment_time")
_UNDONE = frozenset({"failed", "failure", "error", "started", "pending", "queued", "in_progress"})
_REPORT = "platform.report"


def deployment(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return when and what was deployed; None where a line tells of no deployment."""
    version = next((line[key] for key in VERSIONS if isinstance(line.get(key), str | int)), None)
    moment = next((line[key] for key in AT if line.get(key)), None)
    told = any(_plain(line.get(name)) in _DEPLOYED for name in _NAMES)
    doubtful = any(_plain(line.get(name)) in _DOUBTFUL for name in _EVENTS)
    told |= doubtful and version is not None
    if not told and (moment is None or version is None):
        return None
    if {_plain(line.get("status")), _plain(line.get("state"))} & _UNDONE:
        return None
    service = next((line[k] for k in ("service", "app", "project") if _is_text(line.get(k))), None)
    said = [str(part) for part in ("deploy", service, version) if part is not None]
    return {"at": moment, "message": " ".join(said)}


def lambda_report(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a Lambda report: the invocation, its cold start and its time-out."""
    record = line.get("record")
    if line.get("type") != _REPORT or not isinstance(record, dict):
        return []
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    ms, status = to_ms(metrics.get("durationMs"), "ms"), record.get("status")
    said = f"{record.get('requestId', '')} {status or ''}".strip()
    events = [{"kind": "invocation", "duration_ms": ms, "message": said}]
    if (cold := to_ms(metrics.get("initDurationMs"), "ms")) is not None:
        events.append({"kind": "cold_start", "duration_ms": cold, "message": said})
    if status == "timeout":
        events.append({"kind": "timeout", "duration_ms": ms, "message": said})
    return events


def lambda_metrics(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the readings of a Lambda report: the most memory that was used, in bytes."""
    try:
        used = line["record"]["metrics"]["maxMemoryUsedMB"]
    except (KeyError, TypeError):
        return []
    if line.get("type") != _REPORT or type(used) not in {int, float}:
        return []
    return [{"name": MEMORY, "value": float(used) * MIB, "unit": "bytes"}]


def _plain(name: Any) -> str:
    """Return a short name in lower case with ``_`` between its words; "" for what is none."""
    if not isinstance(name, str) or len(name) > 40:  # noqa: PLR2004 - a name, no sentence
        return ""
    return _BREAK.sub("_", name.lower()).strip("_")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
