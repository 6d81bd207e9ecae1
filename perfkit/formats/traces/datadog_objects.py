"""Objects wherever they lie in a JSON text: in pages, lists of pages, JSON lines, cut off or not.

Exports of Datadog's web pages and API are small and come in many wrappings: what is around the
objects is skipped instead of being understood.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.text import to_utf8, without_halves

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from perfkit.recording import Note

__all__ = ["Piece", "as_text", "encoded", "pieces"]

_decoder = json.JSONDecoder()
#: What is skipped behind JSON that is nested too deeply to be read.
_SKIPPED = 4096
#: An error counts the lines before it. Behind so many of them objects are read out of windows of
#: so many characters, so that a text full of errors is still read in linear time.
_FAILURES, _WINDOW = 64, 1 << 16


class Piece(NamedTuple):
    """One object and where it begins and ends; None: it is no JSON, or cut off."""

    value: dict[str, Any] | None
    begin: int
    end: int


def as_text(data: bytes) -> tuple[str, list[Note]]:
    """Return JSON as text that Arrow can hold; bytes that are no UTF-8 are read as Latin-1."""
    valid, notes = to_utf8(data)
    return without_halves(valid.decode()), notes


def pieces(text: str, begins: re.Pattern[str]) -> Iterator[Piece]:
    """Yield the objects whose ``{`` follows a match of ``begins``, each once.

    Reading goes on where an object ended, or where it broke: never twice over the same text.
    """
    at = failures = 0
    while found := begins.search(text, at):
        begin, origin, part = found.end(), 0, text
        if failures >= _FAILURES:
            origin, part = begin, text[begin : begin + _WINDOW]
        try:
            value, end = _decoder.raw_decode(part, begin - origin)
        except RecursionError:
            yield Piece(None, begin, begin)
            at = begin + _SKIPPED
        except ValueError as error:
            failures += 1
            at = max(begin + 1, origin + getattr(error, "pos", 0))
            yield Piece(None, begin, at)
        else:
            at = origin + end
            yield Piece(value if isinstance(value, dict) else None, begin, at)


def encoded(value: Any) -> bytes:
    """Return JSON; of what msgspec cannot hold (whole numbers of any size) as Python writes it."""
    try:
        return msgspec.json.encode(value)
    except (OverflowError, TypeError, ValueError, RecursionError):
        pass
    try:
        return json.dumps(value, default=str).encode()
    except (ValueError, RecursionError):
        return b"{}"
