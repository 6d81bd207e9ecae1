"""The shop's spans as flat events: Honeycomb's rows and New Relic's, both sent by OpenTelemetry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from one_truth.otel_names import attributes, resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from one_truth.truth import Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def honeycomb_events(spans: Sequence[Span]) -> bytes:
    """Raw rows, as downloaded."""
    return json.dumps([_honeycomb(span) for span in spans]).encode()


def _honeycomb(span: Span) -> dict[str, Any]:
    at = _EPOCH + timedelta(microseconds=span.start)
    found = {
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "trace.trace_id": f"{span.trace:032x}",
        "trace.span_id": f"{span.id:016x}",
        "name": span.name,
        "span.kind": span.kind,
        "type": span.kind,
        "duration_ms": span.duration / 1000,
        "meta.signal_type": "trace",
        "status_code": 2 if span.error else 0,
        **resource(span.process),
        **attributes(span),
    }
    if span.parent:
        found["trace.parent_id"] = f"{span.parent:016x}"
    if span.error:
        found |= {"error": True, "status_message": span.error}
    return found


def newrelic_spans(spans: Sequence[Span]) -> bytes:
    """Events of NRQL; their timestamps are whole milliseconds."""
    events = [_newrelic(span) for span in spans]
    whole = {"results": [{"events": events}], "performanceStats": {"matchCount": len(events)}}
    return json.dumps(whole).encode()


_CATEGORIES = {"sql": "datastore", "redis": "datastore", "mongo": "datastore", "http": "http"}


def _newrelic(span: Span) -> dict[str, Any]:
    said = resource(span.process)
    found = {
        "timestamp": span.start // 1000,
        "trace.id": f"{span.trace:032x}",
        "id": f"{span.id:016x}",
        "guid": f"{span.id:016x}",
        "name": span.name,
        "span.kind": span.kind,
        "category": _CATEGORIES.get(span.said["op"], "generic"),
        "duration.ms": span.duration / 1000,
        "entity.name": said["service.name"],
        "newRelic.ingestPoint": "api.traces.otlp",
        **said,
        **attributes(span),
    }
    if span.parent:
        found["parent.id"] = f"{span.parent:016x}"
    if span.error:
        found |= {"otel.status_code": "ERROR", "otel.status_description": span.error}
    return found
