"""CloudWatch Logs Insights: ``{"results": [[{"field": "@message", "value": "..."}, ...]]}``.

Checked: API reference, GetQueryResults (ResultField); times are ``2026-11-21 11:00:00.000`` in
UTC. The console's download is read too: an array of objects with ``@timestamp`` and ``@message``
(this one from memory only).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import (
    Record,
    document_like,
    from_document,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Field(msgspec.Struct, gc=False):
    field: str
    value: Any = None


class _Document(msgspec.Struct):
    results: list[list[_Field]]


_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Document | list[dict[str, Any]])
_BEGIN = re.compile(
    rb'\s*(?:\{\s*"(?:results|queryLanguage|status|statistics|encryptionKey)"\s*:|\[\s*\{\s*"@)'
)
_MESSAGE = re.compile(rb'"field"\s*:\s*"@message"|"@message"\s*:')


def recognises(head: bytes) -> Recognition:
    """Recognise fields that are called ``@message``."""
    return document_like(head, _BEGIN, _MESSAGE, reason="results of CloudWatch Logs Insights")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages out."""
    del carry
    return from_document(data, _DECODER, _records, utc=True)


def _records(document: _Document | list[dict[str, Any]]) -> Iterator[Record]:
    if isinstance(document, list):
        return (_record(row) for row in document)
    return (_record({cell.field: cell.value for cell in row}) for row in document.results)


def _record(row: dict[str, Any]) -> Record:
    message, stream = row.get("@message"), row.get("@logStream") or row.get("@log") or ""
    if isinstance(message, dict):
        message = msgspec.json.encode(message)
    return Record(
        message if isinstance(message, str | bytes) else None, row.get("@timestamp"), str(stream)
    )


ENVELOPE = Envelope(
    name="cloudwatch-insights",
    title="CloudWatch Logs Insights results (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
