"""The shop's spans as Elastic's agents send them: transactions, and the spans within."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from one_truth.truth import Process, Span

_ENTRIES = ("server", "consumer")


def elastic_intake(spans: Sequence[Span]) -> bytes:
    """One stream of events per process, one behind the other."""
    entered = _transactions(spans)
    ordered = sorted(spans, key=lambda span: (span.process.host, span.trace))
    batches = groupby(ordered, key=lambda span: span.process)
    lines = [json.dumps(one) for process, some in batches for one in _batch(process, some, entered)]
    return "\n".join(lines).encode() + b"\n"


def _transactions(spans: Sequence[Span]) -> dict[tuple[int, int], int]:
    """Return the transaction that each span is in: the nearest entry above it."""
    by_id = {(span.trace, span.id): span for span in spans}
    found = {}
    for span in spans:
        one: Span | None = span
        while one is not None and one.kind not in _ENTRIES:
            one = by_id.get((span.trace, one.parent))
        found[span.trace, span.id] = one.id if one else 0
    return found


def _batch(
    process: Process, spans: Iterator[Span], entered: Mapping[tuple[int, int], int]
) -> Iterator[dict[str, Any]]:
    service = {"name": process.service, "version": process.version}
    agent = {"name": process.language, "version": "4.1.0"}
    language = {"name": process.language}
    said = {"service": service | {"agent": agent, "language": language}}
    yield {"metadata": said | {"system": {"configured_hostname": process.host}}}
    for span in spans:
        yield _transaction(span) if span.kind in _ENTRIES else _inner(span, entered)
        if span.error:
            yield {"error": _error(span, entered)}


def _common(span: Span) -> dict[str, Any]:
    found = {
        "id": f"{span.id:016x}",
        "trace_id": f"{span.trace:032x}",
        "timestamp": span.start,
        "duration": span.duration / 1000,
        "outcome": "failure" if span.error else "success",
        "sample_rate": 1.0,
    }
    return found | ({"parent_id": f"{span.parent:016x}"} if span.parent else {})


def _error(span: Span, entered: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    return {
        "id": f"{span.id + 1:032x}",
        "trace_id": f"{span.trace:032x}",
        "parent_id": f"{span.id:016x}",
        "transaction_id": f"{entered[span.trace, span.id]:016x}",
        "timestamp": span.start + span.duration,
        "exception": {"type": span.error, "handled": True},
    }


def _transaction(span: Span) -> dict[str, Any]:
    said = span.said
    found = _common(span) | {"span_count": {"started": 0, "dropped": 0}, "sampled": True}
    if said["op"] == "served":
        url = f"http://{said['host']}:{said['port']}{said['path']}"
        request = {
            "method": said["method"],
            "url": {"full": url, "pathname": said["path"], "hostname": said["host"]},
            "socket": {"remote_address": said["caller"]},
        }
        context = {"request": request, "response": {"status_code": said["status"]}}
        result = f"HTTP {said['status'] // 100}xx"
        web = {"type": "request", "name": f"{said['method']} {said['route']}", "result": result}
        return {"transaction": found | web | {"context": context}}
    if said["op"] == "grpc-served":
        name = f"/{said['service']}/{said['method']}"
        return {"transaction": found | {"type": "request", "name": name, "result": "OK"}}
    context = {"message": {"queue": {"name": said["topic"]}}}
    name = f"Kafka record from {said['topic']}"
    return {"transaction": found | {"type": "messaging", "name": name, "context": context}}


def _inner(span: Span, entered: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    found = _common(span) | {"transaction_id": f"{entered[span.trace, span.id]:016x}"}
    write = _BY_OP[span.said["op"]]
    return {"span": found | {"sync": True} | write(span.said)}


def _to(said: Mapping[str, Any], kind: str, resource: str, **more: Any) -> dict[str, Any]:
    destination = {"address": said["host"], "port": said["port"]}
    service = {"resource": resource, "name": resource, "type": kind}
    target = {"type": kind, "name": more.pop("target", resource)}
    return {"destination": destination | {"service": service}, "service": {"target": target}} | more


def _sql(said: Mapping[str, Any]) -> dict[str, Any]:
    db = {"statement": said["text"], "type": "sql", "instance": said["base"]}
    what = {"type": "db", "subtype": said["system"], "action": "query"}
    table = said["text"].replace(",", " ").split()
    name = f"{said['verb']} {table[-1]}"
    return {**what, "name": name, "context": _to(said, said["system"], said["system"], db=db)}


def _redis(said: Mapping[str, Any]) -> dict[str, Any]:
    db = {"type": "redis", "statement": said["text"]}
    what = {"type": "db", "subtype": "redis", "action": "query", "name": said["verb"]}
    return {**what, "context": _to(said, "redis", "redis", db=db)}


def _mongo(said: Mapping[str, Any]) -> dict[str, Any]:
    db = {"type": "mongodb", "instance": said["base"]}
    db["statement"] = json.dumps({said["verb"]: said["collection"], "$db": said["base"]})
    what = {"type": "db", "subtype": "mongodb", "action": said["verb"]}
    name = f"{said['base']}.{said['collection']}.{said['verb']}"
    return {**what, "name": name, "context": _to(said, "mongodb", "mongodb", db=db)}


def _http(said: Mapping[str, Any]) -> dict[str, Any]:
    web = {"url": said["url"], "method": said["method"], "status_code": said["status"]}
    what = {"type": "external", "subtype": "http", "name": f"{said['method']} {said['host']}"}
    context = _to(said, "http", f"{said['host']}:{said['port']}", http=web)
    return {**what, "context": context}


def _grpc(said: Mapping[str, Any]) -> dict[str, Any]:
    what = {"type": "external", "subtype": "grpc"}
    name = f"/{said['service']}/{said['method']}"
    return {**what, "name": name, "context": _to(said, "grpc", f"{said['host']}:{said['port']}")}


def _kafka(said: Mapping[str, Any]) -> dict[str, Any]:
    what = {"type": "messaging", "subtype": "kafka", "action": "send"}
    resource = f"kafka/{said['topic']}"
    context = {"message": {"queue": {"name": said["topic"]}}}
    context["destination"] = {"service": {"resource": resource}}
    return {**what, "name": f"KafkaProducer#send to {said['topic']}", "context": context}


def _pool(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "custom", "name": f"pg-{said['op']}.connect"}


_BY_OP = {
    "sql": _sql,
    "redis": _redis,
    "mongo": _mongo,
    "http": _http,
    "grpc": _grpc,
    "sent": _kafka,
    "pool": _pool,
}
