"""Bytes of text logs made valid UTF-8 with LF line ends; the number of lines never changes."""

from __future__ import annotations

from perfkit.recording import Note

__all__ = ["to_utf8"]


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
