"""Google Cloud Logging: LogEntry objects, one per line or in an array (``gcloud logging read``).

``textPayload`` is the line; of ``jsonPayload`` its message where that is a line of a log, else all
of it as JSON; where there is only ``httpRequest``, that. A load balancer's entries have both, and
nothing that they say in words: ``httpRequest`` with the rest beside it, and with the entry's time,
since that is when the request came. Audit logs (``protoPayload``) hold none.

Checked: Cloud Logging's LogEntry reference; ``gcloud logging read --format=json`` writes an
array, newest first; sinks to Cloud Storage write JSON lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.json_lines import recognised
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import (
    Record,
    from_document,
    from_lines,
    named,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENVELOPE"]


class _Resource(msgspec.Struct, gc=False):
    type: str = ""
    labels: dict[str, Any] = {}


class _Entry(msgspec.Struct, gc=False, rename="camel"):
    log_name: str = ""
    insert_id: str = ""
    resource: _Resource | None = None
    timestamp: Any = None
    receive_timestamp: Any = None
    trace: str = ""
    text_payload: str = ""
    json_payload: dict[str, Any] = {}
    http_request: dict[str, Any] = {}


_DECODER = msgspec.json.Decoder(_Entry)
_ARRAY = msgspec.json.Decoder(list[_Entry])
_NAMES = (
    "container_name",
    "function_name",
    "service_name",
    "job_name",
    "database_id",
    "instance_id",
)
_PAYLOADS = (b'"textPayload"', b'"jsonPayload"', b'"httpRequest"', b'"protoPayload"')


def recognises(head: bytes) -> Recognition:
    """Recognise entries with a resource, a log's name and a payload."""
    marks = b'"resource"' in head and (b'"logName"' in head or b'"insertId"' in head)
    if not marks or not any(name in head for name in _PAYLOADS):
        return Recognition(confidence=0.0)
    reason = "entries of Google Cloud Logging"
    if head.lstrip()[:1] == b"[":
        return Recognition(confidence=0.95, reason=reason)
    return recognised(head, _DECODER, lambda entry: entry.resource is not None, reason)


def cut(data: bytes) -> int:
    """Divide lines; not an array."""
    return 0 if data.lstrip()[:1] == b"[" else data.rfind(b"\n") + 1


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the payloads out."""
    del carry
    if data.lstrip()[:1] == b"[":
        return from_document(data, _ARRAY, _all)
    return from_lines(data, _DECODER, lambda entry: (_record(entry),))


def _all(entries: list[_Entry]) -> Iterator[Record]:
    return (_record(entry) for entry in entries)


def _record(entry: _Entry) -> Record:
    fields = _request(entry) or entry.json_payload or entry.http_request
    message = entry.text_payload or said(fields.get("message"), fields)
    return Record(message, entry.timestamp or entry.receive_timestamp, _stream(entry))


def _request(entry: _Entry) -> dict[str, Any]:
    """Return a request that was served, as Cloud Run and load balancers tell it."""
    asked = entry.http_request
    if "latency" not in asked or "message" in entry.json_payload or entry.text_payload:
        return {}
    trace = {"trace": entry.trace.rpartition("/")[2]} if entry.trace else {}
    return {"timestamp": entry.timestamp, **entry.json_payload, **trace, **asked}


def _stream(entry: _Entry) -> str:
    labels = entry.resource.labels if entry.resource else {}
    place, name = named(labels, "pod_name"), named(labels, *_NAMES)
    return "/".join(part for part in (place, name) if part) or entry.log_name.rpartition("/")[2]


ENVELOPE = Envelope(
    name="google-cloud-logging",
    title="Google Cloud Logging entries",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
)
