"""Elastic APM's documents in Elasticsearch as msgspec types, whichever way they were exported.

``{"trace": {"id": ...}}``, ``{"trace.id": ...}`` and the ``fields`` of a search, where every
value is in an array, are brought into the first shape. Checked: the documents that
elastic/apm-server's tests approve (systemtest/approvals, beater/approved-es-documents: versions
6 to 8) and elastic/apm-data (model/modeljson).
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Document", "document", "nested"]

_NULL = msgspec.Raw(b"null")
#: Names have fewer parts.
_DEEPEST = 12
_TRACED = ("span", "transaction", "error")


class Us(msgspec.Struct, gc=False):
    """Microseconds."""

    us: int | float | None = None


class Id(msgspec.Struct, gc=False):
    """An id."""

    id: str | None = None


class Processor(msgspec.Struct, gc=False):
    """What kind of event it is: ``transaction``, ``span``, ``error``, ``metric``."""

    event: str | None = None


class Target(msgspec.Struct, gc=False):
    """What a destination's service is called."""

    resource: str | None = None


class Destination(msgspec.Struct, gc=False):
    """Where a span's call went."""

    service: Target | None = None


class Composite(msgspec.Struct, gc=False):
    """So many calls in one span."""

    count: int | float | None = None
    sum: Us | None = None


class SpanCount(msgspec.Struct, gc=False):
    """How many more spans a transaction had."""

    dropped: int | float | None = None


class OldUrl(msgspec.Struct, gc=False):
    """What was called."""

    original: str | None = None


class OldHttp(msgspec.Struct, gc=False):
    """A call before version 7.16, whose fields were the span's own."""

    method: str | None = None
    url: OldUrl | None = None
    response: msgspec.Raw = _NULL


class Span(msgspec.Struct, gc=False):
    """One operation."""

    id: str | None = None
    name: str | None = None
    kind: str | None = None
    type: str | None = None
    subtype: str | None = None
    action: str | None = None
    start: Us | None = None
    duration: Us | None = None
    composite: Composite | None = None
    destination: Destination | None = None
    representative_count: float | None = None
    http: OldHttp | None = None
    db: msgspec.Raw = _NULL
    message: msgspec.Raw = _NULL


class Transaction(msgspec.Struct, gc=False):
    """One request served, message consumed, job done; on a span it is only named."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    result: str | None = None
    sampled: bool | None = None
    duration: Us | None = None
    span_count: SpanCount | None = None
    representative_count: float | None = None


class Event(msgspec.Struct, gc=False):
    """How it ended."""

    outcome: str | None = None


class Raised(msgspec.Struct, gc=False):
    """An exception."""

    message: str | None = None
    type: str | None = None


class Error(msgspec.Struct, gc=False):
    """An exception, or an error logged."""

    exception: list[Raised] | Raised | None = None
    log: Raised | None = None

    @property
    def message(self) -> str | None:
        """Type and message of the exception, else what was logged."""
        raised = self.exception
        first = (raised[0] if raised else None) if isinstance(raised, list) else raised
        if first and (first.type or first.message):
            return ": ".join(filter(None, (first.type, first.message)))
        return self.log.message if self.log else None


class Document(msgspec.Struct, gc=False, rename={"at": "@timestamp"}):
    """One event; what describes its process stays undecoded."""

    at: str | int | None = None
    timestamp: Us | None = None
    processor: Processor | None = None
    trace: Id | None = None
    parent: Id | None = None
    span: Span | None = None
    transaction: Transaction | None = None
    event: Event | None = None
    error: Error | None = None
    http: msgspec.Raw = _NULL
    url: msgspec.Raw = _NULL
    destination: msgspec.Raw = _NULL
    client: msgspec.Raw = _NULL
    labels: msgspec.Raw = _NULL
    numeric_labels: msgspec.Raw = _NULL
    faas: msgspec.Raw = _NULL
    service: msgspec.Raw = _NULL
    agent: msgspec.Raw = _NULL
    host: msgspec.Raw = _NULL
    container: msgspec.Raw = _NULL
    kubernetes: msgspec.Raw = _NULL
    cloud: msgspec.Raw = _NULL
    process: msgspec.Raw = _NULL

    @property
    def kind(self) -> str | None:
        """``transaction``, ``span``, ``error`` or another; told by what it has when need be."""
        if self.processor and self.processor.event:
            return self.processor.event
        if self.span and self.span.duration:
            return "span"
        if self.transaction and self.transaction.duration:
            return "transaction"
        return "error" if self.error else None


class Hit(msgspec.Struct, gc=False, rename={"source": "_source"}):
    """What a search puts around a document."""

    source: msgspec.Raw = _NULL
    fields: msgspec.Raw = _NULL


_hit = msgspec.json.Decoder(Hit)
_document = msgspec.json.Decoder(Document)
_any = msgspec.json.Decoder(dict[str, Any])


def document(raw: bytes | msgspec.Raw) -> Document:
    """Decode a hit, or a document without what a search puts around it.

    Raises:
        msgspec.DecodeError: no JSON, or values of other types.
    """
    hit = _hit.decode(raw)
    if bytes(hit.source)[:1] == b"{" and bytes(hit.source) != b"{}":
        return _read(hit.source, arrays=False)
    if bytes(hit.fields)[:1] == b"{":
        return _read(hit.fields, arrays=True)
    try:
        return _read(raw, arrays=False)
    except msgspec.ValidationError:
        return _read(raw, arrays=True)


def _read(raw: bytes | msgspec.Raw, *, arrays: bool) -> Document:
    if not arrays:
        try:
            found = _document.decode(raw)
        except msgspec.ValidationError:
            found = Document()  # such as values in arrays
        if found.kind and (found.trace or found.kind not in _TRACED):
            return found
    plain = nested(_any.decode(raw), arrays=arrays)
    return _document.decode(msgspec.json.encode(plain))


def nested(flat: dict[str, Any], *, arrays: bool = True) -> dict[str, Any]:
    """Return ``{"a.b": [1]}`` as ``{"a": {"b": 1}}``.

    ``arrays``: values are the first of their arrays. Of a field and its sub-field
    (``url.full.text``) the field counts.
    """
    found: dict[str, Any] = {}
    for key, value in flat.items():
        *above, last = key.split(".", _DEEPEST)
        place = found
        for part in above:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            one = value[0] if arrays and isinstance(value, list) and value else value
            if isinstance(one, dict) and isinstance(place.get(last), dict):
                place[last].update(one)
            else:
                place[last] = one
    return found
