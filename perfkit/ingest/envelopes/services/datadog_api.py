"""Datadog's Logs API v2: ``{"data": [{"attributes": {"timestamp", "message", ...}}]}``.

Where a log was JSON, Datadog keeps its fields in ``attributes`` and only its message in
``message``: then the fields, with the message, become a line of JSON again.

Checked: Datadog's API reference, "Search logs" (LogAttributes: attributes, host, message,
service, status, tags, timestamp), newest first unless ``sort=timestamp``.
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
    said,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE", "Attributes", "record"]


class Attributes(msgspec.Struct, gc=False):
    """A log as Datadog's API and archives hold it; archives call its time ``date``."""

    message: Any = ""
    timestamp: Any = None
    date: Any = None
    service: str | None = None
    host: str | None = None
    attributes: dict[str, Any] = {}


class _Log(msgspec.Struct, gc=False):
    attributes: Attributes


class _Answer(msgspec.Struct):
    data: list[_Log]


_DECODER = msgspec.json.Decoder(_Answer)
_BEGIN = re.compile(rb'\s*\{\s*"(?:data|meta|links)"\s*:')
_LOGS = re.compile(rb'"type"\s*:\s*"log"')
_FIELDS = re.compile(rb'"attributes"\s*:\s*\{')
_TIME = re.compile(rb'"timestamp"\s*:\s*"\d{4}-')


def recognises(head: bytes) -> Recognition:
    """Recognise data of the type ``log`` with attributes."""
    return document_like(
        head, _BEGIN, _LOGS, _FIELDS, _TIME, reason="an answer of Datadog's Logs API"
    )


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages, or the fields, out."""
    del carry
    return from_document(data, _DECODER, _records)


def record(log: Attributes) -> Record:
    """Read one log."""
    message = log.message if isinstance(log.message, str) else ""
    fields = log.attributes and {**({"message": message} if message else {}), **log.attributes}
    stream = "/".join(part for part in (log.host, log.service) if part)
    return Record(said(message, fields), log.timestamp or log.date, stream)


def _records(answer: _Answer) -> Iterator[Record]:
    return (record(log.attributes) for log in answer.data)


ENVELOPE = Envelope(
    name="datadog-api",
    title="Datadog Logs API (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
