"""Documents of Elasticsearch, one per line, as exported (``elasticdump``) or shipped by Beats.

Lines with ``@timestamp`` and ``message`` are also what applications log by themselves: they are
an envelope only where most messages are lines of a log of their own.

Checked: elasticdump's README (``{"_index","_id","_source"}``), Filebeat's file output.
"""

from __future__ import annotations

from typing import Any

import msgspec

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.json_lines import decode_one
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.raw_lines import share
from perfkit.ingest.envelopes.services.documents import message_of, record
from perfkit.ingest.envelopes.services.records import Record, from_lines

__all__ = ["ENVELOPE"]

_DECODER = msgspec.json.Decoder(dict[str, Any])
_LOOKED_AT = 50


def recognises(head: bytes) -> Recognition:
    """Recognise documents whose messages are lines of a log."""
    if not head.startswith(b"{") or b'"@timestamp"' not in head:
        return Recognition(confidence=0.0)
    lines = head.split(b"\n")
    whole = [line for line in lines[:-1] or lines if line.strip()][:_LOOKED_AT]
    found = [_fields(decode_one(line, _DECODER)) for line in whole]
    texts = [message_of(fields) for fields in found if "@timestamp" in fields]
    sure = 0.9 if len(texts) > 0.8 * len(whole) and share(texts) > 0.5 else 0.0  # noqa: PLR2004 - most
    return Recognition(confidence=sure, reason="documents of Elasticsearch with lines of a log")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the lines out."""
    del carry
    return from_lines(data, _DECODER, _records)


def _records(document: dict[str, Any]) -> tuple[Record]:
    return (record(document),)


def _fields(document: dict[str, Any] | None) -> dict[str, Any]:
    source = (document or {}).get("_source", document)
    return source if isinstance(source, dict) else {}


ENVELOPE = Envelope(
    name="elasticsearch-lines",
    title="Elasticsearch documents (JSON lines)",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
