"""The process behind every span: one of several instances of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["instances"]

#: What names a process. Sources: OpenTelemetry's resource conventions, Jaeger's process tags
#: (client-uuid), Elastic's service.node.configured_name, Datadog's runtime-id.
_OWN = ("service.instance.id", "service.node.configured_name", "runtime-id", "client-uuid")
#: Else the host or pod together with the number of the process.
_HOST = (
    "k8s.pod.uid",
    "k8s.pod.name",
    "container.id",
    "host.id",
    "host.name",
    "hostname",
    "system.hostname",
    "faas.instance",
)
_PROCESS = ("process.pid", "process_id", "pid", "process.creation.time", "process.start_time")


def instances(forest: Forest) -> tuple[Ints, list[str | None]]:
    """Return the number of each span's process (-1: not told) and the names of the processes."""
    resource = groups.encode(forest.rows["resource"])
    names: dict[str, int] = {}
    codes = []
    for raw in resource.labels:
        name = _name(decoded(raw))
        codes.append(names.setdefault(name, len(names)) if name else -1)
    return np.array(codes, np.int64)[resource.codes], list(names)


def _name(known: Mapping[str, Any]) -> str | None:
    bare = {key.removeprefix("meta.").removeprefix("labels."): v for key, v in known.items()}
    own = next((str(bare[key]) for key in _OWN if bare.get(key)), None)
    if own:
        return own
    parts = [str(bare[key]) for key in (*_HOST, *_PROCESS) if bare.get(key) is not None]
    return " ".join(parts) if any(bare.get(key) for key in _HOST) else None
