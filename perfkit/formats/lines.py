"""Lines and parts of lines, found with NumPy and handed to Arrow without a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["Ints", "count_lines", "cut_at_line", "cut_csv", "find_all", "line_starts", "segments"]

Ints = np.ndarray[Any, np.dtype[np.int64]]


def line_starts(data: bytes) -> Ints:
    """Return the offset of every line's first byte, and ``len(data)`` behind the last."""
    breaks = find_all(data, b"\n") + 1
    if not len(breaks) or breaks[-1] != len(data):
        breaks = np.append(breaks, len(data))
    return np.concatenate([[0], breaks]).astype(np.int64) if data else np.zeros(1, np.int64)


#: Bytes whose comparison stays in the cache of the processor.
_BLOCK = 1 << 18


def find_all(data: bytes, word: bytes) -> Ints:
    """Return every place of ``word`` in ``data``."""
    view = np.frombuffer(data, np.uint8)
    count = len(view) - len(word) + 1
    found = [np.zeros(0, np.int64)]
    for begin in range(0, count, _BLOCK):
        end = min(begin + _BLOCK, count)
        here = view[begin:end] == word[0]
        for place, byte in enumerate(word[1:], 1):
            here &= view[begin + place : end + place] == byte
        found.append(_places(here) + begin)
    return np.concatenate(found)


def _places(flags: Any) -> Ints:
    """Return where ``flags`` are true: eight are looked at together, since few are."""
    whole = len(flags) // 8 * 8
    words = flags[:whole].view(np.uint64)
    some = np.flatnonzero(words != 0)
    within = np.flatnonzero(words[some].view(np.bool_))
    places: Ints = some[within >> 3] * 8 + (within & 7)
    return np.append(places, np.flatnonzero(flags[whole:]) + whole)


def count_lines(data: bytes) -> int:
    """Count physical lines; a last one without line end counts."""
    return data.count(b"\n") + bool(data and not data.endswith(b"\n"))


def cut_at_line(data: bytes) -> int:
    """Return where ``data`` may be divided when every line is a record of its own."""
    return data.rfind(b"\n") + 1


def cut_csv(data: bytes) -> int:
    """Return where the last record of CSV begins: behind a line feed that is in no quotes."""
    feeds, quotes = find_all(data, b"\n"), find_all(data, b'"')
    outside = feeds[np.searchsorted(quotes, feeds) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def segments(data: bytes, starts: Ints, ends: Ints) -> pa.Array:
    """Return ``data[start:end]`` for ascending, disjoint ranges; ``data`` is valid UTF-8."""
    if not len(starts):
        return pa.array([], pa.string())
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    interleaved = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
    return interleaved.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
