"""One line of Elastic APM's intake protocol after another -> events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.traces.conventions import Facts, facts
from perfkit.formats.traces.elastic_events import Event, Events, Told
from perfkit.formats.traces.elastic_model import Line, Span, Transaction, started
from perfkit.formats.traces.elastic_process import Processes
from perfkit.formats.traces.elastic_terms import (
    SpanType,
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

if TYPE_CHECKING:
    from perfkit.formats.traces.elastic_model import Error

__all__ = ["Reader"]

#: So many different contexts of spans are remembered.
_REMEMBERED = 100_000
_MS = 1_000_000
_OTHERS = ("metricset", "log", "sourcemap", "profile")

_line = msgspec.json.Decoder(Line)
_any = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Reader:
    """Reads lines; remembers the metadata that holds, and contexts it has met."""

    def __init__(self, metadata: bytes) -> None:
        """Begin where ``metadata`` holds (an object's JSON, or nothing)."""
        self.events = Events()
        self._metadata = metadata
        self._processes = Processes()
        self._told: dict[tuple[Any, ...], Told] = {}

    def read(self, line: bytes, number: int) -> str | None:
        """Read one line; return why it cannot be used, "" when it is, None when it has no span."""
        try:
            found = _line.decode(line)
        except msgspec.ValidationError:
            return "it is JSON, but no line of the intake protocol"
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "it is not JSON, or cut off"
        if found.span is not None:
            return self._span(found.span, number)
        if found.transaction is not None:
            return self._transaction(found.transaction, number)
        return self._other(found, line)

    def _other(self, found: Line, line: bytes) -> str | None:
        """Read a line that is no span."""
        if found.error is not None:
            self._error(found.error)
        elif bytes(found.metadata) != b"null":
            self._metadata = bytes(found.metadata)
        elif not any(name in _OTHERS for name in _any.decode(line)):
            return "it is JSON without a transaction or span"
        return None

    def _span(self, span: Span, line: int) -> str:
        many = span.composite
        event = Event(
            trace=span.trace_id,
            span=span.id,
            parent=span.parent_id,
            transaction=span.transaction_id,
            told=self._tells(span),
            name=span.name or "",
            started_ns=started(span.timestamp),
            duration_ns=nanoseconds(span.duration, _MS),
            outcome=span.outcome,
            offset_ns=nanoseconds(span.start, _MS),
            calls=calls(many.count) if many else None,
            calls_ns=nanoseconds(many.sum, _MS) if many else None,
            weight=_weight(span.sample_rate),
        )
        return self.events.add(event, line)

    def _tells(self, span: Span) -> Told:
        otel = span.otel
        bridged = bytes(otel.attributes) if otel else b"null"
        said = otel.span_kind if otel else None
        context = bytes(span.context)
        what = span_type(span.type, span.subtype, span.action)
        name = span.name if what.category == "rpc" else None
        key = (context, what, name, bridged, said, self._metadata)
        told = self._told.get(key)
        if told is None:
            own = {"type": what.type, "subtype": what.subtype, "action": what.action}
            attributes = joined(own, context, bridged)
            told = Told(
                kind_of_span(what, said),
                _called(decoded(attributes), what, name),
                what.category,
                self._processes.of(self._metadata, context),
                attributes,
            )
            if len(self._told) < _REMEMBERED:
                self._told[key] = told
        return told

    def _transaction(self, one: Transaction, line: int) -> str:
        event = Event(
            trace=one.trace_id,
            span=one.id,
            parent=one.parent_id,
            transaction=None,
            told=self._of_transaction(one),
            name=one.name or "",
            started_ns=started(one.timestamp),
            duration_ns=nanoseconds(one.duration, _MS),
            outcome=one.outcome,
            result=one.result,
            weight=_weight(one.sample_rate),
        )
        self.events.count(transactions=1, unsampled=one.sampled is False, dropped=one.dropped)
        return self.events.add(event, line)

    def _of_transaction(self, one: Transaction) -> Told:
        otel, context, faas = one.otel, bytes(one.context), bytes(one.faas)
        own = {"type": one.type, "result": one.result}
        bridged = bytes(otel.attributes) if otel else b"null"
        attributes = joined(own, context, bridged, b'{"faas":%b}' % faas)
        found = facts(decoded(attributes))
        serves = found.category == "http"
        kind = kind_of_transaction(one.type, otel.span_kind if otel else None, serves=serves)
        return Told(
            kind,
            served(found, one.name or "") if kind == "server" else found,
            "app",
            self._processes.of(self._metadata, context),
            attributes,
        )

    def _error(self, error: Error) -> None:
        own = error.parent_id or error.transaction_id
        self.events.failure(error.trace_id, own, error.transaction_id, error.message)


def _called(said: dict[str, Any], what: SpanType, name: str | None) -> Facts:
    return called(facts(said), what, said.get("destination.service.resource"), name)


def _weight(rate: float | None) -> float | None:
    """Return how many events a sampled one stands for; those not sampled stand for themselves."""
    return 1 / rate if rate and 0 < rate < 1 else None
