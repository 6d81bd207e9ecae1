"""``aws logs get-log-events``, ``filter-log-events``: ``{"events":[{"timestamp","message"}]}``.

Checked: CloudWatch Logs API reference, GetLogEvents (OutputLogEvent) and FilterLogEvents
(FilteredLogEvent: also ``logStreamName``); times are milliseconds since 1970.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import Record, document_like, from_document, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Event(msgspec.Struct, gc=False):
    message: str = ""
    timestamp: int | None = None
    logStreamName: str = ""  # noqa: N815 - the service's name


class _Document(msgspec.Struct):
    events: list[_Event]


_DECODER = msgspec.json.Decoder(_Document)
_BEGIN = re.compile(
    rb'\s*\{\s*"(?:events|nextForwardToken|nextBackwardToken|searchedLogStreams)"\s*:'
)
_EVENTS = re.compile(
    rb'"events"\s*:\s*\[\s*\{\s*"(?:timestamp|message|ingestionTime|logStreamName|eventId)"\s*:'
)
_TIME = re.compile(rb'"timestamp"\s*:\s*\d{13}\b')
_MESSAGE = re.compile(rb'"message"\s*:\s*"')


def recognises(head: bytes) -> Recognition:
    """Recognise ``events`` with ``timestamp`` and ``message``."""
    reason = "events of CloudWatch Logs"
    return document_like(head, _BEGIN, _EVENTS, _TIME, _MESSAGE, reason=reason)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages out."""
    del carry
    return from_document(data, _DECODER, _records)


def _records(document: _Document) -> Iterator[Record]:
    return (Record(e.message, e.timestamp, e.logStreamName) for e in document.events)


ENVELOPE = Envelope(
    name="cloudwatch-events",
    title="CloudWatch Logs events (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
