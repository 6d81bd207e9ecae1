"""``logcli query --output=jsonl``: ``{"labels":{...},"line":"...","timestamp":"2026-..."}``.

Checked: Loki ``pkg/logcli/output/jsonl.go`` and its test (``--no-labels`` leaves ``labels`` out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.lines import cut_at_line
from perfkit.ingest.envelopes.json_lines import recognised
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.labels import of_labels
from perfkit.ingest.envelopes.services.records import Record, from_lines

if TYPE_CHECKING:
    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Line(msgspec.Struct, gc=False):
    line: str
    timestamp: str
    labels: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_Line)


def recognises(head: bytes) -> Recognition:
    """Recognise lines with ``line`` and ``timestamp``."""
    return recognised(
        head, _DECODER, lambda line: line.timestamp[:2].isdecimal(), "lines of logcli"
    )


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the lines out."""
    del carry
    return from_lines(data, _DECODER, _records)


def _records(line: _Line) -> tuple[Record]:
    return (Record(line.line, line.timestamp, of_labels(line.labels) if line.labels else ""),)


ENVELOPE = Envelope(
    name="loki-jsonl",
    title="logcli --output=jsonl",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
