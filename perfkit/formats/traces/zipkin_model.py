"""The skeleton of Zipkin's JSON spans as msgspec types; tags stay bytes until they are wanted.

Checked: V2SpanReader and V1JsonSpanReader of openzipkin/zipkin (keys, null anywhere, ids that
are numbers are still hexadecimal digits) and its API description zipkin2-api.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.traces import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Annotation",
    "BinaryAnnotation",
    "Endpoint",
    "Span1",
    "Span2",
    "endpoint",
    "has_ids",
    "nanoseconds",
]

_NULL = msgspec.Raw(b"null")


class Endpoint(msgspec.Struct, gc=False, frozen=True):
    """A service and where it listens."""

    serviceName: str | None = None  # noqa: N815 - the format's own names, here and below
    ipv4: str | None = None
    ipv6: str | None = None
    port: int | None = None

    @property
    def address(self) -> str | None:
        """The address with its port, as in ``10.0.0.1:8080`` and ``[::1]:80``."""
        ip = self.ipv4 or (f"[{self.ipv6}]" if self.ipv6 and self.port else self.ipv6)
        return f"{ip}:{self.port}" if ip and self.port else ip or None


class Span2(msgspec.Struct, gc=False):
    """One span of version 2; times are microseconds."""

    traceId: str | int  # noqa: N815
    id: str | int
    parentId: str | int | None = None  # noqa: N815
    kind: str | None = None
    name: str | None = None
    timestamp: int | float | str | None = None
    duration: int | float | str | None = None
    localEndpoint: msgspec.Raw = _NULL  # noqa: N815
    remoteEndpoint: msgspec.Raw = _NULL  # noqa: N815
    annotations: msgspec.Raw = _NULL
    tags: msgspec.Raw = _NULL
    shared: bool | None = None


class Annotation(msgspec.Struct, gc=False, frozen=True):
    """Something that happened at a time; ``cs``, ``sr`` and the like begin and end a half."""

    timestamp: int | float | None = None
    value: str = ""
    endpoint: Endpoint | None = None


class BinaryAnnotation(msgspec.Struct, gc=False, frozen=True):
    """A tag, or (value true) the address of the other side."""

    key: str
    value: Any = None
    endpoint: Endpoint | None = None


class Span1(msgspec.Struct, gc=False):
    """One span of version 1: both halves of a call may be in it."""

    traceId: str | int  # noqa: N815
    id: str | int
    parentId: str | int | None = None  # noqa: N815
    name: str | None = None
    timestamp: int | float | None = None
    duration: int | float | None = None
    annotations: list[Annotation] | None = None
    binaryAnnotations: list[BinaryAnnotation] | None = None  # noqa: N815


_endpoint = msgspec.json.Decoder(Endpoint | None)
_NOWHERE = Endpoint()


def endpoint(raw: msgspec.Raw | bytes) -> Endpoint:
    """Decode an endpoint; what is none says nothing."""
    try:
        return _endpoint.decode(raw) or _NOWHERE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOWHERE


def has_ids(span: Mapping[str, Any]) -> bool:
    """Say whether the ids of an undecoded span are those of Zipkin."""
    trace, own = str(span.get("traceId")), str(span.get("id"))
    return bool(ids.from_hex(trace, ids.TRACE_DIGITS) and ids.from_hex(own, ids.SPAN_DIGITS))


def nanoseconds(us: float | str | None) -> int | None:
    """Return microseconds as nanoseconds that fit the table's type; 0 stands for unknown."""
    try:
        whole = us if type(us) is int else round(float(us or 0))
    except (ValueError, OverflowError):
        return None
    ns = whole * 1000
    return ns if 0 < ns < 1 << 63 else None
