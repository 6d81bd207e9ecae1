"""Elastic APM's documents, as Elasticsearch and Kibana export them.

The hits of a search in one document, JSON lines of hits (``elasticdump``) or of documents, an
array of either. Line numbers of a document are the numbers of its hits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.model import (
    HEAD_BYTES,
    BadLine,
    Chunk,
    Format,
    Parsed,
    Recognition,
    kept,
)
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.elastic_doc_model import nested
from perfkit.formats.traces.elastic_doc_reader import Reader
from perfkit.formats.traces.elastic_whole import combine
from perfkit.formats.traces.first_objects import first_objects
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FORMAT"]

_APM = re.compile(
    rb'"(?:transaction|span)(?:\.duration\.us)?"|"processor(?:\.event)?"|"timestamp(?:\.us)?"'
)
_TRACE = re.compile(rb'"trace(?:\.id)?"')
_ANSWER = re.compile(
    rb'\s*\{\s*"(?:took|hits|timed_out|_shards|_scroll_id|pit_id|rawResponse|events|id|is_partial'
    rb'|is_running|num_reduce_phases|completed|responses)"\s*:'
)
_NEXT = re.compile(rb"\s*\{")
_NEXT_LINE = re.compile(rb"\n[ \t]*\{")
_TOTAL = re.compile(
    rb'"hits"\s*:\s*\{(?:\s*"max_score"\s*:\s*[^,{}\[]*,)?\s*"total"\s*:\s*(?:\{\s*"value"\s*:\s*)?'
    rb"([0-9]{1,18})"
)
_EVENTS = frozenset({"transaction", "span", "error"})
_PRETTY = re.compile(rb"\s*\{\s*\n")
_MISSING = "export documents whose processor.event is transaction or span"
_TRUNCATED = "the export ends in the middle of a hit: it was cut off, and traces are incomplete"


def _is_hit(element: Mapping[str, msgspec.Raw]) -> bool:
    return "_source" in element or ("fields" in element and bool({"_id", "_index"} & {*element}))


def _is_document(element: Mapping[str, msgspec.Raw]) -> bool:
    return "@timestamp" in element


def _looks(element: Mapping[str, msgspec.Raw]) -> bool:
    return _is_hit(element) or _is_document(element)


_BEGINS = rb'"(?:hits|events)"\s*:\s*\[|\A\s*\['
_hits = Array(_BEGINS, msgspec.Raw, _is_hit)
_documents = Array(_BEGINS, msgspec.Raw, _is_document)
_alone = Array(rb"\A", msgspec.Raw, _looks)


def recognises(head: bytes) -> Recognition:
    """Recognise documents with the id of a trace and a span's or transaction's duration."""
    if not _TRACE.search(head) or not _APM.search(head):
        return Recognition(confidence=0.0)
    sure = any(_is_event(one) for found in first_objects(head) for one in _within(found))
    return Recognition(confidence=0.97 if sure else 0.0, reason="documents of Elastic APM")


def _within(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what an answer of a search holds, or else the object itself."""
    answer = found.get("rawResponse", found)
    hits = _at(answer, "hits", "hits") or _at(answer, "events")
    inner = hits if isinstance(hits, list) else [found]
    return (one for one in inner if isinstance(one, dict))


def _is_event(found: dict[str, Any]) -> bool:
    inner = found.get("_source") or found.get("fields") or found
    if not isinstance(inner, dict):
        return False
    said = nested(inner)
    if not isinstance(_at(said, "trace", "id"), str):
        return False
    timed = any(_at(said, name, "duration", "us") is not None for name in ("span", "transaction"))
    event = _at(said, "processor", "event")
    known = isinstance(event, str) and event in _EVENTS
    return timed or (known and _at(said, "timestamp", "us") is not None)


def _at(said: Any, *names: str) -> Any:
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said


def cut(data: bytes) -> int:
    """Divide JSON lines behind any line, a document behind any hit."""
    if _in_lines(data):
        return cut_at_line(data)
    return _hits.cut(data) or (0 if b'"_source"' in data else _documents.cut(data))


def _in_lines(data: bytes) -> bool:
    """Say whether ``data`` are JSON lines; whole answers may be such lines, too."""
    if data.lstrip()[:1] != b"{" or _PRETTY.match(data):
        return False
    if not _ANSWER.match(data):
        return True
    end = data.find(b"\n")
    return end > 0 and data[:end].rstrip().endswith(b"}") and _NEXT.match(data, end) is not None


def parse(chunk: Chunk) -> Parsed:
    """Parse documents; :func:`.elastic_whole.combine` decides what crosses chunks."""
    reader = Reader()
    lines = _in_lines(chunk.data) or (not chunk.first and _ANSWER.match(chunk.data) is not None)
    parsed = _lines(chunk, reader) if lines else _array(chunk, reader)
    total = _TOTAL.search(chunk.head)
    reader.events.count(total=int(total[1]) if total else 0)
    built, carry = reader.events.built()
    return replace(parsed, tables=built.tables, missing=_MISSING, carry=carry)


def _array(chunk: Chunk, reader: Reader) -> Parsed:
    seen, count = _Seen(), 0
    found = _documents_in(chunk.head).read(chunk)
    notes = found.notes
    while True:  # pages of a search one below the other, each longer than a chunk
        for raw, number in zip(found.items, found.lines, strict=True):
            seen.add(reader.read(raw, count + number), count + number, bytes(raw))
        seen.rejected += [replace(bad, line=bad.line + count) for bad in found.rejected]
        count += found.count
        behind = _NEXT_LINE.search(found.after)
        rest = found.after[behind.start() :] if behind else b""
        if not _ANSWER.match(rest):
            break
        found = _hits.read(replace(chunk, data=rest, head=rest[:HEAD_BYTES], first=True))
    reader.events.count(documents=count)
    if chunk.last and found.cut_off:
        notes = (*notes, Note(kind="truncated", message=_TRUNCATED))
    return seen.parsed(count, notes)


def _documents_in(head: bytes) -> Array[msgspec.Raw]:
    """Return the array that a document begins with; objects one below the other are one, too."""
    alone = _PRETTY.match(head) is not None and not _ANSWER.match(head)
    return _alone if alone else _hits


def _lines(chunk: Chunk, reader: Reader) -> Parsed:
    data, notes = to_utf8(chunk.data)
    seen, count = _Seen(), count_lines(data)
    for number, line in enumerate(data.split(b"\n")[:count], start=1):
        if not line.strip():
            seen.irrelevant += 1
        elif _ANSWER.match(line):
            seen.add(_answer(line, reader, number), number, line)
        else:
            reader.events.count(documents=1)
            seen.add(reader.read(line, number), number, line)
    return seen.parsed(count, tuple(notes))


def _answer(line: bytes, reader: Reader, number: int) -> str | None:
    """Read the answer of a search in one line; return what :meth:`Reader.read` does."""
    found = _hits.read(Chunk.whole(line))
    reader.events.count(documents=found.count)
    told = [reader.read(raw, number) for raw in found.items]
    reasons = [*filter(None, told), *(bad.reason for bad in found.rejected)]
    if "" in told:
        reader.events.count(broken=len(reasons))
        return ""
    return reasons[0] if reasons else None


@dataclass(kw_only=True)
class _Seen:
    """What became of the lines (or hits) that were read."""

    rejected: list[BadLine] = field(default_factory=list)
    irrelevant: int = 0

    def add(self, reason: str | None, number: int, raw: bytes) -> None:
        """Count one line: ``reason`` is what :meth:`Reader.read` returns."""
        if reason is None:
            self.irrelevant += 1
        elif reason:
            self.rejected.append(BadLine.of(number, reason, raw))

    def parsed(self, lines: int, notes: tuple[Note, ...]) -> Parsed:
        """Return the account without the tables."""
        return Parsed(
            rejected=kept(sorted(self.rejected, key=lambda bad: bad.line)),
            rejected_lines=len(self.rejected),
            irrelevant=self.irrelevant,
            lines=lines,
            notes=notes,
        )


FORMAT = Format(
    name="elastic-apm-documents",
    title="Elastic APM documents (Elasticsearch, Kibana)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    combine=combine,
)
