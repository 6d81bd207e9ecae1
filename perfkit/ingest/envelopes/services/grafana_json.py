"""Logs downloaded from Grafana as JSON: ``[{"line", "timestamp", "date", "fields"}, ...]``.

Checked: Grafana ``public/app/features/logs/utils.ts`` (logRowsToReadableJson: ``timestamp`` is
nanoseconds since 1970 as text, ``date`` came later).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.labels import of_labels
from perfkit.ingest.envelopes.services.records import Record, document_like, from_document, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Row(msgspec.Struct, gc=False):
    line: str
    timestamp: str | int
    fields: dict[str, Any] = {}


_DECODER = msgspec.json.Decoder(list[_Row])
_BEGIN = re.compile(rb'\s*\[\s*\{\s*"(?:line|timestamp)"\s*:\s*"')
_TIME = re.compile(rb'"timestamp"\s*:\s*"?\d{19}\b')
_LINE = re.compile(rb'"line"\s*:\s*"')


def recognises(head: bytes) -> Recognition:
    """Recognise ``line`` with a ``timestamp`` in nanoseconds."""
    reason = "a download of logs from Grafana"
    return document_like(head, _BEGIN, _TIME, _LINE, reason=reason)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the lines out."""
    del carry
    return from_document(data, _DECODER, _records)


def _records(rows: list[_Row]) -> Iterator[Record]:
    return (Record(row.line, row.timestamp, of_labels(row.fields)) for row in rows)


ENVELOPE = Envelope(
    name="grafana-json",
    title="Grafana logs download (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
