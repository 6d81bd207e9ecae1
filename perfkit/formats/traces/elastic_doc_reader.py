"""One of Elastic APM's documents after another -> events."""

from __future__ import annotations

from typing import Any

import msgspec

from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.elastic_doc_model import (
    Document,
    Id,
    Span,
    Transaction,
    document,
)
from perfkit.formats.traces.elastic_events import Event, Events, Told
from perfkit.formats.traces.elastic_model import started
from perfkit.formats.traces.elastic_process import Process, resource
from perfkit.formats.traces.elastic_terms import (
    called,
    calls,
    joined,
    kind_of_span,
    kind_of_transaction,
    nanoseconds,
    served,
    span_type,
)
from perfkit.span_attributes import decoded

__all__ = ["Reader"]

_US, _MS = 1_000, 1_000_000
_REMEMBERED = 50_000
#: What describes a process, in OpenTelemetry's names.
_RESOURCE = {
    "service.version": "service.version",
    "service.environment": "deployment.environment",
    "service.node.name": "service.instance.id",
    "service.language.name": "telemetry.sdk.language",
    "service.runtime.name": "process.runtime.name",
    "service.runtime.version": "process.runtime.version",
    "service.framework.name": "service.framework.name",
    "service.framework.version": "service.framework.version",
    "agent.name": "telemetry.distro.name",
    "agent.version": "telemetry.distro.version",
    "host.name": "host.name",
    "container.id": "container.id",
    "kubernetes.namespace": "k8s.namespace.name",
    "kubernetes.node.name": "k8s.node.name",
    "kubernetes.pod.name": "k8s.pod.name",
    "cloud.provider": "cloud.provider",
    "cloud.region": "cloud.region",
    "cloud.availability_zone": "cloud.availability_zone",
    "process.pid": "process.pid",
}
_PARTS = ("service", "agent", "host", "container", "kubernetes", "cloud", "process")
_ATTRIBUTES = ("http", "url", "destination", "client", "labels", "numeric_labels", "faas")


class Reader:
    """Reads documents; remembers the processes it has met."""

    def __init__(self) -> None:
        """Begin with no event."""
        self.events = Events()
        self._processes: dict[bytes, Process] = {}
        self._told: dict[tuple[bytes, str | None, bytes, str | None], Told] = {}

    def read(self, raw: bytes | msgspec.Raw, number: int) -> str | None:
        """Read one document; return why it cannot be used, "" when it is, None: no span."""
        try:
            found = document(raw)
        except msgspec.ValidationError:
            return "its values are of other types than those of an APM document"
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return "it is not JSON, or cut off"
        kind, trace = found.kind, found.trace.id if found.trace else None
        if kind == "span" and found.span:
            return self._span(found, found.span, trace, number)
        if kind == "transaction" and found.transaction:
            return self._transaction(found, found.transaction, trace, number)
        if kind == "error" and found.error:
            self._error(found, trace)
            return None
        return None if kind else "it is no document of APM"

    def _span(self, found: Document, span: Span, trace: str | None, number: int) -> str:
        many = span.composite
        start, exact = _began(found)
        if start and not exact:  # before version 6.5 @timestamp is the transaction's
            start += _us(span.start) or 0
        event = Event(
            trace=trace,
            span=span.id,
            parent=_id(found.parent),
            transaction=_id(found.transaction),
            told=self._of_span(found, span),
            name=span.name or "",
            started_ns=start,
            duration_ns=_us(span.duration),
            outcome=found.event.outcome if found.event else None,
            calls=calls(many.count) if many else None,
            calls_ns=_us(many.sum) if many else None,
            weight=_weight(span.representative_count),
        )
        return self.events.add(event, number)

    def _of_span(self, found: Document, span: Span) -> Told:
        attributes = _of_span(found, span)
        what = span_type(span.type, span.subtype, span.action)
        name = span.name if what.category == "rpc" else None
        key = (attributes, span.kind, _objects(found, _PARTS), name)
        told = self._told.get(key)
        if told is None:
            said = decoded(attributes)
            told = Told(
                kind_of_span(what, span.kind),
                called(facts(said), what, said.get("destination.service.resource"), name),
                what.category,
                self._process(key[2]),
                attributes,
            )
            if len(self._told) < _REMEMBERED:
                self._told[key] = told
        return told

    def _transaction(
        self, found: Document, one: Transaction, trace: str | None, number: int
    ) -> str:
        event = Event(
            trace=trace,
            span=one.id,
            parent=_id(found.parent),
            transaction=None,
            told=self._of_transaction(found, one),
            name=one.name or "",
            started_ns=_began(found)[0],
            duration_ns=_us(one.duration),
            outcome=found.event.outcome if found.event else None,
            result=one.result,
            weight=_weight(one.representative_count),
        )
        dropped = int(one.span_count.dropped or 0) if one.span_count else 0
        self.events.count(transactions=1, unsampled=one.sampled is False, dropped=max(dropped, 0))
        return self.events.add(event, number)

    def _of_transaction(self, found: Document, one: Transaction) -> Told:
        attributes = joined({"type": one.type, "result": one.result}, _others(found))
        said = facts(decoded(attributes))
        bridged = found.span.kind if found.span else None
        kind = kind_of_transaction(one.type, bridged, serves=said.category == "http")
        return Told(
            kind,
            served(said, one.name or "") if kind == "server" else said,
            "app",
            self._process(_objects(found, _PARTS)),
            attributes,
        )

    def _error(self, found: Document, trace: str | None) -> None:
        transaction = _id(found.transaction)
        own = _id(found.parent) or transaction
        message = found.error.message if found.error else None
        self.events.failure(trace, own, transaction, message)

    def _process(self, key: bytes) -> Process:
        known = self._processes.get(key)
        if known is None:
            said = decoded(key)
            names = {new: said.get(old) for old, new in _RESOURCE.items()}
            names["host.name"] = names["host.name"] or said.get("host.hostname")
            known = Process(said.get("service.name") or None, resource(names))
            if len(self._processes) < _REMEMBERED:
                self._processes[key] = known
        return known


def _of_span(found: Document, span: Span) -> bytes:
    there = span.destination.service if span.destination else None
    own: dict[str, Any] = {
        "type": span.type,
        "subtype": span.subtype,
        "action": span.action,
        "destination.service.resource": there.resource if there else None,
    }
    db = b'{"db":%b}' % bytes(span.db)
    old = b"null"
    if span.http and bytes(found.http) == b"null":
        own["http.method"] = span.http.method
        own["http.url"] = span.http.url.original if span.http.url else None
        old = b'{"http":{"response":%b}}' % bytes(span.http.response)
    return joined(own, db, old, _others(found))


def _others(found: Document) -> bytes:
    return _objects(found, _ATTRIBUTES)


def _objects(found: Document, names: tuple[str, ...]) -> bytes:
    """Return one object with those of a document that it has."""
    inner = []
    for name in names:
        raw = bytes(getattr(found, name))
        if raw[:1] == b"{":
            inner.append(b'"%b":%b' % (name.encode(), raw))
    return b"{" + b",".join(inner) + b"}"


def _began(found: Document) -> tuple[int | None, bool]:
    """Return when it began, and whether that is the event's own and exact time."""
    exact = _us(found.timestamp)
    if exact:
        return exact, True
    at = found.at
    return (nanoseconds(at, _MS) if isinstance(at, int) else started(at)), False


def _id(named: Id | Transaction | None) -> str | None:
    return named.id if named is not None else None


def _us(value: Any) -> int | None:
    return nanoseconds(value.us, _US) if value is not None else None


def _weight(count: float | None) -> float | None:
    return count if count and 1 < count < float("inf") else None
