"""Splunk's JSON: ``{"preview":false,"offset":0,"result":{"_raw":"...","_time":"..."}}`` per line.

Also the answer of the REST API, ``{"preview":false,...,"results":[...]}``. Previews of a search
that still ran repeat what comes later and are irrelevant, so is ``{"lastrow":true}``.

Checked: Splunk's REST API reference (``search/jobs/export``, ``output_mode=json``) and such lines
in public code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.lines import cut_at_line
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import (
    Record,
    document_like,
    from_lines,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Line(msgspec.Struct, gc=False):
    preview: bool = False
    result: dict[str, Any] | None = None
    results: list[dict[str, Any]] = []


_DECODER = msgspec.json.Decoder(_Line)
_BEGIN = re.compile(rb'\s{0,9}\{\s?"(?:preview|result|results|init_offset|offset)"\s?:')
_RAW = re.compile(rb'"_raw"\s?:\s?"')


def recognises(head: bytes) -> Recognition:
    """Recognise results with ``_raw``."""
    return document_like(head, _BEGIN, _RAW, reason="results of Splunk")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the raw lines out."""
    del carry
    return from_lines(data, _DECODER, _records)


def _records(line: _Line) -> Iterator[Record]:
    if line.preview:
        return iter(())
    rows = line.results if line.result is None else [line.result]
    return (_record(row) for row in rows)


def _record(row: dict[str, Any]) -> Record:
    stream = "/".join(part for part in (named(row, "host"), named(row, "source")) if part)
    return Record(named(row, "_raw"), row.get("_time"), stream)


ENVELOPE = Envelope(
    name="splunk-json",
    title="Splunk results (JSON)",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
