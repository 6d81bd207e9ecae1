"""A trace as Datadog's trace view lets it be downloaded (JSON).

``{"trace": {"root_id": "1", "spans": {"1": {...}, "2": {...}}}, "orphaned": [...]}``; the spans
may be an object by id or a list, ``trace`` may be left out. The page's format is Datadog's own and
not documented: units are told by the size of ``start`` (seconds, milliseconds, microseconds or
nanoseconds since 1970), and ``duration`` has the same unit. Line numbers are those of the spans.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.traces import datadog_ids as ids
from perfkit.formats.traces.datadog_objects import as_text, encoded, pieces
from perfkit.formats.traces.datadog_rows import Found, Ids, Rest, Timing, cut_off
from perfkit.formats.traces.datadog_terms import Label, Said, said
from perfkit.formats.traces.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.traces.datadog_objects import Piece

__all__ = ["FORMAT"]

_ROOT = re.compile(rb'"root_id"\s*:')
_SPANS = re.compile(rb'"spans"\s*:\s*[\[{]')
#: A span of an object by id, or of a list.
_BEGINS = re.compile(r'(?:"[0-9A-Fa-f]{1,20}"\s*:\s*|"(?:spans|orphaned)"\s*:\s*\[\s*|,\s*)(?=\{)')
#: Seconds, milliseconds, microseconds and nanoseconds since 1970, from 1973 to 2112, by size.
_SCALES = ((1e8, 4.5e9, 10**9), (1e11, 4.5e12, 10**6), (1e14, 4.5e15, 10**3), (1e17, 4.5e18, 1))
_BEYOND = ("resource", "type", "meta", "metrics", "meta_struct", "span_links", "span_events")
_NO_JSON = "it is not JSON, or cut off"
_NO_IDS = "it has no trace and span id"


def recognises(head: bytes) -> Recognition:
    """Recognise a trace with its root's id and spans by id."""
    sure = (
        head.lstrip()[:1] in {b"{", b"["}
        and _ROOT.search(head)
        and _SPANS.search(head)
        and b'"span_id"' in head
        and b'"start"' in head
    )
    return Recognition(confidence=0.95 if sure else 0.0, reason="a trace of Datadog's trace view")


def cut(data: bytes) -> int:
    """Divide nowhere: a page shows one trace."""
    del data
    return 0


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse the spans of a trace, as far as the file goes."""
    text, notes = as_text(chunk.data)
    found = Found(notes=notes)
    every = []
    hexadecimal = ids.uses_hex(chunk.head)
    last: Piece | None = None
    for piece in _spans(text):
        found.lines += 1
        last = piece
        says = _take(found, piece.value, hexadecimal=hexadecimal) if piece.value else None
        if says:
            every.append(says)
        else:
            reason = _NO_IDS if piece.value else _NO_JSON
            shown = text[piece.begin : piece.begin + 500].encode()
            found.rejected.append(BadLine.of(found.lines, reason, shown))
    found.notes += cut_off(chunk, is_cut=last is not None and last.value is None)
    found.told(every)
    return found.parsed()


def _spans(text: str) -> Iterator[Piece]:
    for piece in pieces(text, _BEGINS):
        if piece.value is None or "span_id" in piece.value:
            yield piece


def _take(found: Found, span: dict[str, Any], *, hexadecimal: bool) -> Said | None:
    """Append a span; return what it says, or None when it has no ids."""
    trace = ids.trace_id(span.get("trace_id"), hexadecimal=hexadecimal)
    own = ids.span_id(span.get("span_id"), hexadecimal=hexadecimal)
    if trace is None or own is None:
        return None
    parent = ids.parent_id(span.get("parent_id"), hexadecimal=hexadecimal)
    tags = {name: span[name] for name in ("env", "host", "hostname") if span.get(name)}
    for part in ("meta", "metrics"):
        tags |= span[part] if isinstance(span.get(part), dict) else {}
    name, resource, kind = (_text(span.get(key)) for key in ("name", "resource", "type"))
    top = parent is None or tags.get("_dd.top_level") == 1
    says = said(tags, Label(name or "", resource, kind, top))
    rest = Rest(
        _text(span.get("service")),
        name or resource or "",
        (says.error or "error") if span.get("error") in (1, "1") else None,
        found.lines,
        encoded({key: span[key] for key in _BEYOND if span.get(key)}),
    )
    found.add(Ids(trace, own, parent), _timing(span), says, rest)
    return says


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _timing(span: dict[str, Any]) -> Timing:
    start, end, duration = (span.get(name) for name in ("start", "end", "duration"))
    if not _is(start) or (unit := _unit(start)) is None:
        return Timing(None, None)
    began = _ns(start, unit)
    if began is not None and isinstance(start, float) and unit > 1:
        began = round(began, -3)  # a float tells microseconds
    if _is(duration):
        return Timing(began, _ns(duration, unit))
    lasted = end - start if _is(end) and end >= start else None
    return Timing(began, None if lasted is None else _ns(lasted, unit))


def _unit(start: float) -> int | None:
    return next((ns for low, high, ns in _SCALES if low <= start < high), None)


def _is(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _ns(value: float, unit: int) -> int | None:
    """Return nanoseconds; a float's are those that it can tell."""
    ns = value * unit
    if not ns < 1 << 62:  # infinite, too
        return None
    return round(ns)


FORMAT = Format(
    name="datadog-ui",
    title="Datadog trace (download of the trace view)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=ids.combine,
)
