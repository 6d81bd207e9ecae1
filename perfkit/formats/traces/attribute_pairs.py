"""What lists of attributes say, pair by pair: most pairs of a list that is new were met before.

A list is cut into its pairs without decoding it, in the two shapes that exporters write. The text
at which it is cut cannot be within a string, where a quotation mark is escaped; within a nested
list it leaves a pair that is no JSON. Such lists, and all other shapes, are decoded as a whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.formats.traces.conventions.meanings import Meaning

__all__ = ["Pairs", "Reading"]

#: How a list begins and what is between its pairs: minified, and as Python's json has it.
_SHAPES = ((b'[{"key":', b'},{"key":'), (b'[{"key": ', b'}, {"key": '))
_END = b"}]"
#: So many bytes of pairs, and so many lists, are remembered.
_ROOM, _LISTS = 8 << 20, 1 << 15
#: A key that has had as many values holds ids or the like, which do not come again.
_VALUES = 10_000
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Said = TypeVar("Said")


@dataclass(frozen=True, kw_only=True)
class Reading(Generic[Said]):
    """How a format has its lists.

    Attributes:
        pair: a pair's JSON -> what it means, None if that changes nothing; raises msgspec's
            errors where it is no pair.
        together: what the pairs of a list mean -> what the list says.
        whole: a list's JSON -> what it says, whatever its shape.
    """

    pair: Callable[[bytes], Meaning | None]
    together: Callable[[Sequence[Meaning]], Said]
    whole: Callable[[bytes], Said]


class Pairs(Generic[Said]):
    """Reads lists of attributes; remembers their pairs, and what those that matter say together.

    As ``reading.whole`` says it, in a fraction of the time.
    """

    def __init__(self, reading: Reading[Said]) -> None:
        """Remember nothing yet."""
        self._reading = reading
        self._forget()

    def _forget(self) -> None:
        self._pairs: dict[bytes, Meaning | bool] = {}
        self._values: Counter[bytes] = Counter()
        self._said: dict[tuple[Meaning, ...], Said] = {}
        self._room = _ROOM

    def read(self, raw: bytes) -> Said:
        """Return what a list says."""
        if self._room < 0 or len(self._said) > _LISTS:
            self._forget()
        for begin, between in _SHAPES:
            if raw.startswith(begin) and raw.endswith(_END):
                parts = raw[len(begin) : -len(_END)].split(between)
                found = list(map(self._pairs.get, parts))
                if None in found:
                    return self._read_new(raw, parts, found)
                return self._met(tuple(filter(None, found)))
        return self._reading.whole(raw)

    def _met(self, meanings: tuple[Meaning, ...]) -> Said:
        """Return what pairs say that were all met before."""
        try:
            said = self._said.get(meanings)
        except TypeError:  # a value that is a list
            return self._reading.together(meanings)
        if said is None:
            said = self._said[meanings] = self._reading.together(meanings)
        return said

    def _read_new(
        self, raw: bytes, parts: list[bytes], found: list[Meaning | bool | None]
    ) -> Said:
        """Return what a list says some of whose pairs were not met."""
        try:
            for place, one in enumerate(found):
                if one is None:
                    found[place] = self._pair(parts[place])
        except _BROKEN:
            return self._reading.whole(raw)
        return self._reading.together(list(filter(None, found)))

    def _pair(self, part: bytes) -> Meaning | bool:
        """Return what a pair means, False if that changes nothing; remember it."""
        meaning = self._reading.pair(b'{"key":%b}' % part) or False
        name = part[: part.find(b'"', 2)]
        values = self._values[name]
        if values < _VALUES:
            self._values[name] = values + 1
            self._pairs[part] = meaning
            self._room -= len(part)
        return meaning
