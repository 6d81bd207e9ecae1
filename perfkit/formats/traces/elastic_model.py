"""Lines of Elastic APM's intake protocol (version 2) as msgspec types.

Checked: elastic/apm-data (input/elasticapm/docs/spec/v2/*.json, modeldecoder/v2/model.go and its
testdata, nullable.go: every value may be null, a timestamp is microseconds or RFC 3339).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from perfkit.formats.traces.elastic_terms import nanoseconds

__all__ = ["Context", "Error", "Line", "Metadata", "Service", "Span", "Transaction", "started"]

_NULL = msgspec.Raw(b"null")
_US = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Composite(msgspec.Struct, gc=False):
    """So many equal (``exact_match``) or similar (``same_kind``) calls in one span; ms."""

    count: int | None = None
    sum: float | None = None


class Otel(msgspec.Struct, gc=False):
    """What OpenTelemetry's bridge keeps."""

    span_kind: str | None = None
    attributes: msgspec.Raw = _NULL


class Span(msgspec.Struct, gc=False):
    """One operation; durations and ``start`` are milliseconds, ``timestamp`` microseconds."""

    id: str
    trace_id: str
    parent_id: str | None = None
    transaction_id: str | None = None
    name: str | None = None
    type: str | None = None
    subtype: str | None = None
    action: str | None = None
    timestamp: int | float | str | None = None
    start: float | None = None
    duration: float | None = None
    outcome: str | None = None
    sample_rate: float | None = None
    composite: Composite | None = None
    otel: Otel | None = None
    context: msgspec.Raw = _NULL


class SpanCount(msgspec.Struct, gc=False):
    """How many spans a transaction has, and how many more it had."""

    started: int | None = None
    dropped: int | None = None


class Total(msgspec.Struct, gc=False):
    """How many."""

    count: int | None = None


class Dropped(msgspec.Struct, gc=False):
    """Spans of one kind that were dropped."""

    duration: Total | None = None


class Transaction(msgspec.Struct, gc=False):
    """One request served, message consumed, job done."""

    id: str
    trace_id: str
    parent_id: str | None = None
    name: str | None = None
    type: str | None = None
    result: str | None = None
    timestamp: int | float | str | None = None
    duration: float | None = None
    outcome: str | None = None
    sampled: bool | None = None
    sample_rate: float | None = None
    span_count: SpanCount | None = None
    dropped_spans_stats: list[Dropped] | None = None
    otel: Otel | None = None
    faas: msgspec.Raw = _NULL
    context: msgspec.Raw = _NULL

    @property
    def dropped(self) -> int:
        """How many spans are missing: all, or at least those that there are statistics of."""
        stats = [one.duration.count or 0 for one in self.dropped_spans_stats or () if one.duration]
        counted = self.span_count.dropped if self.span_count else None
        return max(counted or 0, sum(stats), 0)


class Raised(msgspec.Struct, gc=False):
    """What was raised."""

    message: str | None = None
    type: str | None = None


class Logged(msgspec.Struct, gc=False):
    """What was logged."""

    message: str | None = None


class Error(msgspec.Struct, gc=False):
    """An exception or an error logged, within a span or a transaction."""

    trace_id: str | None = None
    parent_id: str | None = None
    transaction_id: str | None = None
    exception: Raised | None = None
    log: Logged | None = None

    @property
    def message(self) -> str | None:
        """Type and message of the exception, else what was logged."""
        raised = self.exception
        if raised and (raised.type or raised.message):
            return ": ".join(filter(None, (raised.type, raised.message)))
        return self.log.message if self.log else None


class Line(msgspec.Struct, gc=False):
    """One line; what else may be in one (metrics, logs) has no spans."""

    metadata: msgspec.Raw = _NULL
    transaction: Transaction | None = None
    span: Span | None = None
    error: Error | None = None


class Named(msgspec.Struct, gc=False, frozen=True):
    """A name, and mostly a version."""

    name: str | None = None
    version: str | None = None
    configured_name: str | None = None
    id: str | None = None
    uid: str | None = None


class Service(msgspec.Struct, gc=False, frozen=True):
    """The service that sends; a context overrides single values of it."""

    name: str | None = None
    version: str | None = None
    environment: str | None = None
    agent: Named | None = None
    language: Named | None = None
    runtime: Named | None = None
    framework: Named | None = None
    node: Named | None = None


class Kubernetes(msgspec.Struct, gc=False, frozen=True):
    """Where in a cluster."""

    namespace: str | None = None
    pod: Named | None = None
    node: Named | None = None


class System(msgspec.Struct, gc=False, frozen=True):
    """Which host."""

    hostname: str | None = None
    detected_hostname: str | None = None
    configured_hostname: str | None = None
    container: Named | None = None
    kubernetes: Kubernetes | None = None


class Cloud(msgspec.Struct, gc=False, frozen=True):
    """Where at a provider."""

    provider: str | None = None
    region: str | None = None
    availability_zone: str | None = None


class Process(msgspec.Struct, gc=False, frozen=True):
    """Which process."""

    pid: int | None = None


class Metadata(msgspec.Struct, gc=False, frozen=True):
    """What holds for all lines behind it."""

    service: Service | None = None
    process: Process | None = None
    system: System | None = None
    cloud: Cloud | None = None
    labels: dict[str, Any] | None = None


class Context(msgspec.Struct, gc=False, frozen=True):
    """The part of a context that names another service than the metadata does."""

    service: Service | None = None


def started(timestamp: float | str | None) -> int | None:
    """Return a timestamp in nanoseconds since 1970."""
    if not isinstance(timestamp, str):
        return nanoseconds(timestamp or None, _US)
    try:
        passed = datetime.fromisoformat(timestamp) - _EPOCH
    except (ValueError, TypeError, OverflowError):  # TypeError: it names no zone
        return None
    return nanoseconds(passed // timedelta(microseconds=1), _US)
