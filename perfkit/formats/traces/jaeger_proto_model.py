"""Jaeger's spans as protobuf's JSON has them: ids in base64, times as texts, typed values.

Checked: model/v1 of jaegertracing/jaeger-idl (model.proto, ids.go) and its fixtures: gogo's jsonpb
writes a duration as ``5000ns`` or ``0.000005s``, int64 as a text or a number, and leaves out what
is 0 (CHILD_OF, STRING). Storage plug-ins for Kafka write one span a message with it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.errors import UsageError
from perfkit.formats.traces import ids
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Batch",
    "Document",
    "Process",
    "Span",
    "duration_ns",
    "epoch_ns",
    "identified",
    "values",
]

#: 16 and 8 bytes in base64, padded or not; digits are 32 and 16.
_BASE64_LENGTHS = frozenset({24, 22, 12, 11})

_TIME = re.compile(
    r"(?P<second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<ns>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)


class Tag(msgspec.Struct, gc=False):
    """One tag; the value is in the field of its type."""

    key: str = ""
    vStr: str | None = None  # noqa: N815 - the format's own names, here and below
    vBool: bool | None = None  # noqa: N815
    vInt64: int | str | None = None  # noqa: N815
    vFloat64: float | str | None = None  # noqa: N815
    vBinary: str | None = None  # noqa: N815

    def value(self) -> Any:
        """Return the value; where all are left out, it is the empty text."""
        if self.vInt64 is not None:
            return _integer(self.vInt64)
        if self.vBool is not None:
            return self.vBool
        if self.vFloat64 is not None:
            return self.vFloat64
        return self.vBinary if self.vBinary is not None else self.vStr or ""


class Reference(msgspec.Struct, gc=False):
    """Another span that this one was caused by; without a type it is the parent."""

    traceId: str = ""  # noqa: N815
    spanId: str = ""  # noqa: N815
    refType: str | int = "CHILD_OF"  # noqa: N815


class Process(msgspec.Struct, gc=False):
    """What emitted spans."""

    serviceName: str = ""  # noqa: N815
    tags: list[Tag] | None = None


class Log(msgspec.Struct, gc=False):
    """What was logged within a span."""

    fields: list[Tag] | None = None


class Span(msgspec.Struct, gc=False):
    """One span."""

    traceId: str = ""  # noqa: N815
    spanId: str = ""  # noqa: N815
    operationName: str = ""  # noqa: N815
    references: list[Reference] | None = None
    startTime: str | None = None  # noqa: N815
    duration: str | int | None = None
    tags: list[Tag] | None = None
    logs: list[Log] | None = None
    process: Process | None = None
    processId: str | None = None  # noqa: N815
    warnings: list[str] | None = None


class Mapping(msgspec.Struct, gc=False):
    """One of a trace's processes, by its key."""

    processId: str = ""  # noqa: N815
    process: Process | None = None


class Batch(msgspec.Struct, gc=False):
    """Spans of a trace (``processMap``) or of a process."""

    spans: list[msgspec.Raw] | None = None
    process: Process | None = None
    processMap: list[Mapping] | None = None  # noqa: N815
    warnings: list[str] | None = None


class Document(Batch, gc=False):
    """A batch, a batch in the request that brought it, or what the query service streams."""

    batch: Batch | None = None
    result: Batch | None = None
    spanId: str | None = None  # noqa: N815


def values(tags: Iterable[Tag] | None) -> dict[str, Any]:
    """Return tags by key."""
    return {tag.key: tag.value() for tag in tags or ()}


def identified(text: str, digits: int) -> str | None:
    """Return an id in hexadecimal; tools that post-process the JSON may have done so already."""
    if text.endswith("=") or len(text) in _BASE64_LENGTHS:
        return ids.from_base64(text, digits)
    return ids.from_hex(text, digits)


def epoch_ns(text: str | None) -> int | None:
    """Return a time as RFC 3339 has it, to the nanosecond; None: unknown, or without a zone."""
    found = _TIME.fullmatch(text or "")
    if found is None:
        return None
    try:
        second = datetime.fromisoformat(found["second"] + found["zone"])
    except ValueError:
        return None
    ns = round(second.timestamp()) * 1_000_000_000 + int((found["ns"] or "0").ljust(9, "0"))
    return ns if 0 <= ns < 1 << 63 else None


def duration_ns(text: str | int | None) -> int | None:
    """Return a duration in ns; a number without a unit is one already."""
    if not isinstance(text, str):
        return text if text is None or 0 <= text < 1 << 63 else None
    try:
        ns = round(parse_duration_ms(text) * 1_000_000)
    except (UsageError, OverflowError, ValueError):
        return None
    return ns if 0 <= ns < 1 << 63 else None


def _integer(value: int | str) -> int | str:
    try:
        return int(value)
    except ValueError:
        return value
