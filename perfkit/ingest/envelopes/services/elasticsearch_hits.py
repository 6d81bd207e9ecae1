"""Answers of Elasticsearch and OpenSearch: ``{"hits": {"hits": [{"_source": {...}}]}}``.

A document's ``event.original``, ``message`` or ``log`` is the line where it is one; else the
document itself, as JSON.

Checked: Elasticsearch's search API (``hits.hits[]._source``, ``fields`` with arrays of values)
and the Elastic Common Schema (``@timestamp``, ``message``, ``event.original``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.documents import record
from perfkit.ingest.envelopes.services.records import Record, document_like, from_document, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Hits(msgspec.Struct):
    hits: list[dict[str, Any]]


class _Answer(msgspec.Struct):
    hits: _Hits


_DECODER = msgspec.json.Decoder(_Answer)
_BEGIN = re.compile(rb'\s*\{\s*"(?:took|hits|_scroll_id|pit_id|timed_out|_shards)"\s*:')
_HITS = re.compile(rb'"hits"\s*:\s*\[')
_LOG = re.compile(rb'"(?:message|log|event\.original|original)"\s*:\s*\[?\s*"')
_TIME = re.compile(rb'"@timestamp"\s*:')
_APM = re.compile(
    rb'"processor(?:\.event"|"\s*:\s*\{)|"(?:span|transaction)\.duration\.us"'
    rb'|"(?:span|transaction)"\s*:\s*\{[^{}]*"duration"\s*:\s*\{\s*"us"'
)


def recognises(head: bytes) -> Recognition:
    """Recognise hits that are log records (not spans of APM)."""
    found = document_like(head, _BEGIN, _HITS, _LOG, _TIME, reason="hits of Elasticsearch")
    return found if not _APM.search(head) else document_like(b"", _BEGIN, reason="")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the lines out."""
    del carry
    return from_document(data, _DECODER, _records)


def _records(answer: _Answer) -> Iterator[Record]:
    return (record(hit) for hit in answer.hits.hits)


ENVELOPE = Envelope(
    name="elasticsearch-hits",
    title="Elasticsearch search results",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
