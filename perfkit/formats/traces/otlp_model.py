"""The skeleton of OTLP/JSON as msgspec types; attributes stay bytes until they are wanted.

Exports of other ages and tools are brought into this shape first (:func:`lenient`): Tempo's
``batches``, ``resource_spans`` in snake case, ``instrumentationLibrarySpans``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["Export", "ResourceSpans", "ScopeSpans", "Span", "attributes", "lenient", "strict"]

_NONE = msgspec.Raw(b"[]")


class Status(msgspec.Struct, gc=False):
    """How a span ended; 2 and ``STATUS_CODE_ERROR`` are errors."""

    code: int | str = 0
    message: str = ""


class Span(msgspec.Struct, gc=False):
    """One span; int64 is a string by the specification and a number from many exporters."""

    traceId: str  # noqa: N815 - the format's own names, here and below
    spanId: str  # noqa: N815
    parentSpanId: str = ""  # noqa: N815
    name: str = ""
    kind: int | str = 0
    startTimeUnixNano: int | str | None = None  # noqa: N815
    endTimeUnixNano: int | str | None = None  # noqa: N815
    attributes: msgspec.Raw = _NONE
    status: Status | None = None


class Resource(msgspec.Struct, gc=False):
    """What emitted the spans."""

    attributes: msgspec.Raw = _NONE


class ScopeSpans(msgspec.Struct, gc=False):
    """Spans of one instrumentation library."""

    spans: list[Span] = []


class ResourceSpans(msgspec.Struct, gc=False):
    """Spans of one process; ``scopeSpans`` None: a shape for :func:`lenient`."""

    resource: Resource | None = None
    scopeSpans: list[ScopeSpans] | None = None  # noqa: N815


class Export(msgspec.Struct, gc=False):
    """One export request: one line of the collector's file exporter."""

    resourceSpans: list[ResourceSpans] | None = None  # noqa: N815


class _Value(msgspec.Struct, gc=False):
    stringValue: str | None = None  # noqa: N815
    intValue: int | str | None = None  # noqa: N815
    doubleValue: float | str | None = None  # noqa: N815
    boolValue: bool | None = None  # noqa: N815


class _Pair(msgspec.Struct, gc=False):
    key: str
    value: _Value | None = None


_export = msgspec.json.Decoder(Export)
_pairs = msgspec.json.Decoder(list[_Pair])
_span = msgspec.json.Decoder(Span)


def strict(data: bytes) -> list[ResourceSpans] | None:
    """Decode an export in today's shape; None when it has another one.

    Raises:
        msgspec.DecodeError: no JSON, or values of other types.
    """
    found = _export.decode(data).resourceSpans
    if found is None or any(item.scopeSpans is None for item in found):
        return None
    return found


def attributes(raw: msgspec.Raw) -> dict[str, Any]:
    """Return simple attributes by key; what is no list of pairs has none."""
    try:
        pairs = _pairs.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):  # what is not looked at may be no UTF-8
        return {}
    return {pair.key: _plain(pair.value) for pair in pairs}


def _plain(value: _Value | None) -> Any:
    if value is None:
        return None
    if value.stringValue is not None:
        return value.stringValue
    if value.intValue is not None:
        return value.intValue
    return value.doubleValue if value.doubleValue is not None else value.boolValue


_NAMES = {
    "batches": "resourceSpans",
    "instrumentationLibrarySpans": "scopeSpans",
    "instrumentationLibrary": "scope",
}
_SNAKE = re.compile("_([a-z])")


def lenient(data: bytes) -> tuple[list[ResourceSpans], int] | None:
    """Decode an export of any known shape; return it and how many of its spans are broken.

    None: it is JSON, and holds no spans.

    Raises:
        msgspec.DecodeError: no JSON.
    """
    document = msgspec.json.decode(data)
    exports = document if isinstance(document, list) else [document]
    resources = [item for export in exports for item in _listed(_opened(export), "resourceSpans")]
    if not resources and not any("resourceSpans" in _opened(export) for export in exports):
        return None
    read = [_resource_spans(item) for item in resources]
    return [found for found, _ in read], sum(broken for _, broken in read)


def _resource_spans(item: dict[str, Any]) -> tuple[ResourceSpans, int]:
    """Return the spans of one resource, and how many of them are broken."""
    scopes = [_spans(scope) for scope in _listed(item, "scopeSpans")]
    spans = [span for good, _ in scopes for span in good]
    resource = Resource(_raw(_renamed(item.get("resource")).get("attributes")))
    found = ResourceSpans(resource=resource, scopeSpans=[ScopeSpans(spans=spans)])
    return found, sum(broken for _, broken in scopes)


def _opened(export: Any) -> dict[str, Any]:
    """Unwrap ``{"trace": {"resourceSpans": ...}}`` and rename the keys of other ages."""
    renamed = _renamed(export)
    return _renamed(renamed["trace"]) if isinstance(renamed.get("trace"), dict) else renamed


def _renamed(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {}
    camel = {_SNAKE.sub(lambda m: m[1].upper(), key): value for key, value in item.items()}
    return {_NAMES.get(key, key): value for key, value in camel.items()}


def _listed(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    values = item.get(key)
    return [_renamed(value) for value in values] if isinstance(values, list) else []


def _spans(scope: dict[str, Any]) -> tuple[list[Span], int]:
    spans, broken = [], 0
    for item in _listed(scope, "spans"):
        pairs = [_renamed_pair(pair) for pair in _listed(item, "attributes")]
        try:
            spans.append(_span.decode(msgspec.json.encode({**item, "attributes": pairs})))
        except msgspec.DecodeError:
            broken += 1
    return spans, broken


def _renamed_pair(pair: dict[str, Any]) -> dict[str, Any]:
    return {**pair, "value": _renamed(pair.get("value"))}


def _raw(pairs: Any) -> msgspec.Raw:
    renamed = [_renamed_pair(_renamed(pair)) for pair in pairs] if isinstance(pairs, list) else []
    return msgspec.Raw(msgspec.json.encode(renamed))
