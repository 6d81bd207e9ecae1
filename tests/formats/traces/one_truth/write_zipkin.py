"""The shop's spans as Zipkin has them: sent by OpenTelemetry, and by Brave in version 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from one_truth.otel_names import attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from one_truth.truth import Process, Span


def zipkin_v2(spans: Sequence[Span]) -> bytes:
    """As OpenTelemetry's exporters to Zipkin write: tags are its attributes, as texts."""
    return json.dumps([_v2(span) for span in spans]).encode()


def _v2(span: Span) -> dict[str, Any]:
    found = {
        "traceId": f"{span.trace:032x}",
        "id": f"{span.id:016x}",
        "name": span.name.lower(),
        "timestamp": span.start,
        "duration": span.duration,
        "localEndpoint": _endpoint(span.process),
        "tags": {key: str(value) for key, value in attributes(span).items()},
    }
    if span.parent:
        found["parentId"] = f"{span.parent:016x}"
    if span.kind != "internal":
        found["kind"] = span.kind.upper()
    if "host" in span.said and span.kind == "client":
        found["remoteEndpoint"] = {"serviceName": span.said["host"], "port": span.said["port"]}
    if span.error:
        found["tags"] |= {"otel.status_code": "ERROR", "error": span.error}
    return found


def _endpoint(process: Process) -> dict[str, Any]:
    return {"serviceName": process.service, "ipv4": process.ip}


def zipkin_v1(spans: Sequence[Span]) -> bytes:
    """As Brave reports to the first API: a client and its server are one span of one id."""
    joined = server_ids(spans)
    halves = _halves(spans, joined)
    return json.dumps([_v1(some, joined) for some in halves]).encode()


def server_ids(spans: Sequence[Span]) -> dict[tuple[int, int], int]:
    """Return the id that servers share with the client that calls them."""
    client = {(span.trace, span.id) for span in spans if span.kind == "client"}
    return {
        (span.trace, span.id): span.parent
        for span in spans
        if span.kind == "server" and (span.trace, span.parent) in client
    }


def _halves(
    spans: Sequence[Span], joined: Mapping[tuple[int, int], int]
) -> Iterator[tuple[Span, Span | None]]:
    served = {
        (span.trace, joined[span.trace, span.id]): span
        for span in spans
        if (span.trace, span.id) in joined
    }
    for span in spans:
        if (span.trace, span.id) not in joined:
            yield span, served.get((span.trace, span.id))


_BEGIN_END = {"client": "cs cr", "server": "sr ss", "producer": "ms ws", "consumer": "wr mr"}


def _v1(halves: tuple[Span, Span | None], joined: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    span, server = halves
    both = [half for half in halves if half is not None]
    found = {
        "traceId": f"{span.trace:032x}",
        "id": f"{span.id:016x}",
        "name": (server or span).name.lower(),
        "timestamp": span.start,
        "duration": span.duration,
        "annotations": [one for half in both for one in _annotations(half)],
        "binaryAnnotations": [one for half in both for one in _binary(half)],
    }
    if span.parent:
        parent = joined.get((span.trace, span.parent), span.parent)
        found["parentId"] = f"{parent:016x}"
    return found


def _annotations(span: Span) -> list[dict[str, Any]]:
    here = _endpoint(span.process)
    times = (span.start, span.start + span.duration)
    values = _BEGIN_END.get(span.kind, "").split()
    pairs = zip(values, times, strict=False)
    return [{"timestamp": at, "value": value, "endpoint": here} for value, at in pairs]


def _binary(span: Span) -> list[dict[str, Any]]:
    here = _endpoint(span.process)
    tags = {key: str(value) for key, value in brave_tags(span).items()}
    found = [{"key": key, "value": value, "endpoint": here} for key, value in tags.items()]
    if "host" in span.said and span.kind == "client":
        where = {"serviceName": span.said["host"], "port": span.said["port"]}
        found.append({"key": "sa", "value": True, "endpoint": where})
    if not found:
        found.append({"key": "lc", "value": "", "endpoint": here})
    return found


def brave_tags(span: Span) -> dict[str, Any]:
    """Return the tags that Brave's instrumentations set."""
    said, found = span.said, {}
    if said["op"] in {"http", "served"}:
        path = said["path"] if "path" in said else said["url"].partition(":8080")[2]
        found = {"http.method": said["method"], "http.path": path}
        if said["status"] != 200:
            found["http.status_code"] = said["status"]
    elif said["op"] == "sql":
        found = {"sql.query": said["text"]}
    elif said["op"] == "mongo":
        found = {"mongodb.command": said["verb"], "mongodb.collection": said["collection"]}
    elif said["op"] in {"grpc", "grpc-served"}:
        found = {"rpc.service": said["service"], "rpc.method": said["method"]}
    elif said["op"] in {"sent", "received"}:
        found = {"kafka.topic": said["topic"]}
    return found | ({"error": span.error} if span.error else {})
