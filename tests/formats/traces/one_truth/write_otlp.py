"""The shop's spans as OTLP JSON and as Jaeger writes them."""

from __future__ import annotations

import base64
import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from one_truth.otel_names import attributes, resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from one_truth.truth import Process, Span

_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}


def otlp_lines(spans: Sequence[Span]) -> bytes:
    """As the collector's file exporter writes: a line per process and trace."""
    batches = groupby(spans, key=lambda span: (span.trace, span.process))
    lines = [
        json.dumps({"resourceSpans": [_resource_spans(process, list(some), _hex)]})
        for (_, process), some in batches
    ]
    return "\n".join(lines).encode() + b"\n"


def otlp_document(spans: Sequence[Span]) -> bytes:
    """One document, indented; all spans of a process together; old scope names."""
    ordered = sorted(spans, key=lambda span: (span.process.host, span.process.service))
    batches = groupby(ordered, key=lambda span: span.process)
    found = [_resource_spans(process, list(some), _hex) for process, some in batches]
    for one in found:
        one["instrumentationLibrarySpans"] = one.pop("scopeSpans")
    return json.dumps({"resourceSpans": found}, indent=1).encode()


def otlp_base64(spans: Sequence[Span]) -> bytes:
    """As Grafana Tempo answers: batches, ids in base64, enumerations by name."""
    batches = groupby(spans, key=lambda span: (span.trace, span.process))
    found = [_resource_spans(process, list(some), _base64) for (_, process), some in batches]
    return json.dumps({"batches": found}).encode()


def _hex(number: int, digits: int) -> str:
    return f"{number:0{digits}x}"


def _base64(number: int, digits: int) -> str:
    return base64.b64encode(number.to_bytes(digits // 2, "big")).decode()


def _resource_spans(
    process: Process, spans: Sequence[Span], said: Callable[[int, int], str]
) -> dict[str, Any]:
    scope = {"name": f"instrumentation-{process.language}", "version": "2.8.0"}
    inner = {"scope": scope, "spans": [_otlp(span, said) for span in spans]}
    return {"resource": {"attributes": _key_values(resource(process))}, "scopeSpans": [inner]}


def _otlp(span: Span, said: Callable[[int, int], str]) -> dict[str, Any]:
    named = said is _base64
    found = {
        "traceId": said(span.trace, 32),
        "spanId": said(span.id, 16),
        "name": span.name,
        "kind": f"SPAN_KIND_{span.kind.upper()}" if named else _KINDS[span.kind],
        "startTimeUnixNano": str(span.start * 1000),
        "endTimeUnixNano": str((span.start + span.duration) * 1000),
        "attributes": _key_values(attributes(span)),
        "status": {},
    }
    if span.parent:
        found["parentSpanId"] = said(span.parent, 16)
    if span.error:
        found["status"] = {"code": "STATUS_CODE_ERROR" if named else 2, "message": span.error}
    return found


def _key_values(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in found.items()]


def _value(value: Any) -> dict[str, Any]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def jaeger_ui(spans: Sequence[Span]) -> bytes:
    """What Jaeger's query service answers."""
    traces = groupby(sorted(spans, key=lambda span: span.trace), key=lambda span: span.trace)
    data = [_jaeger_trace(f"{trace:x}", list(some)) for trace, some in traces]
    whole = {"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None}
    return json.dumps(whole).encode()


def _jaeger_trace(trace: str, spans: Sequence[Span]) -> dict[str, Any]:
    place = {process: f"p{i}" for i, process in enumerate({span.process for span in spans})}
    said = [_jaeger(span) | {"processID": place[span.process]} for span in spans]
    processes = {key: _jaeger_process(process) for process, key in place.items()}
    return {"traceID": trace, "spans": said, "processes": processes, "warnings": None}


def _jaeger_process(process: Process) -> dict[str, Any]:
    said = resource(process)
    return {"serviceName": said.pop("service.name"), "tags": _tags(said)}


def _jaeger(span: Span) -> dict[str, Any]:
    above = {"refType": "CHILD_OF", "traceID": f"{span.trace:x}", "spanID": f"{span.parent:016x}"}
    return {
        "traceID": f"{span.trace:x}",
        "spanID": f"{span.id:016x}",
        "operationName": span.name,
        "references": [above] if span.parent else [],
        "startTime": span.start,
        "duration": span.duration,
        "tags": _tags(attributes(span) | {"span.kind": span.kind} | _failed(span)),
        "logs": [],
        "warnings": None,
    }


def _failed(span: Span) -> dict[str, Any]:
    if not span.error:
        return {}
    said = {"otel.status_code": "ERROR", "otel.status_description": span.error}
    return {"error": True, **said}


def _tags(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "type": _TYPES[type(v)], "value": v} for key, v in found.items()]


def jaeger_elasticsearch(spans: Sequence[Span]) -> bytes:
    """Jaeger's documents in Elasticsearch, as its dump tools write them."""
    lines = [json.dumps({"_index": "jaeger-span-2026-03-02", "_source": _es(s)}) for s in spans]
    return "\n".join(lines).encode() + b"\n"


def _es(span: Span) -> dict[str, Any]:
    said = _jaeger_process(span.process)
    texts = [tag | {"value": str(tag["value"])} for tag in said["tags"]]
    found = _jaeger(span) | {"process": said | {"tags": texts}}
    tags = [tag | {"value": _text(tag["value"])} for tag in found["tags"]]
    return found | {"tags": tags, "startTimeMillis": span.start // 1000}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
