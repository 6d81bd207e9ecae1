"""One input from bytes to tables: cut into chunks, parse each, put the results together."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.formats.model import HEAD_BYTES, Chunk, Format, Parsed, concatenate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfkit.ingest.packed import Unpacked

__all__ = ["CHUNK_BYTES", "Text", "gather"]

#: 64 MB chunks took 515 MB per worker, 16 MB chunks 270 MB, at equal speed.
CHUNK_BYTES = 16 << 20


class Text:
    """The bytes of an input as UTF-8 without byte order mark, with a look at their beginning."""

    def __init__(self, unpacked: Unpacked, encoding: str | None = None) -> None:
        """Read the first 64 KiB into ``head``.

        Raises:
            UsageError: there is no such encoding.
        """
        self._unpacked = unpacked
        self._decoder = _decoder(encoding)
        self.head = self._converted(HEAD_BYTES).removeprefix(codecs.BOM_UTF8)
        self._pending = self.head

    def read(self, size: int) -> bytes:
        """Return some ``size`` bytes, none at the end only."""
        if self._pending:
            data, self._pending = self._pending[:size], self._pending[size:]
            return data
        return self._converted(size)

    def _converted(self, size: int) -> bytes:
        data = self._unpacked.read(size)
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final=not data)
        while data and not text:  # fewer bytes than one character
            data = self._unpacked.read(size)
            text = self._decoder.decode(data, final=not data)
        return text.encode("utf-8", "replace").removeprefix(codecs.BOM_UTF8)


def gather(
    text: Text,
    item: Format,
    *,
    zone: str | None = None,
    size: int = CHUNK_BYTES,
    watch: Callable[[int], None] = lambda _: None,
) -> Parsed:
    """Parse an input chunk by chunk; ``watch`` is told how many bytes are done."""
    parts: list[Parsed] = []
    lines = done = 0
    for chunk in chunks(text, item.cut, zone=zone, size=size):
        part = item.parse(chunk)
        parts.append(part.shifted(lines))
        lines += part.lines
        done += len(chunk.data)
        watch(done)
    return (item.combine or concatenate)(parts)


def chunks(
    text: Text, cut: Callable[[bytes], int], *, zone: str | None, size: int
) -> Iterator[Chunk]:
    """Yield whole records, ``size`` bytes or as much more as the last one needs."""
    buffer, wanted, first, ended = b"", size, True, False
    while not ended:
        while len(buffer) < wanted and not ended:
            piece = text.read(wanted - len(buffer))
            buffer += piece
            ended = not piece
        at = len(buffer) if ended else cut(buffer)
        if at <= 0:
            wanted = 2 * len(buffer)
            continue
        if buffer:
            yield Chunk(data=buffer[:at], head=text.head, first=first, last=ended, zone=zone)
        buffer, wanted, first = buffer[at:], size, False


def _decoder(encoding: str | None) -> codecs.IncrementalDecoder | None:
    if encoding is None:
        return None
    try:
        return codecs.getincrementaldecoder(encoding)("replace")
    except LookupError:
        raise UsageError(
            f"there is no encoding {encoding!r}", hint='such as encoding="latin-1" or "utf-16"'
        ) from None
