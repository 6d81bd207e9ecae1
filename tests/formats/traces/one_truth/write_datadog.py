"""The shop's spans as Datadog's tracers send them to the agent."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from one_truth.truth import Span

_LOW = (1 << 64) - 1
_ENTRY = {"nodejs": "web.request", "java": "servlet.request", "python": "fastapi.request"}
#: Names of operations, by system.
_DRIVERS = {"postgresql": "postgresql.query", "mysql": "pymysql.query"}


def datadog_agent(spans: Sequence[Span]) -> bytes:
    """An array of chunks: the spans of one trace in one process."""
    chunks = groupby(spans, key=lambda span: (span.trace, span.process))
    return json.dumps([_chunk(list(some)) for _, some in chunks]).encode()


def _chunk(spans: Sequence[Span]) -> list[dict[str, Any]]:
    inside = {span.id for span in spans}
    return [_span(span, first=span.parent not in inside) for span in spans]


def _span(span: Span, *, first: bool) -> dict[str, Any]:
    name, kind, resource, meta, metrics = _told(span)
    meta = {"span.kind": span.kind, "language": span.process.language} | meta
    if first:
        meta |= {"version": span.process.version, "_dd.hostname": span.process.host}
        meta["_dd.p.tid"] = f"{span.trace >> 64:016x}"
        metrics = metrics | {"_sampling_priority_v1": 1.0, "_dd.top_level": 1.0}
    if span.error:
        meta |= {"error.type": span.error, "error.message": span.error}
    return {
        "trace_id": span.trace & _LOW,
        "span_id": span.id,
        "parent_id": span.parent,
        "service": span.process.service,
        "name": name,
        "resource": resource,
        "type": kind,
        "start": span.start * 1000,
        "duration": span.duration * 1000,
        "error": int(bool(span.error)),
        "meta": meta,
        "metrics": metrics,
    }


_Told = tuple[str, str, str, dict[str, Any], dict[str, Any]]


def _told(span: Span) -> _Told:
    return _BY_OP[span.said["op"]](span)


def _where(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"out.host": said["host"]}, {"network.destination.port": float(said["port"])}


def _sql(span: Span) -> _Told:
    said = span.said
    meta, metrics = _where(said)
    meta |= {"db.type": said["system"], "db.name": said["base"], "db.instance": said["base"]}
    text = re.sub(r"\$[0-9]+|'[^']*'|\b[0-9]+\b", "?", said["text"])
    return _DRIVERS[said["system"]], "sql", text, meta, metrics


def _redis(span: Span) -> _Told:
    meta, metrics = _where(span.said)
    meta |= {"redis.raw_command": span.said["text"], "db.system": "redis"}
    return "redis.command", "redis", span.said["verb"], meta, metrics | {"out.redis_db": 0.0}


def _mongo(span: Span) -> _Told:
    said = span.said
    meta, metrics = _where(said)
    named = {"mongodb.db": said["base"], "mongodb.collection": said["collection"]}
    meta |= named | {"db.system": "mongodb"}
    return "pymongo.cmd", "mongodb", f"{said['verb']} {said['collection']}", meta, metrics


def _http(span: Span) -> _Told:
    said = span.said
    meta, metrics = _where(said)
    meta |= {"http.method": said["method"], "http.url": said["url"]}
    meta["http.status_code"] = str(said["status"])
    return "http.request", "http", f"{said['method']} {said['url']}", meta, metrics


def _served(span: Span) -> _Told:
    said = span.said
    meta = {
        "http.method": said["method"],
        "http.route": said["route"],
        "http.url": f"http://{said['host']}:{said['port']}{said['path']}",
        "http.status_code": str(said["status"]),
        "http.client_ip": said["caller"],
    }
    resource = f"{said['method']} {said['route']}"
    return _ENTRY[span.process.language], "web", resource, meta, {}


def _grpc(span: Span) -> _Told:
    said = span.said
    path = f"/{said['service']}/{said['method']}"
    meta = {
        "rpc.service": said["service"],
        "grpc.method.path": path,
        "grpc.method.name": said["method"],
        "grpc.method.kind": "unary",
        "grpc.status.code": "StatusCode.OK",
    }
    if "host" in said:
        meta["out.host"] = said["host"]
    return "grpc", "grpc", path, meta, {"network.destination.port": float(said["port"])}


def _kafka(span: Span) -> _Told:
    sent = span.said["op"] == "sent"
    topic = span.said["topic"]
    meta = {"messaging.system": "kafka", "kafka.topic": topic}
    meta["messaging.destination.name"] = topic
    does = "Produce" if sent else "Consume"
    kind = "queue" if sent else "worker"
    return f"kafka.{does.lower()}", kind, f"{does} Topic {topic}", meta, {}


def _pool(span: Span) -> _Told:
    return span.name, "", span.name, {}, {}


_BY_OP = {
    "sql": _sql,
    "redis": _redis,
    "mongo": _mongo,
    "http": _http,
    "served": _served,
    "grpc": _grpc,
    "grpc-served": _grpc,
    "sent": _kafka,
    "received": _kafka,
    "pool": _pool,
}
