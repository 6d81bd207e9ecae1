"""Lines of text and the words at their beginning, as offsets into one buffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["Bools", "Bytes", "Lines", "read_lines", "slices"]

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The lines of ``data``; ``end`` excludes the line feed, and a carriage return before it."""

    data: bytes
    raw: Bytes
    start: Ints
    end: Ints
    spaces: Ints

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.start)

    def space(self, at: Ints) -> Ints:
        """Return, per line, where the first blank at or behind ``at`` is; the end if none is."""
        index = np.searchsorted(self.spaces, at)
        padded = np.append(self.spaces, len(self.data))
        return np.asarray(np.minimum(padded[index], self.end))

    def byte(self, at: Ints, rows: Ints | None = None) -> Bytes:
        """Return, per line (or some ``rows``), the byte at ``at``; 0 at its end and behind."""
        inside = at < (self.end if rows is None else self.end[rows])
        found = np.zeros(len(at), np.uint8)
        found[inside] = self.raw[at[inside]]
        return found

    def text(self, row: int) -> bytes:
        """Return one line."""
        return self.data[self.start[row] : self.end[row]]


def read_lines(data: bytes) -> Lines:
    """Find the lines and blanks of ``data``."""
    raw = np.frombuffer(data, np.uint8)
    feeds = np.flatnonzero(raw == ord("\n"))
    if data and not data.endswith(b"\n"):
        feeds = np.append(feeds, len(data))
    start = np.concatenate([[0], feeds[:-1] + 1]).astype(np.int64) if len(feeds) else feeds
    end = feeds.astype(np.int64)
    if b"\r\n" in data:
        end = end - ((end > start) & (raw[np.maximum(end, 1) - 1] == ord("\r")))
    spaces = np.flatnonzero(raw == ord(" ")).astype(np.int64)
    return Lines(data=data, raw=raw, start=start.astype(np.int64), end=end, spaces=spaces)


def slices(data: bytes | pa.Buffer, start: Ints, end: Ints) -> pa.Array:
    """Return ``data[start:end]`` for ascending, disjoint ranges as one large_binary array."""
    if not len(start):
        return pa.array([], pa.large_binary())
    offsets = np.empty(2 * len(start), np.int64)
    start = np.minimum(start, len(data))
    offsets[0::2], offsets[1::2] = start, np.maximum(start, end)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    interleaved = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return interleaved.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
