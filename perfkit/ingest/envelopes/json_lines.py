"""JSON lines decoded in bulk; a broken line costs that line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np

from perfkit.formats.lines import Ints, count_lines
from perfkit.formats.model import BadLine, Recognition

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BROKEN", "Decoded", "decode", "decode_one", "recognised"]

T = TypeVar("T")

#: What msgspec raises for bytes that are not what was asked for.
BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_LOOKED_AT = 50
_WRONG = "it is not JSON of this kind, or cut off"


class Decoded(msgspec.Struct, gc=False):
    """The records of some lines, the line of each, and the lines that hold none."""

    records: list  # type: ignore[type-arg]
    line: Ints
    rejected: list[BadLine]
    blank: int
    lines: int


def decode(data: bytes, decoder: msgspec.json.Decoder[T]) -> Decoded:
    """Decode each line of ``data``."""
    lines = count_lines(data)
    try:
        records = decoder.decode_lines(data)
    except BROKEN:
        records = []
    if len(records) == lines:
        line = np.arange(1, lines + 1)
        return Decoded(records=records, line=line, rejected=[], blank=0, lines=lines)
    return _one_by_one(data, decoder, lines)


def decode_one(line: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Decode one line, read as Latin-1 where it is no UTF-8; None: it is broken."""
    try:
        return decoder.decode(line)
    except UnicodeDecodeError:
        return decode_one(line.decode("latin-1").encode(), decoder)
    except BROKEN:
        return None


def recognised(
    head: bytes, decoder: msgspec.json.Decoder[T], fits: Callable[[T], bool], reason: str
) -> Recognition:
    """Recognise lines of which nearly all decode and fit; the last line may be cut off."""
    if head.lstrip()[:1] != b"{":
        return Recognition(confidence=0.0)
    lines = head.split(b"\n")
    whole = [line for line in lines[:-1] if line.strip()][:_LOOKED_AT] or lines
    found = [decode_one(line, decoder) for line in whole]
    good = sum(1 for record in found if record is not None and fits(record))
    sure = 0.98 if good >= 0.8 * len(whole) and good else 0.0
    return Recognition(confidence=sure, reason=reason)


def _one_by_one(data: bytes, decoder: msgspec.json.Decoder[T], lines: int) -> Decoded:
    found = Decoded(records=[], line=np.zeros(0, np.int64), rejected=[], blank=0, lines=lines)
    numbers = []
    for number, line in enumerate(data.split(b"\n")[:lines], 1):
        record = decode_one(line, decoder)
        if record is not None:
            found.records.append(record)
            numbers.append(number)
        elif line.strip():
            found.rejected.append(BadLine.of(number, _WRONG, line))
        else:
            found.blank += 1
    found.line = np.array(numbers, np.int64)
    return found
