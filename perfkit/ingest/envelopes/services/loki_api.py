"""Answers of Loki's ``query_range`` and ``query``: streams of ``[["<ns>", "line"], ...]``.

Checked: Loki's HTTP API reference (``data.resultType`` is ``streams``; values are pairs of
nanoseconds since 1970 as text and the line, and, since Loki 3, an object of structured metadata),
newest first unless ``direction=forward``. ``logcli --output=...`` and Grafana's downloads are
other envelopes.
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


class _Stream(msgspec.Struct, gc=False):
    stream: dict[str, str]
    values: list[list[Any]]


class _Data(msgspec.Struct):
    result: list[_Stream]


class _Answer(msgspec.Struct):
    data: _Data


_DECODER = msgspec.json.Decoder(_Answer)
_BEGIN = re.compile(rb'\s*\{\s*"(?:status|data)"\s*:')
_STREAMS = re.compile(rb'"resultType"\s*:\s*"streams"')
_VALUES = re.compile(rb'"(?:values|stream)"\s*:\s*[\[{]')


def recognises(head: bytes) -> Recognition:
    """Recognise a result of the type ``streams``."""
    return document_like(head, _BEGIN, _STREAMS, _VALUES, reason="an answer of Loki")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the lines out."""
    del carry
    return from_document(data, _DECODER, _records)


def _records(answer: _Answer) -> Iterator[Record]:
    for stream in answer.data.result:
        name = of_labels(stream.stream)
        for value in stream.values:
            line = value[1] if len(value) > 1 and isinstance(value[1], str) else None
            yield Record(line, value[0] if value else None, name)


ENVELOPE = Envelope(
    name="loki-api",
    title="Loki query_range (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
