"""CloudWatch Logs subscriptions (Kinesis, Firehose): ``{"messageType":"DATA_MESSAGE",...}``.

Firehose puts records behind each other without a line feed: each counts as a line.

Checked: CloudWatch Logs user guide, "Log group-level subscription filters" (``logGroup``,
``logStream``, ``logEvents`` with ``timestamp`` in milliseconds and ``message``;
``CONTROL_MESSAGE`` only tests the destination).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import Record, document_like, from_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Event(msgspec.Struct, gc=False):
    message: str = ""
    timestamp: int | None = None


class _Delivery(msgspec.Struct, gc=False):
    messageType: str  # noqa: N815 - the service's name
    logGroup: str = ""  # noqa: N815
    logStream: str = ""  # noqa: N815
    logEvents: list[_Event] = []  # noqa: N815


_DECODER = msgspec.json.Decoder(_Delivery)
_BEGIN = re.compile(rb'\s{0,9}\{\s?"messageType"\s?:\s?"(?:DATA|CONTROL)_MESSAGE"')
_BORDER = b'}{"messageType":'


def recognises(head: bytes) -> Recognition:
    """Recognise ``messageType`` at the beginning."""
    return document_like(head, _BEGIN, reason="a subscription to CloudWatch Logs")


def cut(data: bytes) -> int:
    """Return where the last delivery begins."""
    return max(data.rfind(b"\n"), data.rfind(_BORDER)) + 1


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages out."""
    del carry
    return from_lines(data.replace(_BORDER, b'}\n{"messageType":'), _DECODER, _records)


def _records(delivery: _Delivery) -> Iterator[Record]:
    stream = f"{delivery.logGroup}/{delivery.logStream}"
    events = delivery.logEvents if delivery.messageType == "DATA_MESSAGE" else ()
    return (Record(event.message, event.timestamp, stream) for event in events)


ENVELOPE = Envelope(
    name="cloudwatch-subscription",
    title="CloudWatch Logs subscription (Kinesis, Firehose)",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
)
