"""Read compressed bytes: gzip, bzip2, xz and zstd, told by their first bytes, never by name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa

from perfkit.errors import InputError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Unpacked", "refuse_bomb"]

#: What expands to more than this, and this many times its size, is refused. Logs of nothing but
#: repetitions compress some 100 times; a line that never ends is held in memory up to here.
BOMB_BYTES, BOMB_RATIO = 1 << 26, 300

_PIECE = 1 << 18
#: So much packed data is taken at once: what expands suspiciously is seen as early.
_TAKEN = 1 << 14
_MAGIC: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda raw: gzip.GzipFile(fileobj=raw)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda raw: pa.input_stream(raw, compression="zstd")),
}
_DAMAGES = (
    EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, pa.ArrowInvalid
)  # fmt: skip


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Refuse what expands suspiciously.

    Raises:
        InputError: ``packed`` bytes became far too many.
    """
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise InputError(
            f"{name}: expands to more than {BOMB_RATIO} times its size",
            hint="decompress it yourself if you trust it, and load the result",
        )


class _Counted(io.RawIOBase):
    """Any readable object as a raw binary stream that counts; closing it leaves that open."""

    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream
        self.count = 0
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._left or self._next(len(buffer))
        taken, self._left = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(taken)] = taken
        self.count += len(taken)
        return len(taken)

    def ahead(self, size: int) -> bytes:
        """Return at least ``size`` bytes (fewer at the end), which are read again later."""
        while len(self._left) < size and (more := self._next(size)):
            self._left += more
        return self._left

    def _next(self, size: int) -> bytes:
        data = self.stream.read(size)
        return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data or b""


class Unpacked:
    """The bytes of a stream, decompressed; ``damage`` says why they ended too early, if so."""

    def __init__(self, stream: IO[Any], name: str) -> None:
        """Look at the first bytes of ``stream`` (binary or text), which stays open."""
        self.name = name
        self.packing = self.damage = ""
        self._raw = _Counted(stream)
        first = self._undamaged(lambda: self._raw.ahead(8))  # a pipe may give one byte at a time
        buffered = io.BufferedReader(self._raw, buffer_size=_TAKEN)
        packing = next((p for magic, p in _MAGIC.items() if first.startswith(magic)), None)
        self.packing = packing[0] if packing else ""
        self._stream = packing[1](buffered) if packing else buffered
        self._total = 0
        self._ahead = io.BytesIO()

    @property
    def size_bytes(self) -> int:
        """How many bytes were read, before decompression."""
        return self._raw.count

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, fewer at the end only.

        Raises:
            InputError: the input cannot be read, or expands suspiciously.
        """
        pieces = []
        while size > 0 and (piece := self._ahead.read(size) or self._piece(min(size, _PIECE))):
            pieces.append(piece)
            size -= len(piece)
            if self._is_suspicious():
                self._look_ahead()
        return b"".join(pieces)

    def _is_suspicious(self) -> bool:
        return self._raw.count * BOMB_RATIO < self._total <= BOMB_BYTES

    def _look_ahead(self) -> None:
        """Find out whether a bomb follows before anybody parses what it began with."""
        pieces = [self._ahead.read()]
        while self._is_suspicious() and (piece := self._piece(_PIECE)):
            pieces.append(piece)
        self._ahead = io.BytesIO(b"".join(pieces))

    def _piece(self, size: int) -> bytes:
        if self.damage:
            return b""
        piece = self._undamaged(lambda: self._read_some(size))
        self._total += len(piece)
        refuse_bomb(self.name, self._raw.count, self._total)
        return piece

    def _undamaged(self, action: Callable[[], bytes]) -> bytes:
        try:
            return self._guarded(action)
        except _DAMAGES as error:
            reason = visible(str(error), 100) or "it ends too early"
            self.damage = f"the {self.packing or 'packed'} data is cut off or damaged ({reason})"
            return b""

    def _read_some(self, size: int) -> bytes:
        read = getattr(self._stream, "read1", self._stream.read)
        return cast("bytes", read(size))

    def _guarded(self, action: Callable[[], bytes]) -> bytes:
        try:
            return action()
        except _DAMAGES:
            raise
        except OSError as error:
            if error.errno is None:  # bzip2 reports damaged data so
                raise EOFError(str(error)) from None
            raise InputError(
                f"{self.name}: cannot be read ({error.strerror})", hint="check the file"
            ) from None
