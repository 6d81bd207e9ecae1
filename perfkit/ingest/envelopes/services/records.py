"""Records of log services: a message, a time and a stream each; JSON lines or documents of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.model import BadLine, Recognition, kept
from perfkit.ingest.envelopes.json_lines import BROKEN, decode, decode_one
from perfkit.ingest.envelopes.model import Unwrapped
from perfkit.ingest.envelopes.moments import from_any
from perfkit.ingest.envelopes.order import oldest_first
from perfkit.ingest.envelopes.raw_lines import is_line
from perfkit.ingest.envelopes.rows import pieces, rows_of, streams_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "Record",
    "Records",
    "document_like",
    "from_document",
    "from_lines",
    "named",
    "said",
    "whole",
]

_WRONG = "the JSON document is broken or cut off"


class Record(NamedTuple):
    """What a service kept of a line; without a message it holds nothing to read."""

    message: str | bytes | None
    time: Any = None
    stream: str = ""


@dataclass(kw_only=True)
class Records:
    """Records collected, with the line (or record) of the input each is in."""

    found: list[Record] = field(default_factory=list)
    line: list[int] = field(default_factory=list)

    def add(self, line: int, records: Iterable[Record]) -> int:
        """Add those that have a message and return how many."""
        count = 0
        for record in records:
            if record[0]:
                self.found.append(record)
                self.line.append(line)
                count += 1
        return count

    def unwrapped(self, *, utc: bool = False) -> Unwrapped:
        """Return the pieces, oldest first; ``utc``: times without a zone are in UTC."""
        at, naive = from_any([record.time for record in self.found])
        rows = rows_of(
            pa.array([_raw(record.message) for record in self.found], pa.large_binary()),
            streams_of([record.stream for record in self.found]),
            np.array(self.line, np.int64),
            at=at,
        )
        turned = oldest_first(rows, np.arange(len(rows)))
        return Unwrapped(
            pieces=pieces(turned or rows),
            naive=naive and not utc,
            newest_first=turned is not None,
        )


def from_lines(
    data: bytes, decoder: msgspec.json.Decoder[Any], records: Callable[[Any], Iterable[Record]]
) -> Unwrapped:
    """Return the records of JSON lines; a line without any is irrelevant."""
    decoded = decode(data, decoder)
    found, empty = Records(), 0
    for item, line in zip(decoded.records, decoded.line.tolist(), strict=True):
        empty += not found.add(line, records(item))
    return replace(
        found.unwrapped(),
        rejected=kept(decoded.rejected),
        rejected_lines=len(decoded.rejected),
        irrelevant=decoded.blank + empty,
        lines=decoded.lines,
    )


def from_document(
    data: bytes,
    decoder: msgspec.json.Decoder[Any],
    records: Callable[[Any], Iterable[Record]],
    *,
    utc: bool = False,
) -> Unwrapped:
    """Return the records of one JSON document, or of several one below the other."""
    documents = _documents(data, decoder)
    if documents is None:
        bad = BadLine.of(1, _WRONG, data[:500])
        return Unwrapped(rejected=(bad,), rejected_lines=1, lines=1)
    found, number, empty = Records(), 0, 0
    for document in documents:
        for record in records(document):
            number += 1
            empty += not found.add(number, (record,))
    return replace(found.unwrapped(utc=utc), irrelevant=empty, lines=number)


def document_like(head: bytes, *patterns: re.Pattern[bytes], reason: str) -> Recognition:
    """Recognise a document: the first pattern matches its beginning, the others occur in it."""
    begins, *others = patterns
    sure = begins.match(head) is not None and all(pattern.search(head) for pattern in others)
    return Recognition(confidence=0.98 if sure else 0.0, reason=reason)


def whole(data: bytes) -> int:
    """Cut nothing: a JSON document is one chunk."""
    del data
    return 0


def said(message: Any, fields: dict[str, Any]) -> str | bytes:
    """Return a record's message; its fields as JSON where only they are a line of a log."""
    text = message if isinstance(message, str) else ""
    if text and (not fields or is_line(text)):
        return text
    return msgspec.json.encode(fields) if fields else text


def named(fields: Any, *names: str) -> str:
    """Return the first of some fields that is a text; ``a.b`` also means b in a."""
    paths, first = _paths(names)
    if not isinstance(fields, dict) or first.isdisjoint(fields):
        return ""
    for name, path in paths:
        value: Any = fields.get(name)
        if value is None and path:
            value = fields
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
        if value and isinstance(value, str):
            return value
    return ""


@cache
def _paths(names: tuple[str, ...]) -> tuple[list[tuple[str, list[str]]], frozenset[str]]:
    """Divide names at their dots; also return all keys that one of them may be found under."""
    paths = [(name, name.split(".") if "." in name else []) for name in names]
    return paths, frozenset([*names, *(name.split(".")[0] for name in names)])


def _documents(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Sequence[Any] | None:
    try:
        return [decoder.decode(data)]
    except BROKEN:
        found = [decode_one(line, decoder) for line in data.split(b"\n") if line.strip()]
        return None if not found or None in found else found


def _raw(message: str | bytes | None) -> bytes:
    return message.encode("utf-8", "replace") if isinstance(message, str) else message or b""
