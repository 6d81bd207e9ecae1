"""Columns of spans that are made of numbers: ids, services, what describes the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.traces.chrome_rows import texts_of

if TYPE_CHECKING:
    from perfkit.formats.traces.chrome_gathered import Gathered
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["described", "digits", "ids"]

Words = np.ndarray[Any, np.dtype[np.uint64]]

_WORD = 8  # digits of 32 bits, which are eight bytes


def digits(numbers: Ints) -> Words:
    """Return numbers from 0 to 2**32 as eight hexadecimal digits each, in one word.

    All digits of a number are made at once: first each four bits move into a byte of their own.
    """
    word = numbers.astype(np.uint64)
    for shift, mask in ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)):
        word |= word << np.uint64(shift)
        word &= np.uint64(mask)
    letters = (word + np.uint64(0x0606060606060606) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    word += np.uint64(0x3030303030303030) + letters * np.uint64(ord("a") - ord("9") - 1)
    return word.astype(">u8").view(np.uint64)


def ids(*words: Words | str) -> pa.ChunkedArray:
    """Return texts: each of the words, and texts of eight digits, put together."""
    count = next(len(word) for word in words if not isinstance(word, str))
    size = _WORD * len(words)
    data = np.empty((count, len(words)), np.uint64)
    for place, word in enumerate(words):
        data[:, place] = np.frombuffer(word.encode(), np.uint64) if isinstance(word, str) else word
    # offsets are 32 bits wide
    step = np.iinfo(np.int32).max // size
    pieces = [_strings(data[begin : begin + step], size) for begin in range(0, count, step)]
    return pa.chunked_array(pieces, pa.string())


def _strings(data: Words, size: int) -> pa.StringArray:
    offsets = np.arange(len(data) + 1, dtype=np.int32) * size
    return pa.StringArray.from_buffers(len(data), pa.py_buffer(offsets), pa.py_buffer(data))


def described(found: Gathered) -> dict[str, pa.DictionaryArray]:
    """Return the columns service (the process' name) and resource (process and thread)."""
    services = [_service(pid, found.names.get((pid, ""))) for pid, _ in found.threads]
    resources = [_resource(pid, tid, found.names.get((pid, tid))) for pid, tid in found.threads]
    return {
        "service": texts_of(services, found.thread),
        "resource": texts_of(resources, found.thread),
    }


def _service(pid: str, name: str | None) -> str | None:
    """Return the name of a process, which some tools write in the place of its number."""
    return name or (None if pid.lstrip("-").isdecimal() else pid or None)


def _resource(pid: str, tid: str, name: str | None) -> str:
    said = {"process.pid": pid, "thread.id": tid, "thread.name": name}
    return msgspec.json.encode({key: text for key, text in said.items() if text}).decode()
