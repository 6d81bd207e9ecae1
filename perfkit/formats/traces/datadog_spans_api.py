"""Spans as Datadog's API returns them: ``/api/v2/spans/events``, one page or many.

``{"data": [{"type": "spans", "attributes": {...}}], "links": {...}, "meta": {...}}``, a list of
such pages, JSON lines of pages or of spans. Times have milliseconds; the duration in nanoseconds
is a tag. The search returns what retention filters kept, page by page: traces are incomplete.

Checked: Datadog's API reference, "Search spans" (SpansAttributes) and its example.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.times import read_times, zone_note
from perfkit.formats.traces import datadog_ids as ids
from perfkit.formats.traces.datadog_objects import as_text, encoded, pieces
from perfkit.formats.traces.datadog_rows import Found, Ids, Rest, Timing, clock, cut_off
from perfkit.formats.traces.datadog_terms import Label, Said, said
from perfkit.formats.traces.uncollected import uncollected
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMAT"]

_BEGINS = re.compile(r'(?=\{\s*"(?:id|type|attributes)"\s*:)')
_TYPE = re.compile(rb'"type"\s*:\s*"spans"')
_ATTRIBUTES = re.compile(rb'"attributes"\s*:\s*\{')
_MORE = re.compile(r'"(?:next|after)"\s*:\s*"')
_LINES = re.compile(rb"[^\n]*\}[\]\s]*\n\s*\{")
_NO_IDS = "it has no trace and span id"
_NO_JSON = "it is not JSON, or cut off"
#: Milliseconds are rounded: a duration may differ by so much from end minus start.
_ROUNDED_NS = 2_000_000
_KEPT = Note(
    kind="sampling",
    message="Datadog's span search returns spans that retention filters kept: traces may lack "
    "spans, and counts are those of what was kept",
)
_PAGED = Note(
    kind="row_limit",
    message="the last page names a next one: there are more spans than were exported",
)
_SINGLE = "single_span"
_DEEPEST = 20
#: What the tables have no columns for.
_BEYOND = ("resource_name", "type", "attributes", "custom", "tags", "retained_by")


def recognises(head: bytes) -> Recognition:
    """Recognise data of the type ``spans`` with the attributes of a span."""
    sure = (
        head.lstrip()[:1] in {b"{", b"["}
        and _TYPE.search(head)
        and _ATTRIBUTES.search(head)
        and (b'"start_timestamp"' in head or b'"resource_name"' in head)
        and b'"span_id"' in head
    )
    return Recognition(confidence=0.96 if sure else 0.0, reason="an answer of Datadog's spans API")


def cut(data: bytes) -> int:
    """Divide JSON lines behind any line; pages in one document are read at once."""
    return cut_at_line(data) if _LINES.match(data) else 0


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse spans; a record is a span. Repeats and self time are left to ``combine``."""
    text, notes = as_text(chunk.data)
    found, items, end, broken = Found(notes=notes), list[tuple[int, dict[str, Any]]](), 0, False
    for piece in pieces(text, _BEGINS):
        item = piece.value
        if item is None or _is_span(item):
            found.lines += 1
            end, broken = piece.end, item is None
        if item is None:
            shown = text[piece.begin : piece.begin + 500].encode()
            found.rejected.append(BadLine.of(found.lines, _NO_JSON, shown))
        elif _is_span(item):
            items.append((found.lines, item["attributes"]))
    _add(found, items, chunk.zone)
    if found.rows:
        found.notes.append(_KEPT)
    if chunk.last and _MORE.search(text, end):
        found.notes.append(_PAGED)
    found.notes += cut_off(chunk, is_cut=broken)
    return found.parsed()


def _is_span(item: dict[str, Any]) -> bool:
    return item.get("type", "spans") == "spans" and isinstance(item.get("attributes"), dict)


def _add(found: Found, items: Sequence[tuple[int, dict[str, Any]]], zone: str | None) -> None:
    starts, naive = _times([item.get("start_timestamp") for _, item in items], zone)
    ends, _ = _times([item.get("end_timestamp") for _, item in items], zone)
    if naive:
        found.notes.append(zone_note(zone))
    every = []
    for (line, item), start, end in zip(items, starts, ends, strict=True):
        known = _ids(item)
        if known is None:
            found.rejected.append(BadLine.of(line, _NO_IDS, encoded(item)))
            continue
        tags = _tags(item)
        says = _says(item, tags, top=known.parent is None)
        every.append(says)
        rest = Rest(
            _text(item.get("service")),
            _name(item, tags),
            _error(tags, says),
            line,
            encoded({name: item[name] for name in _BEYOND if item.get(name)}),
        )
        found.add(known, Timing(start, _duration(tags, start, end)), says, rest)
    found.told(every)


def _times(values: Sequence[Any], zone: str | None) -> tuple[list[int | None], bool]:
    times = read_times(values, zone)
    found: list[int | None] = times.array.cast(pa.int64()).to_pylist()
    return found, times.naive


def _ids(item: dict[str, Any]) -> Ids | None:
    trace, own = ids.trace_id(item.get("trace_id")), ids.span_id(item.get("span_id"))
    return Ids(trace, own, ids.parent_id(item.get("parent_id"))) if trace and own else None


def _tags(item: dict[str, Any]) -> dict[str, Any]:
    """Return all tags by name: those of the host, the span's own, and custom ones."""
    listed = item.get("tags")
    pairs = [str(tag).partition(":") for tag in listed] if isinstance(listed, list) else []
    found: dict[str, Any] = {name: value for name, _, value in pairs}
    for name in ("env", "host", _SINGLE):
        if item.get(name):
            found[name] = item[name]
    for name in ("attributes", "custom"):
        if isinstance(item.get(name), dict):
            _flatten(item[name], "", found, _DEEPEST)
    return found


def _flatten(item: dict[str, Any], prefix: str, into: dict[str, Any], levels: int) -> None:
    """Add the values of an object and of those in it, their names joined by dots."""
    for name, value in item.items():
        if isinstance(value, dict) and levels:
            _flatten(value, f"{prefix}{name}.", into, levels - 1)
        else:
            into[prefix + name] = value


def _says(item: dict[str, Any], tags: dict[str, Any], *, top: bool) -> Said:
    entered = top or tags.get("_dd.top_level") in (1, "1") or tags.get("_top_level") == 1
    resource, kind = _text(item.get("resource_name")), _text(item.get("type"))
    says = said(tags, Label(_name(item, tags), resource, kind, entered))
    return says._replace(single=True) if tags.get(_SINGLE) is True else says


def _name(item: dict[str, Any], tags: dict[str, Any]) -> str:
    names = (item.get("operation_name"), tags.get("operation_name"), item.get("resource_name"))
    return next((name for name in names if isinstance(name, str) and name), "")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _error(tags: dict[str, Any], says: Said) -> str | None:
    failed = tags.get("status") == "error" or tags.get("error") in (1, "1")
    return says.error or ("error" if failed else None)


def _duration(tags: dict[str, Any], start: int | None, end: int | None) -> int | None:
    """Return the tag in nanoseconds when it agrees with the times; they are rounded."""
    stated = clock(tags.get("duration"))
    between = end - start if start is not None and end is not None and end >= start else None
    if between is None or stated is None:
        return stated if between is None else between
    return stated if abs(stated - between) <= _ROUNDED_NS else between


FORMAT = Format(
    name="datadog-spans-api",
    title="Datadog spans (API v2, JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=ids.combine,
)
