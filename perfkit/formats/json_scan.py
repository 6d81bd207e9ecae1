"""The elements of a JSON array one by one, whatever is broken among them.

Each is skipped by one call of the decoder, which says in its complaint about "trailing
characters" where the next begins. Behind a broken one, reading goes on with the next object
that looks like an element.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from perfkit.formats.json_cuts import is_element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.json_cuts import Looks

__all__ = ["Scan"]

_GAP = re.compile(rb"[\s,\0]*")
_PLACE = re.compile(r"\(byte ([0-9]+)\)")
_NEXT = re.compile(rb",[\s\[]*(?=\{)")
#: Behind a broken element so many objects are tried.
_TRIES = 1000
#: So often may a chunk be read again in search of whole elements.
_REREAD = 16
#: What finding nothing costs beside reading, in bytes.
_FAILURE = 64

_skip = msgspec.json.Decoder(msgspec.Raw).decode


class Scan:
    """An iteration over (start, end, whether it is whole JSON) of the elements in ``body``.

    Afterwards ``ended`` says whether the array's end was met, and ``at`` where reading stopped.
    """

    def __init__(self, body: bytes, depth: int, looks: Looks) -> None:
        """Begin within ``depth`` arrays."""
        self.view = memoryview(body)
        self.at = 0
        self.ended = False
        self._body, self._depth, self._looks = body, depth, looks
        self._left = _REREAD * len(body)

    def __iter__(self) -> Iterator[tuple[int, int, bool]]:
        """Yield the elements; the array can be read once."""
        while not self.ended and self._at_element():
            start, end = self.at, self._end(self.at)
            self.at = end or self._next(start)
            yield start, self.at, bool(end)

    def _at_element(self) -> bool:
        """Go to the next element; say whether there is one."""
        while True:
            self.at = _GAP.match(self._body, self.at).end()  # type: ignore[union-attr]
            bracket = self._body[self.at : self.at + 1]
            if bracket == b"]":
                self._depth -= 1
                self.ended = self._depth == 0
            elif bracket != b"[":
                return bracket != b""
            else:
                self._depth += 1
            self.at += 1
            if self.ended:
                return False

    def _end(self, start: int) -> int:
        """Return the end of the JSON value at ``start``, 0 when it is none."""
        read = len(self._body) - start
        try:
            _skip(self.view[start:])
        except msgspec.DecodeError as error:
            place = _PLACE.search(str(error))
            read = int(place[1]) if place else read
            if place and "trailing" in str(error):
                return start + read - 1
        except RecursionError:
            pass
        else:
            return len(self._body)
        self._left -= read + _FAILURE
        return 0

    def _next(self, start: int) -> int:
        """Return where an element begins behind the broken one at ``start``."""
        for tried, found in enumerate(_NEXT.finditer(self._body, start)):
            if tried >= _TRIES or self._left < 0:
                break
            begin = found.end()
            end = self._end(begin)
            self._left -= max(end - begin, 0)
            if end and is_element(self.view[begin:end], self._looks):
                return found.start()
        return len(self._body)
