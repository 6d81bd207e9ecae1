"""The skeleton of OTLP/JSON as msgspec types; attributes stay bytes until they are wanted.

Exports of other ages and tools are brought into this shape first (:func:`lenient`):
``resource_spans`` in snake case, ``{"trace": {...}}``, ``{"result": {...}}``, lists of exports.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

__all__ = [
    "Export",
    "Loose",
    "Resource",
    "ResourceSpans",
    "ScopeSpans",
    "Span",
    "Status",
    "exports",
    "lenient",
    "resource_spans",
    "strict",
]

_NONE = msgspec.Raw(b"[]")


class Status(msgspec.Struct, gc=False):
    """How a span ended; 2 and ``STATUS_CODE_ERROR`` are errors."""

    code: int | str = 0
    message: str = ""


class Span(msgspec.Struct, gc=False):
    """One span; int64 is a string by the specification and a number from many exporters."""

    traceId: str  # noqa: N815 - the format's own names, here and below
    spanId: str  # noqa: N815
    parentSpanId: str | None = None  # noqa: N815
    name: str = ""
    kind: int | str = 0
    startTimeUnixNano: int | None = None  # noqa: N815
    endTimeUnixNano: int | None = None  # noqa: N815
    attributes: msgspec.Raw = _NONE
    status: Status | None = None
    events: msgspec.Raw = _NONE
    droppedAttributesCount: int = 0  # noqa: N815
    droppedEventsCount: int = 0  # noqa: N815
    droppedLinksCount: int = 0  # noqa: N815


class Resource(msgspec.Struct, gc=False):
    """What emitted the spans."""

    attributes: msgspec.Raw = _NONE


class ScopeSpans(msgspec.Struct, gc=False):
    """Spans of one instrumentation library."""

    spans: list[Span] = []


class ResourceSpans(msgspec.Struct, gc=False):
    """Spans of one process, in today's shape or in that before version 0.15 of the protocol."""

    resource: Resource | None = None
    scopeSpans: list[ScopeSpans] | None = None  # noqa: N815
    instrumentationLibrarySpans: list[ScopeSpans] | None = None  # noqa: N815

    def scopes(self) -> list[ScopeSpans]:
        """Return the spans of each library."""
        return self.scopeSpans or self.instrumentationLibrarySpans or []


class Export(msgspec.Struct, gc=False):
    """One export request: one line of the collector's file exporter; ``batches`` are Tempo's."""

    resourceSpans: list[ResourceSpans] | None = None  # noqa: N815
    batches: list[ResourceSpans] | None = None


class Loose(NamedTuple):
    """What an export of another shape holds, and how many of its spans are broken."""

    resources: list[ResourceSpans]
    broken: int


# Numbers may be written as texts.
_export = msgspec.json.Decoder(Export, strict=False)
_resource = msgspec.json.Decoder(ResourceSpans, strict=False)
_span = msgspec.json.Decoder(Span, strict=False)


def exports(data: bytes) -> list[list[ResourceSpans] | None]:
    """Decode lines, each an export in today's shape (None: in another one); skip blank ones.

    Raises:
        msgspec.DecodeError: one of them is no JSON, or has values of other types.
        UnicodeDecodeError: one of them is no UTF-8.
    """
    return [_today(found) for found in _export.decode_lines(data)]


def strict(data: bytes) -> list[ResourceSpans] | None:
    """Decode one export in today's shape; None when it has another one.

    Raises:
        msgspec.DecodeError: no JSON, or values of other types.
    """
    return _today(_export.decode(data))


def _today(found: Export) -> list[ResourceSpans] | None:
    resources = found.batches if found.resourceSpans is None else found.resourceSpans
    if resources is None or not all(map(_is_known, resources)):
        return None
    return resources


def _is_known(item: ResourceSpans) -> bool:
    return item.scopeSpans is not None or item.instrumentationLibrarySpans is not None


def resource_spans(data: msgspec.Raw) -> Loose:
    """Decode one element of ``resourceSpans`` in any known shape.

    Raises:
        msgspec.DecodeError: no JSON.
        UnicodeDecodeError: no UTF-8.
        RecursionError: it is nested too deeply.
    """
    try:
        found = _resource.decode(data)
    except msgspec.ValidationError:
        found = ResourceSpans()
    if _is_known(found):
        return Loose([found], 0)
    return _loose([_renamed(msgspec.json.decode(data))])


_NAMES = {
    "batches": "resourceSpans",
    "instrumentationLibrarySpans": "scopeSpans",
    "instrumentationLibrary": "scope",
}
#: What exports are within: of gRPC gateways (Jaeger's api_v3), and of Tempo.
_WRAPPERS = ("result", "trace", "spans")
_SNAKE = re.compile("_([a-z])")
_TIMES = ("startTimeUnixNano", "endTimeUnixNano")


def lenient(data: bytes) -> Loose | None:
    """Decode an export of any known shape, or a list of such.

    None: it is JSON, and holds no spans.

    Raises:
        msgspec.DecodeError: no JSON.
    """
    document = msgspec.json.decode(data)
    found = document if isinstance(document, list) else [document]
    resources = [item for export in found for item in _listed(_opened(export), "resourceSpans")]
    if not resources and not any("resourceSpans" in _opened(export) for export in found):
        return None
    return _loose(resources)


def _loose(resources: list[dict[str, Any]]) -> Loose:
    read = [_resource_spans(item) for item in resources]
    return Loose([found for found, _ in read], sum(broken for _, broken in read))


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
    for wrapper in _WRAPPERS:
        if "resourceSpans" not in renamed and isinstance(renamed.get(wrapper), dict):
            renamed = _renamed(renamed[wrapper])
    return renamed


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
        better = {
            **{name: value for name, value in item.items() if value is not None},
            **{name: _whole(item.get(name)) for name in _TIMES},
            "attributes": _pairs(item.get("attributes")),
            "events": [_event(event) for event in _listed(item, "events")],
        }
        try:
            spans.append(_span.decode(msgspec.json.encode(better)))
        except msgspec.DecodeError:
            broken += 1
    return spans, broken


def _whole(value: Any) -> int | None:
    """Return nanoseconds, however they are written; None where they are none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "attributes": _pairs(event.get("attributes"))}


def _raw(pairs: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(_pairs(pairs)))


def _pairs(pairs: Any) -> list[dict[str, Any]]:
    renamed = map(_renamed, pairs) if isinstance(pairs, list) else ()
    return [{**pair, "value": _renamed(pair.get("value"))} for pair in renamed]
