"""The skeleton of Jaeger's JSON as msgspec types; tags stay bytes until they are wanted.

The query service (``/api/traces``, the UI's download) and the storage in Elasticsearch write
the same span; only where its process is differs.

Checked: internal/uimodel/model.go and internal/storage/v2/elasticsearch/tracestore/core/dbmodel
of jaegertracing/jaeger (times are microseconds; integers beyond 2^53 are texts), model/v1/span.go
and ids.go of jaegertracing/jaeger-idl (which reference is the parent; ids of any length).
"""

from __future__ import annotations

from typing import Any

import msgspec

from perfkit.formats.traces import ids

__all__ = [
    "BROKEN",
    "NOTHING",
    "Process",
    "Reference",
    "Span",
    "Tag",
    "Trace",
    "nanoseconds",
    "parent_of",
    "spans_one_by_one",
]

#: What decoding raises on bytes that are no JSON, or of other types.
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

NOTHING = msgspec.Raw(b"null")

#: FOLLOWS_FROM, and as Jaeger 1.0 wrote it, follows-from.
_FOLLOWS = frozenset({"F", "f"})


class Reference(msgspec.Struct, gc=False):
    """Another span that this one was caused by."""

    refType: str = ""  # noqa: N815 - the format's own names, here and below
    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815


class Process(msgspec.Struct, gc=False):
    """What emitted spans; ``tag`` is the other way in which Elasticsearch has tags."""

    serviceName: str | None = None  # noqa: N815
    tags: msgspec.Raw = NOTHING
    tag: msgspec.Raw = NOTHING


class Span(msgspec.Struct, gc=False):
    """One span; times are microseconds, which odd exports write as floats or texts."""

    spanID: str  # noqa: N815
    traceID: str = ""  # noqa: N815
    operationName: str = ""  # noqa: N815
    references: list[Reference] | None = None
    parentSpanID: str | None = None  # noqa: N815
    startTime: int | float | str | None = None  # noqa: N815
    duration: int | float | str | None = None
    tags: msgspec.Raw = NOTHING
    tag: msgspec.Raw = NOTHING
    logs: msgspec.Raw = NOTHING
    processID: str | None = None  # noqa: N815
    process: msgspec.Raw = NOTHING
    warnings: list[str] | None = None


class Trace(msgspec.Struct, gc=False):
    """The spans of one trace, and by their keys the processes that emitted them."""

    spans: list[Span]
    traceID: str = ""  # noqa: N815
    processes: dict[str, msgspec.Raw] | None = None
    warnings: list[str] | None = None


class Tag(msgspec.Struct, gc=False):
    """One of a span's (or process's, or log's) tags."""

    key: str
    value: Any = None
    type: str = ""


class _LooseTrace(msgspec.Struct, gc=False):
    spans: list[msgspec.Raw] | None = None
    traceID: Any = ""  # noqa: N815
    processes: msgspec.Raw = NOTHING
    warnings: msgspec.Raw = NOTHING


_span = msgspec.json.Decoder(Span)
_loose = msgspec.json.Decoder(_LooseTrace)
_processes = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_warnings = msgspec.json.Decoder(list[str] | None)


def spans_one_by_one(data: bytes) -> tuple[Trace, list[bytes]]:
    """Decode a trace that holds values of other types; also return the spans that are broken.

    Raises:
        msgspec.DecodeError: it is no JSON object with spans.
    """
    loose = _loose.decode(data)
    if loose.spans is None:
        raise msgspec.ValidationError("a trace without spans")
    spans, broken = [], []
    for raw in loose.spans:
        try:
            spans.append(_span.decode(raw))
        except BROKEN:
            broken.append(bytes(raw))
    found = Trace(
        spans=spans,
        traceID=loose.traceID if isinstance(loose.traceID, str) else "",
        processes=_or_none(_processes, loose.processes),
        warnings=_or_none(_warnings, loose.warnings),
    )
    return found, broken


def _or_none(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw) -> Any:
    try:
        return decoder.decode(raw)
    except BROKEN:
        return None


def parent_of(span: Span) -> str:
    """Return the parent's id as it is written, "" for a root.

    As Jaeger has it: ``parentSpanID``, else the first CHILD_OF in the same trace, else the first
    FOLLOWS_FROM in it. References to other traces are links.
    """
    if span.parentSpanID and span.parentSpanID.strip("0"):
        return span.parentSpanID
    follows = ""
    for reference in span.references or ():
        other = reference.traceID
        if other and other != span.traceID and not _are_one(other, span.traceID):
            continue
        if reference.refType[:1] not in _FOLLOWS:
            return reference.spanID
        follows = follows or reference.spanID
    return follows


def _are_one(one: str, other: str) -> bool:
    return ids.from_hex(one, ids.TRACE_DIGITS) == ids.from_hex(other, ids.TRACE_DIGITS)


def nanoseconds(us: float | str | None) -> int | None:
    """Return microseconds as nanoseconds that fit the table's type; None: unknown."""
    try:
        whole = int(us or 0)  # exact, which 1,000 times a float is not
        part = round((float(us or 0) - whole) * 1000) if type(us) is float else 0
    except (ValueError, OverflowError):
        return None
    ns = whole * 1000 + part
    return ns if us is not None and 0 <= ns < 1 << 63 else None
