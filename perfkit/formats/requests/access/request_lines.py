"""Request lines, ``GET /orders?page=2 HTTP/1.1`` -> method and path.

What is no request line (TLS on a plain port, ``-``, nothing at all) has neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.words import Bools, Text

__all__ = ["RequestLines", "methods", "request_lines"]

_USUAL = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE")
_KEYS = [(code, int.from_bytes(name.encode(), "little")) for code, name in enumerate(_USUAL)]
_LONGEST = 8
_PROTOCOL, _PROTOCOL_2 = len(" HTTP/1.1"), len(" HTTP/2")
#: Any method (RFC 9110: a token; those in use are capitals), and what else may be a path.
_LINE = re.compile(rb"([A-Z][A-Z_-]{0,31}) (\S(?:.*\S)?)\Z", re.DOTALL)
_METHOD = re.compile(rb"[A-Z][A-Z_-]{0,31}\Z")
_ENDS = re.compile(rb" HTTP/[0-9](?:\.[0-9])?\Z")


@dataclass(frozen=True)
class RequestLines:
    """Methods (null: none), and where the paths are."""

    method: pa.Array
    begin: Ints
    end: Ints
    known: Bools


def request_lines(text: Text, begin: Ints, end: Ints) -> RequestLines:
    """Take request lines apart."""
    blank = text.seek(begin, np.minimum(end, begin + _LONGEST), ord(" "))
    code = _codes(text, begin, np.maximum(blank - begin, 0))
    protocol = _protocols(text, end)
    plain = (code >= 0) & (protocol > blank + 1)
    path_begin, path_end = np.where(plain, blank + 1, begin), np.where(plain, protocol, begin)
    numbers = {name: number for number, name in enumerate(_USUAL)}
    known = plain.copy()
    for row in np.flatnonzero(~plain).tolist():
        method, at, stop = _single(text.data[begin[row] : end[row]])
        path_begin[row], path_end[row] = begin[row] + at, begin[row] + stop
        known[row] = stop > at
        code[row] = numbers.setdefault(method, len(numbers)) if method else -1
    return RequestLines(_dictionary(code, [*numbers]), path_begin, path_end, known)


def methods(text: Text, begin: Ints, end: Ints) -> pa.Array:
    """Read methods that stand alone; what is none is null."""
    code = _codes(text, begin, np.minimum(end - begin, _LONGEST))
    numbers = {name: number for number, name in enumerate(_USUAL)}
    for row in np.flatnonzero(code < 0).tolist():
        value = text.data[begin[row] : end[row]]
        if _METHOD.match(value):
            code[row] = numbers.setdefault(value.decode(), len(numbers))
    return _dictionary(code, [*numbers])


def _codes(text: Text, begin: Ints, width: Ints) -> Ints:
    """Return which usual method of ``width`` bytes stands at each place; -1: none."""
    mask = (np.uint64(1) << (np.clip(width, 0, _LONGEST - 1) * 8).astype(np.uint64)) - np.uint64(1)
    word = text.words(begin) & mask
    code = np.full(len(begin), -1)
    for number, key in _KEYS:
        code[word == np.uint64(key)] = number
    code[width >= _LONGEST] = -1
    return code


def _protocols(text: Text, end: Ints) -> Ints:
    """Return where `` HTTP/1.1`` begins in front of ``end``; -1: nowhere."""
    far = np.maximum(end - _PROTOCOL, 0)
    long = text.has(far, b" HTTP/") & (text.view[np.maximum(end - 2, 0)] == ord("."))
    found = np.where(long, far, -1)
    rest = np.flatnonzero(~long)
    near = np.maximum(end[rest] - _PROTOCOL_2, 0)
    found[rest] = np.where(text.has(near, b" HTTP/"), near, -1)
    return found


def _single(line: bytes) -> tuple[str, int, int]:
    """Return the method of one line, and where its path is (nowhere: an empty range)."""
    if line.startswith(b"/"):
        return "", 0, len(line)
    protocol = _ENDS.search(line)
    stop = protocol.start() if protocol else len(line)
    found = _LINE.match(line[:stop])
    if not found:
        return "", 0, 0
    return found[1].decode(), found.start(2), stop


def _dictionary(code: Ints, names: list[str]) -> pa.Array:
    indices = pa.array(np.where(code < 0, 0, code).astype(np.int32), mask=code < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names))
