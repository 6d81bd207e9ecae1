"""Control characters as rsyslog writes them: ``#011`` for TAB, ``#012`` for a line feed.

Checked: rsyslog ``runtime/parser.c`` (``$EscapeControlCharactersOnReceive``, on unless switched
off: ``#`` and three octal digits). The same characters in a message itself are not escaped, so
what looks like a colour (``'#011627'``: behind a quote, a colon, a blank, ...) is left alone.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["unescaped"]

_COLOUR = r"(?:['\":;,=(>]|[^\]] )#01[125][0-9a-fA-F]{3}(?:[^0-9a-fA-F]|$)"
_ESCAPE = re.compile(rb"#01([125])(?P<digits>[0-9a-fA-F]{3}(?![0-9a-fA-F]))?")
_HEXADECIMAL = re.compile(rb"#01[125][0-9a-fA-F]{3}(?![0-9a-fA-F])")
_BEFORE_COLOUR = b"'\":;,=(>"
_MEANING = {b"1": b"\t", b"2": b"\n", b"5": b"\r"}


def unescaped(message: pa.Array, data: bytes) -> pa.Array:
    """Return the messages cut out of ``data`` with TAB, line feed and carriage return in them."""
    if b"#01" not in data:
        return message
    doubtful, careful = None, []
    if _HEXADECIMAL.search(data):
        doubtful = pc.match_substring_regex(message, _COLOUR)
        careful = [_one(value) for value in message.filter(doubtful).to_pylist()]
    for digit, meaning in _MEANING.items():
        if b"#01" + digit in data:
            message = pc.replace_substring(message, b"#01" + digit, meaning)
    if not careful:
        return message
    return pc.replace_with_mask(message, doubtful, pa.array(careful, pa.large_binary()))


def _one(value: bytes) -> bytes:
    return _ESCAPE.sub(_meant, value)


def _meant(match: re.Match[bytes]) -> bytes:
    """Return what an escape means, or itself where it is a colour."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    behind_word = before[1:] == b" " and before != b"] "
    if match["digits"] and (behind_word or before[-1:] in {b"%c" % c for c in _BEFORE_COLOUR}):
        return match[0]
    return _MEANING[match[1]] + (match["digits"] or b"")
