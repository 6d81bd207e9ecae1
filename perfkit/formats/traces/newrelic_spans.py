"""Span events of New Relic: results of NRQL as JSON, JSON lines or CSV.

``{"results": [{"events": [...]}]}`` (Insights), ``{"data": {"actor": {"account": {"nrql":
{"results": [...]}}}}}`` (NerdGraph, also several queries in one answer), an array (the command
line), one event a line. Transaction events among them are left out: their spans are here.

Checked: New Relic's documentation of NerdGraph and NRQL, newrelic_terms' sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.traces import newrelic_terms as terms
from perfkit.formats.traces.flat_rows import FlatRows, objects_in
from perfkit.formats.traces.newrelic_rows import combine, spans
from perfkit.formats.traces.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT", "ROWS"]


def _looks(keys: Mapping[str, object]) -> bool:
    return "timestamp" in keys and ("duration" in keys or "duration.ms" in keys)


ROWS = FlatRows(rb'"(?:events|results)"\s*:\s*\[(?!\s*\{\s*"(?:events|results)"\s*:)', _looks)


def recognises(head: bytes) -> Recognition:
    """Recognise the names of a Span event."""
    sure = any(map(terms.is_span, objects_in(head)))
    return Recognition(confidence=1.0 if sure else 0.0, reason="Span events of New Relic")


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse events; repeats and self time are left to :func:`combine`."""
    return spans(ROWS.read(chunk), chunk.zone)


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    return ROWS.cut(data)


FORMAT = Format(
    name="newrelic-spans",
    title="New Relic Span events (NRQL as JSON or CSV)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
