"""Documents one a line, read with a reader of spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from perfkit.formats.lines import count_lines
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.jaeger_collector import Collector, parsed
from perfkit.formats.traces.jaeger_model import BROKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.formats.model import Parsed

__all__ = ["is_lines", "parse_lines"]

R = TypeVar("R", bound=Collector)

_skip = msgspec.json.Decoder(msgspec.Raw)


def is_lines(data: bytes, *, alone: bool = False) -> bool:
    """Say whether ``data`` begins with a line that is a whole JSON object or array.

    ``alone``: ``data`` is a whole input, and one line by itself is a document.
    """
    start = len(data) - len(data.lstrip())
    end = data.find(b"\n", start)
    if end < 0 or data[start : start + 1] not in {b"{", b"["}:
        return False
    line = data[start:end].rstrip()
    if line[-1:] not in {b"}", b"]"} or (alone and not data[end:].strip()):
        return False
    try:
        _skip.decode(line)
    except BROKEN:
        return False
    return True


def parse_lines(data: bytes, reader: R, read: Callable[[R, bytes, int], object]) -> Parsed:
    """Parse JSON lines; a line that holds no span is irrelevant."""
    data, notes = to_utf8(data)
    irrelevant, lines = 0, count_lines(data)
    for number, line in enumerate(data.split(b"\n")[:lines], start=1):
        before = reader.count
        if line.strip():
            read(reader, line, number)
        irrelevant += reader.count == before
    return parsed(reader, lines=lines, irrelevant=irrelevant, notes=notes)
