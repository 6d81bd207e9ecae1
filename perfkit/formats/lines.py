"""Lines and parts of lines, found with NumPy and handed to Arrow without a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["Ints", "count_lines", "cut_at_line", "line_starts", "segments"]

Ints = np.ndarray[Any, np.dtype[np.int64]]


def line_starts(data: bytes) -> Ints:
    """Return the offset of every line's first byte, and ``len(data)`` behind the last."""
    breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    if not len(breaks) or breaks[-1] != len(data):
        breaks = np.append(breaks, len(data))
    return np.concatenate([[0], breaks]).astype(np.int64) if data else np.zeros(1, np.int64)


def count_lines(data: bytes) -> int:
    """Count physical lines; a last one without line end counts."""
    return data.count(b"\n") + bool(data and not data.endswith(b"\n"))


def cut_at_line(data: bytes) -> int:
    """Return where ``data`` may be divided when every line is a record of its own."""
    return data.rfind(b"\n") + 1


def segments(data: bytes, starts: Ints, ends: Ints) -> pa.Array:
    """Return ``data[start:end]`` for ascending, disjoint ranges; ``data`` is valid UTF-8."""
    if not len(starts):
        return pa.array([], pa.string())
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    interleaved = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
    return interleaved.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
