"""Datadog's log archives: JSON lines with ``_id``, ``date``, ``message``, ``attributes``.

Checked: Datadog's manual, "Log Archives" (format of the archives).
"""

from __future__ import annotations

import msgspec

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.json_lines import recognised
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.datadog_api import Attributes, record
from perfkit.ingest.envelopes.services.records import Record, from_lines

__all__ = ["ENVELOPE"]

_DECODER = msgspec.json.Decoder(Attributes)


def recognises(head: bytes) -> Recognition:
    """Recognise lines with ``_id`` and ``date``, a message and where it is from."""
    if b'"_id"' not in head or b'"attributes"' not in head:
        return Recognition(confidence=0.0)
    return recognised(head, _DECODER, _fits, "logs of a Datadog archive")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages, or the fields, out."""
    del carry
    return from_lines(data, _DECODER, _records)


def _fits(log: Attributes) -> bool:
    return (
        isinstance(log.date, str)
        and bool(log.message or log.attributes)
        and bool(log.service or log.host)
    )


def _records(log: Attributes) -> tuple[Record]:
    return (record(log),)


ENVELOPE = Envelope(
    name="datadog-archive",
    title="Datadog log archive",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
