"""Text looked at eight bytes at a time: NumPy finds and compares where a loop would read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perfkit.formats.lines import Ints, line_starts

__all__ = ["Bools", "Text", "Words", "filled"]

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

_PADDING = 64
_ONES, _HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_ONE, _EIGHT = np.uint64(1), 8
#: A value without quotes that is longer (in words) is left to whoever reads a line at a time.
_FAR = 64


def filled(byte: int) -> np.uint64:
    """Return a word that consists of one byte."""
    return np.uint64(byte) * _ONES


@dataclass(frozen=True)
class Text:
    """Lines of UTF-8: where each begins and ends (without its line feed)."""

    data: bytes
    start: Ints
    end: Ints
    view: np.ndarray[Any, np.dtype[np.uint8]]
    _words: np.ndarray[Any, Any]

    @classmethod
    def of(cls, data: bytes) -> Text:
        """Find the lines of ``data``."""
        starts = line_starts(data)
        end = starts[1:] - 1
        if len(end) and not data.endswith(b"\n"):
            end[-1] += 1
        padded = data + bytes(_PADDING)
        # eight bytes from any place on: as "V8" they need not be aligned
        words = np.ndarray((len(data) + _PADDING - 8,), "V8", buffer=padded, strides=(1,))
        return cls(padded, starts[:-1], end, np.frombuffer(padded, np.uint8), words)

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.start)

    def line(self, row: int) -> bytes:
        """Return a line without its line feed."""
        return self.data[self.start[row] : self.end[row]]

    def words(self, places: Ints) -> Words:
        """Return the eight bytes from each place on; the first byte is the lowest."""
        found: Words = self._words[places].view("<u8")
        return found

    def matrix(self, places: Ints, width: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return ``width`` bytes (at most 64) from each place on, a row each."""
        count = len(self.data) - _PADDING + 1
        rows = np.ndarray((count,), f"V{width}", buffer=self.data, strides=(1,))
        found: np.ndarray[Any, np.dtype[np.uint8]] = (
            rows[places].view(np.uint8).reshape(len(places), width)
        )
        return found

    def has(self, places: Ints, literal: bytes) -> Bools:
        """Say where ``literal`` stands."""
        same = np.ones(len(places), np.bool_)
        for at in range(0, len(literal), 8):
            piece = literal[at : at + 8]
            word = np.uint64(int.from_bytes(piece, "little"))
            mask = np.uint64((1 << 8 * len(piece)) - 1)
            same &= (self.words(places + at) & mask) == word
        return same

    def seek(self, begin: Ints, end: Ints, byte: int) -> Ints:
        """Return where ``byte`` stands first between ``begin`` and ``end``; -1: nowhere near."""
        place = np.full(len(begin), -1)
        wanted, rows, at = filled(byte), np.arange(len(begin)), begin
        for _ in range(_FAR):
            other = self.words(at) ^ wanted
            zero = (other - _ONES) & ~other & _HIGHS
            lowest = zero & (~zero + _ONE)
            hit = zero != 0
            found = at[hit] + (np.bitwise_count(lowest[hit] - _ONE) >> 3)
            place[rows[hit]] = found
            rows, at = rows[~hit], at[~hit] + _EIGHT
            near = at < end[rows]
            rows, at = rows[near], at[near]
            if not len(rows):
                break
        return np.where(place < end, place, -1)
