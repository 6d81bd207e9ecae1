"""What describes the process that sent events, in OpenTelemetry's names.

``metadata`` holds for all events behind it; an event's ``context.service`` overrides single
values of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.traces.elastic_model import Context, Metadata, Named, Service, System

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Process", "Processes", "resource"]

_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: So many different processes are remembered.
_REMEMBERED = 50_000
_NOBODY = Named()
_NOWHERE = System()

_metadata = msgspec.json.Decoder(Metadata)
_context = msgspec.json.Decoder(Context)


class Process(NamedTuple):
    """The service's name, and the JSON text of all that is known about the process."""

    service: str | None
    resource: str | None


class Processes:
    """Processes by their metadata and what an event's context says of the service."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[tuple[bytes, Service | None], Process] = {}
        self._metadata: dict[bytes, Metadata] = {}

    def of(self, metadata: bytes, context: bytes) -> Process:
        """Return the process of an event with this context."""
        service = _service(context) if b'"service"' in context else None
        key = (metadata, service)
        known = self._known.get(key)
        if known is None:
            known = _process(self._decoded(metadata), service)
            if len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known

    def _decoded(self, raw: bytes) -> Metadata:
        if raw not in self._metadata:
            try:
                self._metadata[raw] = _metadata.decode(raw)
            except _ERRORS:
                self._metadata[raw] = Metadata()
        return self._metadata[raw]


def resource(said: Mapping[str, Any]) -> str | None:
    """Return what is known of ``said`` as JSON; None: nothing."""
    known = {name: value for name, value in said.items() if value not in (None, "")}
    return msgspec.json.encode(known).decode() if known else None


def _service(context: bytes) -> Service | None:
    try:
        return _context.decode(context).service
    except _ERRORS:
        return None


def _process(metadata: Metadata, over: Service | None) -> Process:
    service = _merged(metadata.service or Service(), over or Service())
    system, cloud = metadata.system or _NOWHERE, metadata.cloud
    said = {
        **_of_service(service),
        **_of_system(system),
        "cloud.provider": cloud.provider if cloud else None,
        "cloud.region": cloud.region if cloud else None,
        "cloud.availability_zone": cloud.availability_zone if cloud else None,
        "process.pid": metadata.process.pid if metadata.process else None,
        **{f"labels.{name}": value for name, value in (metadata.labels or {}).items()},
    }
    return Process(service.name or None, resource(said))


def _merged(base: Service, over: Service) -> Service:
    changed = {name: value for name, value in msgspec.structs.asdict(over).items() if value}
    return msgspec.structs.replace(base, **changed)


def _of_service(service: Service) -> dict[str, Any]:
    node, agent = service.node or _NOBODY, service.agent or _NOBODY
    runtime, framework = service.runtime or _NOBODY, service.framework or _NOBODY
    return {
        "service.version": service.version,
        "deployment.environment": service.environment,
        "service.instance.id": node.configured_name,
        "telemetry.distro.name": agent.name,
        "telemetry.distro.version": agent.version,
        "telemetry.sdk.language": service.language.name if service.language else None,
        "process.runtime.name": runtime.name,
        "process.runtime.version": runtime.version,
        "service.framework.name": framework.name,
        "service.framework.version": framework.version,
    }


def _of_system(system: System) -> dict[str, Any]:
    cluster = system.kubernetes
    names = (system.configured_hostname, system.detected_hostname, system.hostname)
    return {
        "host.name": next(filter(None, names), None),
        "container.id": system.container.id if system.container else None,
        "k8s.namespace.name": cluster.namespace if cluster else None,
        "k8s.node.name": cluster.node.name if cluster and cluster.node else None,
        "k8s.pod.name": cluster.pod.name if cluster and cluster.pod else None,
    }
