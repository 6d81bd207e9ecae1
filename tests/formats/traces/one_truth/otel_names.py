"""What OpenTelemetry's instrumentations write: today's names, the old ones, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from one_truth.truth import Process, Span

#: Java's agent writes today's names, Node's instrumentations the old ones, Python's both.
_WRITES = {"java": ("new",), "nodejs": ("old",), "python": ("old", "new")}


def attributes(span: Span) -> dict[str, Any]:
    """Return the attributes of one span."""
    said = span.said
    found: dict[str, Any] = {}
    for age in _WRITES[span.process.language]:
        write = _BY_OP.get((said["op"], age)) or _BY_OP.get((said["op"], "any"))
        found |= write(said) if write else {}
    if span.error:
        found["error.type"] = span.error
    return found


def resource(process: Process) -> dict[str, Any]:
    """Return what describes a process."""
    return {
        "service.name": process.service,
        "service.version": process.version,
        "host.name": process.host,
        "telemetry.sdk.language": process.language,
    }


def _peer_old(said: dict[str, Any]) -> dict[str, Any]:
    return {"net.peer.name": said["host"], "net.peer.port": said["port"]}


def _peer_new(said: dict[str, Any]) -> dict[str, Any]:
    return {"server.address": said["host"], "server.port": said["port"]}


def _sql_old(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "db.system": said["system"],
        "db.statement": said["text"],
        "db.name": said["base"],
        "db.operation": said["verb"],
        **_peer_old(said),
    }


def _sql_new(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "db.system.name": said["system"],
        "db.query.text": said["text"],
        "db.namespace": said["base"],
        "db.operation.name": said["verb"],
        **_peer_new(said),
    }


def _redis_old(said: dict[str, Any]) -> dict[str, Any]:
    return {"db.system": "redis", "db.statement": said["text"], **_peer_old(said)}


def _redis_new(said: dict[str, Any]) -> dict[str, Any]:
    named = {"db.operation.name": said["verb"], "db.query.text": said["text"]}
    return {"db.system.name": "redis", **named, **_peer_new(said)}


def _mongo_old(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "db.system": "mongodb",
        "db.name": said["base"],
        "db.operation": said["verb"],
        "db.mongodb.collection": said["collection"],
        **_peer_old(said),
    }


def _mongo_new(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "db.system.name": "mongodb",
        "db.namespace": said["base"],
        "db.operation.name": said["verb"],
        "db.collection.name": said["collection"],
        **_peer_new(said),
    }


def _http_old(said: dict[str, Any]) -> dict[str, Any]:
    web = {"http.method": said["method"], "http.status_code": said["status"]}
    return {**web, "http.url": said["url"], **_peer_old(said)}


def _http_new(said: dict[str, Any]) -> dict[str, Any]:
    web = {"http.request.method": said["method"], "http.response.status_code": said["status"]}
    return {**web, "url.full": said["url"], **_peer_new(said)}


def _served_old(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "http.method": said["method"],
        "http.status_code": said["status"],
        "http.target": said["path"],
        "http.route": said["route"],
        "http.scheme": "http",
        "http.host": f"{said['host']}:{said['port']}",
        "http.client_ip": said["caller"],
    }


def _served_new(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "http.request.method": said["method"],
        "http.response.status_code": said["status"],
        "url.path": said["path"],
        "url.scheme": "http",
        "http.route": said["route"],
        "server.address": said["host"],
        "server.port": said["port"],
        "client.address": said["caller"],
    }


def _rpc(said: dict[str, Any]) -> dict[str, Any]:
    named = {"rpc.service": said["service"], "rpc.method": said["method"]}
    return {"rpc.system": "grpc", **named, "rpc.grpc.status_code": said["status"]}


def _grpc_old(said: dict[str, Any]) -> dict[str, Any]:
    return _rpc(said) | _peer_old(said)


def _grpc_served(said: dict[str, Any]) -> dict[str, Any]:
    return _rpc(said) | {"client.address": said["caller"]}


def _kafka_old(said: dict[str, Any]) -> dict[str, Any]:
    kind = {"messaging.destination_kind": "topic", "messaging.destination": said["topic"]}
    return {"messaging.system": "kafka", **kind}


def _kafka_new(said: dict[str, Any]) -> dict[str, Any]:
    does = "send" if said["op"] == "sent" else "process"
    named = {"messaging.destination.name": said["topic"], "messaging.operation.type": does}
    return {"messaging.system": "kafka", **named}


_BY_OP = {
    ("sql", "old"): _sql_old,
    ("sql", "new"): _sql_new,
    ("redis", "old"): _redis_old,
    ("redis", "new"): _redis_new,
    ("mongo", "old"): _mongo_old,
    ("mongo", "new"): _mongo_new,
    ("http", "old"): _http_old,
    ("http", "new"): _http_new,
    ("served", "old"): _served_old,
    ("served", "new"): _served_new,
    ("grpc", "any"): _grpc_old,
    ("grpc-served", "any"): _grpc_served,
    ("sent", "old"): _kafka_old,
    ("sent", "new"): _kafka_new,
    ("received", "old"): _kafka_old,
    ("received", "new"): _kafka_new,
}
