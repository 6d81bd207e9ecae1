"""OTLP's lists of attributes -> what they say, once for each different list.

Most lists of a service are alike, byte by byte: of 500 MB of spans some fifth is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from perfkit.formats.text import without_halves
from perfkit.formats.traces.attribute_pairs import Pairs, Reading
from perfkit.formats.traces.conventions import Facts, facts
from perfkit.formats.traces.conventions.facts import facts_of
from perfkit.formats.traces.conventions.meanings import Meaning, meaning, slots_of_meanings
from perfkit.formats.traces.conventions.names import place
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from perfkit.span_ids import Ints

__all__ = ["Lists", "attributes"]

#: So many bytes of lists that were met more than once are remembered from chunk to chunk.
REMEMBERED_BYTES = 16 << 20


class _Value(msgspec.Struct, gc=False):
    stringValue: str | None = None  # noqa: N815 - the format's own names
    intValue: int | str | None = None  # noqa: N815
    doubleValue: float | str | None = None  # noqa: N815
    boolValue: bool | None = None  # noqa: N815
    arrayValue: msgspec.Raw | None = None  # noqa: N815
    kvlistValue: msgspec.Raw | None = None  # noqa: N815


class _Pair(msgspec.Struct, gc=False):
    key: str
    value: _Value | None = None


_list = msgspec.json.Decoder(list[_Pair])
_pair_decoder = msgspec.json.Decoder(_Pair)
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: The value of a list or of an object, which is decoded on its own.
_NESTED = object()


def attributes(raw: bytes) -> dict[str, Any]:
    """Return one list's attributes by key; what is no list of pairs has none."""
    try:
        return _named(_list.decode(raw), raw)
    except _ERRORS:
        return decoded(without_halves(bytes(raw).decode("utf-8", "replace")))


def _named(pairs: list[_Pair], raw: bytes) -> dict[str, Any]:
    found = {
        pair.key: text
        if (value := pair.value) is not None and (text := value.stringValue) is not None
        else _other(value)
        for pair in pairs
    }
    if _NESTED not in found.values():
        return found
    nested = decoded(raw)
    return {key: nested.get(key) if v is _NESTED else v for key, v in found.items()}


def _other(value: _Value | None) -> Any:
    """Return a value that is no text."""
    if value is None:
        return None
    if value.intValue is not None:
        return value.intValue
    if value.boolValue is not None:
        return value.boolValue
    nested = value.arrayValue is not None or value.kvlistValue is not None
    return _NESTED if nested else value.doubleValue


def _pair(raw: bytes) -> Meaning | None:
    """Return what one pair means, None: nothing."""
    pair = _pair_decoder.decode(raw)
    if place(pair.key) is None:
        return None
    value = pair.value
    if value is not None and value.stringValue is not None:
        return meaning(pair.key, value.stringValue)
    other = _other(value)
    return meaning(pair.key, attributes(b"[%b]" % raw)[pair.key] if other is _NESTED else other)


def _together(meanings: Sequence[Meaning]) -> Facts:
    return facts_of(slots_of_meanings(meanings))


def _whole(raw: bytes) -> Facts:
    return facts(attributes(raw))


class Lists:
    """Reads lists of attributes; remembers those that repeat, from chunk to chunk."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._pairs = Pairs(Reading(pair=_pair, together=_together, whole=_whole))
        self._forget()

    def _forget(self) -> None:
        self._known: dict[bytes, Facts] = {}
        self._last: dict[bytes, Facts] = {}
        self._equal: dict[Facts, Facts] = {}
        self._room = REMEMBERED_BYTES

    def read(self, raw: pa.BinaryArray) -> tuple[list[Facts], Ints]:
        """Return what the lists say, each different thing once, and which of it each one does."""
        if self._room < 0:
            self._forget()
        words = raw.dictionary_encode()
        which = words.indices.to_numpy()
        lists: list[bytes] = words.dictionary.to_pylist()
        said = list(map(self._known.get, lists))
        fresh = [number for number, one in enumerate(said) if one is None]
        often = np.bincount(which, minlength=len(lists))[fresh] > 1
        found = self._read([lists[number] for number in fresh], often.tolist())
        for number, one in zip(fresh, found, strict=True):
            said[number] = one
        distinct = {id(one): one for one in said}
        place = dict(zip(distinct, range(len(distinct)), strict=True))
        places = np.array([place[id(one)] for one in said], np.int64)
        return list(distinct.values()), places[which]  # type: ignore[arg-type]

    def _read(self, lists: list[bytes], often: list[bool]) -> list[Facts]:
        """Return what each list says; what is met twice, here or in the chunk before, is kept."""
        last = self._last
        new = [one for one in lists if one not in last]
        found = dict(zip(new, map(self._pairs.read, new), strict=True))
        self._last = {}
        return [
            self._kept(one, last[one] if one in last else found[one])
            if repeats or one in last
            else self._last.setdefault(one, found[one])
            for one, repeats in zip(lists, often, strict=True)
        ]

    def _kept(self, one: bytes, said: Facts) -> Facts:
        """Remember what a list says; what is equal is shared."""
        said = self._known[one] = self._equal.setdefault(said, said)
        self._room -= len(one)
        return said
