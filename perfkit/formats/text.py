"""Bytes of text logs made valid UTF-8 with LF line ends; the number of lines never changes."""

from __future__ import annotations

import re

from perfkit.recording import Note

__all__ = ["to_utf8", "without_halves"]

#: Every escape of JSON; ``half`` is one UTF-16 surrogate without the other.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def to_utf8(data: bytes) -> tuple[bytes, list[Note]]:
    """Return ``data`` as UTF-8; a line that is not is read as Latin-1, and a note says so."""
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    try:
        data.decode()
    except UnicodeDecodeError:
        message = "some lines are not valid UTF-8 and were read as Latin-1"
        lines = data.split(b"\n")
        return b"\n".join(map(_line, lines)), [Note(kind="encoding", message=message)]
    return data, []


def _line(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()
    return line


def without_halves(json_text: str) -> str:
    """Return JSON with U+FFFD for escaped halves of characters, which no UTF-8 can hold."""
    if "\\ud" not in json_text and "\\uD" not in json_text:
        return json_text
    return _ESCAPE.sub(lambda found: "\\ufffd" if found["half"] else found[0], json_text)
