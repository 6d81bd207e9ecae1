"""What is sent to New Relic's Trace API: batches of spans with common attributes.

``[{"common": {"attributes": {...}}, "spans": [{"id", "trace.id", "timestamp", "attributes":
{"duration.ms", "name", "parent.id", "service.name", ...}}]}]``, one payload or one a line. A
record is a span; times and durations are in milliseconds.

Checked: New Relic's reference of the Trace API ("New Relic format").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.traces.datadog_objects import as_text, pieces
from perfkit.formats.traces.datadog_rows import cut_off
from perfkit.formats.traces.flat_rows import Found, Record
from perfkit.formats.traces.newrelic_rows import combine, spans
from perfkit.formats.traces.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMAT"]

_SPANS = re.compile(rb'"spans"\s*:\s*\[\s*\{')
_IDS = re.compile(rb'"trace\.id"\s*:\s*"[^"]*"')
_NAMED = re.compile(rb'"(?:duration\.ms|attributes|timestamp)"\s*:')
_LINES = re.compile(rb"\s*(?:\[\s*)?\{[^\n]*\}[\]\s]*\n\s*[\[{]")
_BATCH = re.compile(r'(?=\{\s*"(?:common|spans)"\s*:)')
_COMMON = re.compile(r'"common"\s*:\s*(?=\{)')
_FIRST = re.compile(r'"spans"\s*:\s*\[')
_SPAN = re.compile(r'(?=\{\s*"(?:id|trace\.id|timestamp|attributes)"\s*:)')
_NO_JSON = "it is not JSON, or cut off"


def recognises(head: bytes) -> Recognition:
    """Recognise spans with the dotted id of their trace."""
    opens = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}
    sure = opens and _SPANS.search(head) and _IDS.search(head) and _NAMED.search(head)
    return Recognition(
        confidence=0.97 if sure else 0.0, reason="a payload of New Relic's Trace API"
    )


def cut(data: bytes) -> int:
    """Divide payloads behind any line; one payload, at most 1 MB when sent, is read at once."""
    return cut_at_line(data) if _LINES.match(data) else 0


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse spans; repeats and self time are left to :func:`combine`."""
    text, notes = as_text(chunk.data)
    found, broken = Found(notes=notes), False
    for piece in pieces(text, _BATCH):
        broken = piece.value is None
        if piece.value is not None:
            _add(found, _common(piece.value.get("common")), piece.value.get("spans"))
        else:
            _add_broken(found, text[piece.begin : max(piece.end, piece.begin + 1)])
    found.notes += cut_off(chunk, is_cut=broken)
    return spans(found, chunk.zone)


def _common(value: Any) -> dict[str, Any]:
    found = value.get("attributes") if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _add(found: Found, common: dict[str, Any], items: Any) -> None:
    for item in items if isinstance(items, list) else ():
        found.lines += 1
        if isinstance(item, dict):
            found.rows.append(Record(found.lines, _flat(common, item)))
        else:
            found.reject(found.lines, "it is no object", item)


def _flat(common: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Return a span's own values over its attributes over the common ones."""
    own = item.get("attributes")
    rest = {name: value for name, value in item.items() if name != "attributes"}
    return {**common, **(own if isinstance(own, dict) else {}), **rest}


def _add_broken(found: Found, text: str) -> None:
    """Take the whole spans of a batch that is cut off."""
    start = _FIRST.search(text)
    common = next(pieces(text, _COMMON), None)
    said = _common(common.value) if common and common.value else {}
    for piece in _spans(text[start.end() :] if start else ""):
        if piece is None:
            found.lines += 1
            found.reject(found.lines, _NO_JSON, text[-500:])
        else:
            _add(found, said, [piece])


def _spans(text: str) -> Iterator[dict[str, Any] | None]:
    return (piece.value for piece in pieces(text, _SPAN))


FORMAT = Format(
    name="newrelic-trace-api",
    title="New Relic Trace API payload (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
